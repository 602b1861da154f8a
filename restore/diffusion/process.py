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

__all__ = ["alpha_bar_to_sigma", "forward", "from_vp", "sigma_to_alpha_bar", "to_vp"]


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
    """
    return 1 / (1 + sigma * sigma)


def to_vp(x_sigma: Array, sigma: float) -> Array:
    """Return the variance-preserving x_t = √ᾱ x_σ."""
    return x_sigma / float(np.hypot(1.0, sigma))


def from_vp(x_t: Array, sigma: float) -> Array:
    """Return x_σ = x_t/√ᾱ, the inverse of `to_vp`."""
    return x_t * float(np.hypot(1.0, sigma))
