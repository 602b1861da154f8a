"""The forward process x_σ = x_0 + σ ε, and its exact relation to the variance-preserving one.

Everything in the toolkit is written with σ, the standard deviation of the noise that x_σ carries
(Karras et al. 2022). The variance-preserving process of Ho et al. 2020,
x_t = √ᾱ x_0 + √(1 − ᾱ) ε, is the same process seen through a scale: x_t = √ᾱ x_σ, where
σ² = (1 − ᾱ)/ᾱ.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from restore.diffusion.arrays import Array, namespace

__all__ = [
    "alpha_bar_to_sigma",
    "forward",
    "from_vp",
    "scales_to_sigma",
    "sigma_to_alpha_bar",
    "sigma_to_scales",
    "snr",
    "to_vp",
]


def forward(x_0: Array, sigma: float | Array, eps: Array) -> Array:
    """Return x_σ = x_0 + σ ε, a draw from q(x_σ | x_0).

    Args:
        x_0: A clean picture, (B, C, H, W) in [-1, 1].
        sigma: A number, or an array that broadcasts against x_0; [-1, 1] units.
        eps: Standard normal noise, shaped like x_0.
    """
    return x_0 + sigma * eps


def alpha_bar_to_sigma(alpha_bar: float | Array) -> Any:
    """Return σ = √((1 − ᾱ)/ᾱ) for ᾱ in (0, 1], a number for a number."""
    if isinstance(alpha_bar, float | int):
        return float(np.sqrt((1 - alpha_bar) / alpha_bar))
    return namespace(alpha_bar).sqrt((1 - alpha_bar) / alpha_bar)


def sigma_to_alpha_bar(sigma: float | Array) -> Any:
    """Return ᾱ = 1/(1 + σ²) for σ ≥ 0.

    ᾱ is exact to round-off; close to 1 it cannot hold a small σ to more than a relative error
    of about 10⁻¹⁶/σ², which is why σ and not ᾱ is what the toolkit computes with.
    `sigma_to_scales` loses nothing at any σ.
    """
    return 1 / (1 + sigma * sigma)


def sigma_to_scales(sigma: float | Array) -> tuple[Any, Any]:
    """Return (√ᾱ, √(1 − ᾱ)) = (1, σ)/√(1 + σ²), what x_t has of the picture and of the noise.

    Both are exact to round-off for every σ from 0 to the root of the largest number.
    """
    if isinstance(sigma, float | int):
        length = float(np.hypot(1.0, sigma))
        return 1 / length, sigma / length
    length = namespace(sigma).sqrt(1 + sigma * sigma)
    return 1 / length, sigma / length


def scales_to_sigma(signal: float | Array, noise: float | Array) -> Any:
    """Return σ = √(1 − ᾱ)/√ᾱ, the inverse of `sigma_to_scales`, exact to round-off."""
    return noise / signal


def snr(sigma: float | Array) -> Any:
    """Return the signal-to-noise ratio ᾱ/(1 − ᾱ) = 1/σ²; ∞ where σ = 0.

    It is that of the factors, √ᾱ against √(1 − ᾱ), as in Kingma et al. 2021, eq. 2; how strong
    the picture itself is does not enter.
    """
    if isinstance(sigma, float | int):
        return 1 / sigma**2 if sigma else float("inf")
    xp = namespace(sigma)
    return xp.where(sigma == 0, xp.inf, 1 / xp.where(sigma == 0, 1.0, sigma) ** 2)


def to_vp(x_sigma: Array, sigma: float) -> Array:
    """Return the variance-preserving x_t = √ᾱ x_σ."""
    return x_sigma / float(np.hypot(1.0, sigma))


def from_vp(x_t: Array, sigma: float) -> Array:
    """Return x_σ = x_t/√ᾱ, the inverse of `to_vp`."""
    return x_t * float(np.hypot(1.0, sigma))
