"""Four names for one thing: what a network may be asked for, and how each is had from another.

Given x_σ = x_0 + σ ε, the picture x_0, the noise ε, v and EDM's F say the same. Every conversion
goes through x_0 and is linear in it:

    eps   ε = (x_σ − x_0) / σ                      Ho et al. 2020
    v     v = √ᾱ ε − √(1 − ᾱ) x_0                  Salimans & Ho 2022, section 4
    F     F = (x_0 − c_skip x_σ) / c_out           Karras et al. 2022, eq. 7
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from restore.diffusion.arrays import Array
from restore.diffusion.preconditioning import SIGMA_DATA, precondition

__all__ = ["Parametrisation", "convert", "eps_of", "v_of", "x_0_of_eps", "x_0_of_v"]

Parametrisation: TypeAlias = Literal["x_0", "eps", "v", "F"]


def eps_of(x_0: Array, x_sigma: Array, sigma: float | Array) -> Array:
    """Return ε, the noise that is in x_σ if the picture is x_0."""
    return (x_sigma - x_0) / sigma


def x_0_of_eps(eps: Array, x_sigma: Array, sigma: float | Array) -> Array:
    """Return the picture that is left of x_σ without the noise ε."""
    return x_sigma - sigma * eps


def v_of(x_0: Array, x_sigma: Array, sigma: float | Array) -> Array:
    """Return v = √ᾱ ε − √(1 − ᾱ) x_0, in σ: (ε − σ x_0) / √(1 + σ²)."""
    return (eps_of(x_0, x_sigma, sigma) - sigma * x_0) / (1 + sigma**2) ** 0.5


def x_0_of_v(v: Array, x_sigma: Array, sigma: float | Array) -> Array:
    """Return the picture of a v: √ᾱ x_t − √(1 − ᾱ) v, where x_t = √ᾱ x_σ."""
    return x_sigma / (1 + sigma**2) - sigma / (1 + sigma**2) ** 0.5 * v


def convert(
    value: Array,
    x_sigma: Array,
    sigma: float | Array,
    source: Parametrisation,
    target: Parametrisation,
    sigma_data: float = SIGMA_DATA,
) -> Array:
    """Turn what a network said in one parametrisation into another.

    Args:
        value: (B, C, H, W), of the kind that `source` names.
        x_sigma: The state that the network saw, x_0 + σ ε.
        sigma: Its noise level > 0; a number, or an array that broadcasts against x_sigma.
        source: What `value` is.
        target: What is wanted.
        sigma_data: Standard deviation of the clean data, for "F".
    """
    if source == target:
        return value
    c = precondition(sigma, sigma_data)
    if source == "eps":
        x_0 = x_0_of_eps(value, x_sigma, sigma)
    elif source == "v":
        x_0 = x_0_of_v(value, x_sigma, sigma)
    else:
        x_0 = c.c_skip * x_sigma + c.c_out * value if source == "F" else value
    if target == "eps":
        return eps_of(x_0, x_sigma, sigma)
    if target == "v":
        return v_of(x_0, x_sigma, sigma)
    return (x_0 - c.c_skip * x_sigma) / c.c_out if target == "F" else x_0
