"""Every conditioned reverse process by its name, behind one function.

`solve` takes a prior, a measurement y = A x + n and the number of network evaluations that it may
spend; each method makes its own schedule of them.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from restore.diffusion.arrays import Array, namespace
from restore.diffusion.denoiser import Denoiser, DifferentiableDenoiser
from restore.diffusion.noise import noise_like
from restore.diffusion.samplers import Callback, Denoise, Noise, expect_finite
from restore.diffusion.schedule import karras
from restore.errors import ParameterError
from restore.inverse.ddnm import ddnm_plus
from restore.inverse.ddrm import ddrm
from restore.inverse.denoising import denoise_gaussian
from restore.inverse.diffpir import diffpir
from restore.inverse.dps import dps
from restore.inverse.gibbs import split_gibbs
from restore.inverse.operators import Identity, LinearOperator, Mask, Operator
from restore.inverse.pigdm import pigdm
from restore.inverse.repaint import repaint
from restore.inverse.spectrum import spectrum

__all__ = ["METHODS", "START", "Method", "solve"]

START = 20.0
"""Where a walk starts unless told: far above the spread of photos, which is about 0.5."""

Plan = dict[str, Any]


@dataclass(frozen=True)
class Method:
    """One conditioned reverse process.

    Attributes:
        name: Its key in `METHODS`.
        title: As its authors write it.
        source: Paper and algorithm.
        walk: The function itself.
        plan: (evaluations, highest σ, number of values of a picture, options) → how `walk` spends
            them: its keyword arguments. What an option decides is left to it.
        published: Evaluations that the paper spends; None where there is no one number.
        exact: Whether its draws become those of p(x | y) as the evaluations grow in number.
        noisy: Whether y may be noisy.
        linear: Whether A has to be linear, with a pseudo-inverse.
        spectral: Whether the singular values of A have to be known.
        only: The one kind of operator that it is defined for; None for all.
        needs_gradient: Whether the prior has to be differentiable.
    """

    name: str
    title: str
    source: str
    walk: Callable[..., Array]
    plan: Callable[[int, float, int, Mapping[str, Any]], Plan]
    published: int | None = None
    exact: bool = False
    noisy: bool = True
    linear: bool = True
    spectral: bool = False
    only: type | None = None
    needs_gradient: bool = False

    def fault(self, operator: Operator, sigma_y: float) -> str:
        """Return why the method is not defined for a measurement; empty where it is."""
        kind = type(operator).__name__
        if self.only and not isinstance(operator, self.only):
            return f"{self.title} is defined for {self.only.__name__} alone, not for {kind}."
        if not isinstance(operator, LinearOperator):
            return f"{self.title} needs a linear operator, not {kind}." if self.linear else ""
        if self.spectral:
            try:
                spectrum(operator)
            except ParameterError as error:
                return f"{self.title} is not defined for {kind}. {error.message}"
        if sigma_y and not self.noisy:
            return f"{self.title} takes {kind} as free of noise, and σ_y is {sigma_y:.4g}."
        return ""

    @property
    def options(self) -> tuple[str, ...]:
        """Names of what a caller may choose."""
        taken = {"steps", "sigmas", "rhos", "noise", "x", "callback"}
        keywords = inspect.signature(self.walk).parameters.values()
        return tuple(p.name for p in keywords if p.kind is p.KEYWORD_ONLY and p.name not in taken)


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


def _denoising(
    denoise: Denoise,
    operator: Operator,
    y: Array,
    sigma_y: float,
    *,
    steps: int,
    noise: Noise,
    callback: Callback | None = None,
) -> Array:
    del operator
    return denoise_gaussian(denoise, y, sigma_y, steps=steps, noise=noise, callback=callback)


def _from_y(calls: int, top: float, values: int, options: Mapping[str, Any]) -> Plan:
    del top, values, options
    return {"steps": calls}


def _one_walk(calls: int, top: float, values: int, options: Mapping[str, Any]) -> Plan:
    del values, options
    return {"sigmas": karras(calls, sigma_max=top)}


def _travels(calls: int, top: float, values: int, options: Mapping[str, Any]) -> Plan:
    """DDNM: each stretch is walked as often as `travel` says."""
    del values
    _, repeats = options.get("travel", (1, 1))
    return {"sigmas": karras(max(1, calls // max(1, repeats)), sigma_max=top)}


def _jumps(calls: int, top: float, values: int, options: Mapping[str, Any]) -> Plan:
    """RePaint: 250 steps in jumps of 10, each walked 10 times; in proportion, for fewer calls."""
    del values
    repeats = max(1, options.get("repeats", min(10, round(calls**0.3))))
    steps = max(1, calls // repeats)
    jump = max(1, round(steps / 25))
    return {"sigmas": karras(steps, sigma_max=top), "repeats": repeats, "jump": jump}


def _gradient_steps(calls: int, top: float, values: int, options: Mapping[str, Any]) -> Plan:
    """DPS: ζ = 1 for 1000 steps on 3 × 256 × 256 values, and as long a way in all for fewer.

    Each step moves the state by about ζ, whatever the error is, and errors grow as the root of
    the number of values.
    """
    zeta = 1000 / calls * math.sqrt(values / (3 * 256**2))
    return _one_walk(calls, top, values, options) | {"zeta": zeta}


def _rounds(calls: int, top: float, values: int, options: Mapping[str, Any]) -> Plan:
    """Split Gibbs: ρ falls by the same factor from round to round, to 0.5/√calls.

    The chain's error falls with ρ, and the rounds that it needs grow as 1/ρ²; few steps a round
    are enough for a solver of second order.
    """
    del values
    inner = max(1, options.get("inner", min(20, round(calls**0.35))))
    rhos = np.geomspace(top, min(top, 0.5 / calls**0.5), max(1, calls // inner))
    return {"rhos": rhos, "inner": min(inner, calls)}


METHODS: Mapping[str, Method] = {
    method.name: method
    for method in (
        Method(
            "denoising",
            "Stochastic denoising",
            "Ho et al. 2020, alg. 2; Kawar et al. 2021",
            _denoising,
            _from_y,
            exact=True,
            only=Identity,
        ),
        Method(
            "repaint",
            "RePaint",
            "Lugmayr et al. 2022, alg. 1",
            repaint,
            _jumps,
            published=2500,
            noisy=False,
            only=Mask,
        ),
        Method(
            "ddrm",
            "DDRM",
            "Kawar et al. 2022, eq. 7 and 8",
            ddrm,
            _one_walk,
            published=20,
            spectral=True,
        ),
        Method(
            "ddnm",
            "DDNM",
            "Wang, Yu & Zhang 2023, alg. 1",
            ddnm_plus,
            _travels,
            published=100,
            noisy=False,
        ),
        Method(
            "ddnm_plus",
            "DDNM⁺",
            "Wang, Yu & Zhang 2023, section 3.3",
            ddnm_plus,
            _travels,
            published=100,
            spectral=True,
        ),
        Method(
            "pigdm",
            "ΠGDM",
            "Song, Vahdat, Mardani & Kautz 2023, alg. 1",
            pigdm,
            _one_walk,
            published=100,
            needs_gradient=True,
        ),
        Method(
            "dps",
            "DPS",
            "Chung et al. 2023, alg. 1",
            dps,
            _gradient_steps,
            published=1000,
            linear=False,
            needs_gradient=True,
        ),
        Method(
            "diffpir",
            "DiffPIR",
            "Zhu et al. 2023, alg. 1",
            diffpir,
            _one_walk,
            published=100,
        ),
        Method(
            "split_gibbs",
            "Split Gibbs sampling",
            "Vono et al. 2019; Xu & Chi 2024, alg. 1",
            split_gibbs,
            _rounds,
            exact=True,
        ),
    )
}
"""All of them, by name."""
