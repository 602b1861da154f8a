"""One function in front of every conditioned reverse process.

`solve` takes a prior, a measurement y = A x + n and the number of network evaluations that it may
spend, and refuses what does not fit before the first of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from restore.diffusion.arrays import Array, namespace
from restore.diffusion.denoiser import Denoiser, DifferentiableDenoiser
from restore.diffusion.noise import noise_like
from restore.diffusion.samplers import Callback, expect_finite
from restore.errors import ParameterError
from restore.inverse.methods import METHODS, START, Method
from restore.inverse.operators import Mask, Operator

__all__ = ["solve"]


def solve(
    prior: Denoiser,
    operator: Operator,
    y: Array,
    sigma_y: float,
    *,
    method: str,
    calls: int,
    seed: int = 0,
    sigma_max: float = START,
    callback: Callback | None = None,
    **options: Any,
) -> Array:
    """Return a picture (B, C, *operator.size_x) of which y may be a measurement.

    Args:
        prior: The denoiser; a `DifferentiableDenoiser` for ΠGDM and DPS.
        operator: A.
        y: The measurement, (B, C, *operator.size_y) in [-1, 1], of numpy or torch.
        sigma_y: Standard deviation of its noise, [-1, 1] units.
        method: One of `METHODS`.
        calls: How often the prior may be called; never exceeded, and at least half spent.
        seed: Of all that is drawn; the same seed gives the same picture.
        sigma_max: Level to start at, [-1, 1] units, well above the noise that y brings into the
            picture; `denoising` starts at σ_y.
        callback: See `restore.diffusion.samplers`.
        options: The method's own, such as `eta`; see `Method.options`.

    Raises:
        ParameterError: The method, its options, the operator, the prior or y do not fit each
            other; calls < 1; a σ is out of range; y is not finite; or nothing is known.
        ResultError: Values that are not finite appeared, with the number of the step.
    """
    if method not in METHODS:
        raise ParameterError(f"There is no method “{method}”.", f"Use {', '.join(METHODS)}.")
    chosen = METHODS[method]
    _expect_numbers(chosen, sigma_y, calls, sigma_max)
    if fault := chosen.fault(operator, sigma_y):
        others = [m.name for m in METHODS.values() if not m.fault(operator, sigma_y)]
        raise ParameterError(fault, f"Use {', '.join(others)}." if others else "")
    if chosen.needs_gradient and not isinstance(prior, DifferentiableDenoiser):
        raise ParameterError(
            f"{chosen.title} takes gradients through the prior, and this one has none.",
            "Run the prior in torch, or take a method without gradients, such as DiffPIR.",
        )
    if unknown := sorted(set(options) - set(chosen.options)):
        raise ParameterError(
            f"{chosen.title} has no option “{unknown[0]}”.",
            f"It has {', '.join(chosen.options) or 'none'}.",
        )
    y = _expect_measurement(chosen, operator, y)
    like = _zeros(operator.shape_x(tuple(y.shape)), y)
    plan = chosen.plan(calls, float(sigma_max), math.prod(like.shape[1:]), options)
    denoise = prior.vjp if chosen.needs_gradient else prior  # type: ignore[attr-defined]
    x = chosen.walk(
        denoise,
        operator,
        y,
        float(sigma_y),
        noise=noise_like(like, seed),
        callback=callback,
        **plan | options,
    )
    expect_finite(x, calls - 1, calls, 0.0)
    return x


def _zeros(shape: Sequence[int], like: Array) -> Array:
    return namespace(like).zeros(tuple(shape), dtype=like.dtype, device=like.device)


def _expect_numbers(method: Method, sigma_y: float, calls: int, sigma_max: float) -> None:
    if not 0 <= sigma_y < math.inf:
        raise ParameterError(
            f"{method.title} cannot take noise of standard deviation {sigma_y}.",
            "Give a finite σ of 0 or more.",
        )
    if not isinstance(calls, int) or calls < 1:
        raise ParameterError(
            f"{method.title} cannot do anything in {calls} network evaluations.",
            "Ask for 1 or more.",
        )
    if not sigma_y < sigma_max < math.inf:
        raise ParameterError(
            f"{method.title} cannot start at σ = {sigma_max} with noise of {sigma_y}.",
            "Start at a finite σ well above that of the noise.",
        )


def _expect_measurement(method: Method, operator: Operator, y: Array) -> Array:
    """Return y, with zeros where a mask knows nothing."""
    kind = type(operator).__name__
    try:
        operator.shape_x(y.shape)
    except ParameterError as error:
        raise ParameterError(f"{method.title} cannot begin: {error.message}", error.hint) from None
    if not operator.measured:
        raise ParameterError(
            f"{kind} leaves nothing known, so that {method.title} has nothing to go by.",
            "Leave a part of the picture known.",
        )
    if isinstance(operator, Mask):
        y = operator(y)
    if not bool(namespace(y).all(namespace(y).isfinite(y))):
        raise ParameterError(
            f"What {kind} measured has values that are not finite.",
            "Mend them, or mask them as unknown.",
        )
    return y
