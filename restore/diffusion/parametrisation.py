"""Four names for one thing: what a network may be asked for, and how each is had from another.

Given x_σ = x_0 + σ ε, the picture x_0, the noise ε, v and EDM's F say the same, each of them
through x_0 = p x_σ + q · value:

    kind    p                  q
    x_0     0                  1
    eps     1                  −σ                    ε = (x_σ − x_0)/σ            Ho et al. 2020
    v       1/(1 + σ²)         −σ/√(1 + σ²)          v = √ᾱ ε − √(1 − ᾱ) x_0      Salimans & Ho 2022
    F       σ_d²/(σ_d² + σ²)   σ σ_d/√(σ_d² + σ²)    F = (x_0 − p x_σ)/q          Karras et al. 2022

They are one family, p = a/(a + b σ²), so that the difference of two p needs no subtraction of
almost equal numbers, and every conversion is exact to round-off at every σ.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

from restore.diffusion.arrays import Array
from restore.diffusion.preconditioning import SIGMA_DATA
from restore.errors import ParameterError

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

    Raises:
        ParameterError: `source` or `target` is no parametrisation.
    """
    for kind in (source, target):
        if kind not in get_args(Parametrisation):
            raise ParameterError(
                f"There is no parametrisation “{kind}”.",
                f"Use {', '.join(get_args(Parametrisation))}.",
            )
    if source == target:
        return value
    (a, b, q), (a_t, b_t, q_t) = (_family(kind, sigma, sigma_data) for kind in (source, target))
    if target == "x_0":
        difference = a / (a + b * sigma**2)
    elif source == "x_0":
        difference = -a_t / (a_t + b_t * sigma**2)
    else:
        over = (a + b * sigma**2) * (a_t + b_t * sigma**2)
        difference = sigma**2 * (a * b_t - a_t * b) / over
    return (q / q_t) * value + (difference / q_t) * x_sigma


def _family(
    kind: Parametrisation, sigma: float | Array, sigma_data: float
) -> tuple[float, float, float | Array]:
    """Return a, b and q of a kind: x_0 = a/(a + b σ²) x_σ + q · value."""
    if kind == "x_0":
        return 0.0, 1.0, 1.0
    if kind == "eps":
        return 1.0, 0.0, -sigma
    if kind == "v":
        return 1.0, 1.0, -sigma / (1 + sigma**2) ** 0.5
    return sigma_data**2, 1.0, sigma * sigma_data / (sigma_data**2 + sigma**2) ** 0.5
