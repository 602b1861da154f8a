"""Training losses, all of them squared errors of x̂_0 under a weight λ(σ).

Whatever a network is asked for (the picture, the noise, or v), its squared error is that of the
picture x̂_0 that it stands for, times a function of the noise level alone. A network with EDM's
preconditioning can so be trained under each of them:

    loss    on                              λ(σ)
    edm     F, of unit variance             (σ² + σ_d²) / (σ σ_d)²     Karras et al. 2022, table 1
    eps     ε = (x_σ − x_0) / σ             1 / σ²                     Ho et al. 2020, eq. 14
    v       v = (ε − σ x_0) / √(1 + σ²)     (1 + σ²) / σ²              Salimans & Ho 2022
    min_snr x_0, as the others at most      min(1/σ², 5)               Hang et al. 2023, eq. 8
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from restore.diffusion.arrays import Array, namespace
from restore.diffusion.preconditioning import SIGMA_DATA

__all__ = ["Weighting", "loss_weight", "weighted_squared_error"]

Weighting: TypeAlias = Literal["edm", "eps", "v", "min_snr"]

GAMMA = 5.0
"""Largest weight of "min_snr", as in its paper."""

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
    if weighting == "min_snr":
        return xp.clip(1 / variance, max=GAMMA)
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
