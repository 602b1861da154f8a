"""Training losses, all of them squared errors of x̂_0 under a weight λ(σ).

Whatever a network is asked for (the picture, the noise, or v), its squared error is that of the
picture x̂_0 that it stands for, times a function of the noise level alone. A network with EDM's
preconditioning can so be trained under each of them:

    loss    on                              λ(σ)
    edm     F, of unit variance             (σ² + σ_d²) / (σ σ_d)²     Karras et al. 2022, table 1
    eps     ε = (x_σ − x_0) / σ             1 / σ²                     Ho et al. 2020, eq. 14
    v       v = (ε − σ x_0) / √(1 + σ²)     (1 + σ²) / σ²              Salimans & Ho 2022
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from restore.diffusion.arrays import Array, namespace
from restore.diffusion.preconditioning import SIGMA_DATA

__all__ = [
    "Weighting",
    "eps_of",
    "loss_weight",
    "v_of",
    "weighted_squared_error",
    "x_0_of_eps",
    "x_0_of_v",
]

Weighting: TypeAlias = Literal["edm", "eps", "v"]

LEAST_SIGMA = 2e-3
"""Below it a pixel is known for certain: it has nothing to teach, and counts nothing."""


def loss_weight(
    sigma: Array, weighting: Weighting = "edm", sigma_data: float = SIGMA_DATA
) -> Array:
    """Return λ(σ), 0 where σ < 0.002.

    Args:
        sigma: An array of standard deviations in [-1, 1] units, of each picture or of each pixel;
            ∞ is welcome.
        weighting: Which loss.
        sigma_data: Standard deviation of the clean data, for "edm".
    """
    xp = namespace(sigma)
    variance = xp.where(sigma < LEAST_SIGMA, xp.inf, sigma) ** 2
    if weighting == "edm":
        return xp.where(sigma < LEAST_SIGMA, 0.0, 1 / sigma_data**2 + 1 / variance)
    if weighting == "eps":
        return 1 / variance
    return xp.where(sigma < LEAST_SIGMA, 0.0, 1 + 1 / variance)


def weighted_squared_error(x_0_hat: Array, x_0: Array, weight: Array) -> Array:
    """Return the mean over each picture of λ |x̂_0 − x_0|², (B,).

    Args:
        x_0_hat: (B, C, H, W) in [-1, 1].
        x_0: The truth, of the same shape.
        weight: λ, of a shape that broadcasts against them.
    """
    xp = namespace(x_0_hat, x_0)
    return xp.mean(weight * (x_0_hat - x_0) ** 2, axis=(1, 2, 3))


def eps_of(x_0: Array, x_sigma: Array, sigma: Array) -> Array:
    """Return ε, the noise that is in x_σ if the picture is x_0."""
    return (x_sigma - x_0) / sigma


def x_0_of_eps(eps: Array, x_sigma: Array, sigma: Array) -> Array:
    """Return the picture that is left of x_σ without the noise ε."""
    return x_sigma - sigma * eps


def v_of(x_0: Array, x_sigma: Array, sigma: Array) -> Array:
    """Return v = √ᾱ ε − √(1 − ᾱ) x_0, in σ: (ε − σ x_0) / √(1 + σ²)."""
    return (eps_of(x_0, x_sigma, sigma) - sigma * x_0) / (1 + sigma**2) ** 0.5


def x_0_of_v(v: Array, x_sigma: Array, sigma: Array) -> Array:
    """Return the picture of a v: √ᾱ x_t − √(1 − ᾱ) v, where x_t = √ᾱ x_σ."""
    return x_sigma / (1 + sigma**2) - sigma / (1 + sigma**2) ** 0.5 * v
