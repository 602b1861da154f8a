"""From a model of T numbered steps to a denoiser of any σ.

Most published networks know x_t and t; every sampler of the toolkit knows x_σ and σ. What one says
is exactly what the other says: x_t = √ᾱ_t x_σ, and t is a name for σ_t. Between two steps ln σ runs
straight, so that t and σ are functions of each other, equal to the table at whole t.
`restore.diffusion.reverse.predict_by` is the way back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from restore.diffusion.arrays import Array
from restore.diffusion.discrete import DiscreteProcess
from restore.diffusion.parametrisation import Parametrisation, convert
from restore.diffusion.process import to_vp
from restore.diffusion.samplers import Denoise
from restore.errors import ParameterError

__all__ = ["NumberedNetwork", "as_denoiser", "sigma_at", "time_of"]

NumberedNetwork: TypeAlias = Callable[[Array, float], Array]
"""(x_t, t) → what the network was trained to say, (B, C, H, W)."""


def sigma_at(process: DiscreteProcess, t: float) -> float:
    """Return σ at a time 0 ≤ t ≤ T: σ_t at whole t, between them straight in ln σ.

    Below t = 1, where σ falls to 0, it is straight in σ.

    Raises:
        ParameterError: t is not within 0 … T.
    """
    if not 0 <= t <= process.T:
        raise ParameterError(
            f"This process has no step {t}.", f"Ask for a time from 0 to {process.T}."
        )
    k = int(t)
    if k == t or k == 0:
        return float(process.sigma[k] if k == t else t * process.sigma[1])
    low, high = process.sigma[k : k + 2]
    return float(low * (high / low) ** (t - k))


def time_of(process: DiscreteProcess, sigma: float) -> float:
    """Return the time at which the noise is σ, the inverse of `sigma_at`.

    Raises:
        ParameterError: σ is not within 0 … σ_T.
    """
    if not 0 <= sigma <= process.sigma[-1]:
        raise ParameterError(
            f"This process does not reach σ = {sigma}.",
            f"Ask for a noise level from 0 to {process.sigma[-1]:.6g}.",
        )
    k = int(np.searchsorted(process.sigma, sigma, side="right")) - 1
    if process.sigma[k] == sigma:
        return float(k)
    if k == 0:
        return float(sigma / process.sigma[1])
    low, high = process.sigma[k : k + 2]
    return float(k + np.log(sigma / low) / np.log(high / low))


def as_denoiser(
    process: DiscreteProcess, network: NumberedNetwork, kind: Parametrisation
) -> Denoise:
    """Return D(x, σ) of a network that knows numbered steps.

    Args:
        process: The forward process that the network was trained on.
        network: Called with x_t = x_σ/√(1 + σ²) and the t of σ, a fraction between two steps.
        kind: What it says: "eps", "v" or "x_0".
    """

    def denoise(x: Array, sigma: float) -> Array:
        said = network(to_vp(x, sigma), time_of(process, sigma))
        return convert(said, x, sigma, kind, "x_0")

    return denoise
