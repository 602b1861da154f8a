"""Noise schedules: the levels σ_0 > σ_1 > … > σ_n = 0 that a reverse process walks through.

A schedule of n steps is a float64 numpy array of n + 1 levels, in [-1, 1] units, that ends in 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from restore.diffusion.process import alpha_bar_to_sigma
from restore.errors import ParameterError

__all__ = [
    "SCHEDULES",
    "SIGMA_MAX",
    "SIGMA_MIN",
    "Sigmas",
    "cosine",
    "karras",
    "linear",
    "respace",
    "scaled_linear",
    "schedule",
    "truncate",
]

Sigmas = np.ndarray[Any, np.dtype[np.float64]]

SIGMA_MIN = 0.002
SIGMA_MAX = 80.0


def karras(
    n: int, sigma_min: float = SIGMA_MIN, sigma_max: float = SIGMA_MAX, rho: float = 7.0
) -> Sigmas:
    """Return σ_i evenly spaced in σ^(1/ρ) (Karras et al. 2022, eq. 5).

    Args:
        n: Number of steps; with one step the schedule is (sigma_max, 0).
        sigma_min: The last level before 0.
        sigma_max: The first level.
        rho: How much of the walk is spent at low noise; 1 is even spacing.

    Raises:
        ParameterError: Unless n ≥ 1 and 0 < sigma_min ≤ sigma_max.
    """
    if n < 1 or not 0 < sigma_min <= sigma_max < np.inf:
        raise ParameterError(
            f"no schedule of {n} steps from σ = {sigma_max} to {sigma_min}",
            "Ask for at least one step, and for 0 < sigma_min <= sigma_max.",
        )
    ramp = np.linspace(sigma_max ** (1 / rho), sigma_min ** (1 / rho), n) ** rho
    ramp[0] = sigma_max
    return np.append(ramp, 0.0)


def linear(T: int = 1000, beta_1: float = 1e-4, beta_T: float = 0.02) -> Sigmas:
    """Return the levels of β_t evenly spaced from β_1 to β_T (Ho et al. 2020, section 4)."""
    return _from_betas(np.linspace(beta_1, beta_T, T))


def cosine(T: int = 1000, s: float = 0.008, beta_max: float = 0.999) -> Sigmas:
    """Return the levels of ᾱ_t = f(t)/f(0), f(t) = cos²((t/T + s)/(1 + s)·π/2).

    Nichol & Dhariwal 2021, eq. 17; β_t = 1 − ᾱ_t/ᾱ_{t−1} is clipped to beta_max as they do.
    """
    f = np.cos((np.arange(T + 1) / T + s) / (1 + s) * np.pi / 2) ** 2
    return _from_betas(np.minimum(1 - f[1:] / f[:-1], beta_max))


def scaled_linear(T: int = 1000, beta_1: float = 0.00085, beta_T: float = 0.012) -> Sigmas:
    """Return the levels of √β_t evenly spaced, as in latent diffusion (Rombach et al. 2022)."""
    return _from_betas(np.linspace(beta_1**0.5, beta_T**0.5, T) ** 2)


SCHEDULES: Mapping[str, Callable[[int], Sigmas]] = {
    "karras": karras,
    "linear": linear,
    "cosine": cosine,
    "scaled_linear": scaled_linear,
}
"""By name, each with the defaults of its paper: number of steps → levels."""


def schedule(name: str, n: int) -> Sigmas:
    """Return a schedule of n steps by its name.

    Raises:
        ParameterError: There is none of that name.
    """
    if name not in SCHEDULES:
        raise ParameterError(f"There is no schedule “{name}”.", f"Use {', '.join(SCHEDULES)}.")
    return SCHEDULES[name](n)


def _from_betas(betas: Sigmas) -> Sigmas:
    return np.append(alpha_bar_to_sigma(np.cumprod(1 - betas))[::-1], 0.0)


def respace(sigmas: Sigmas, n: int) -> Sigmas:
    """Return n steps picked evenly from a longer schedule; the first level and the 0 stay.

    Raises:
        ParameterError: Unless 1 ≤ n ≤ the number of steps in `sigmas`.
    """
    if not 1 <= n < len(sigmas):
        raise ParameterError(
            f"cannot pick {n} steps from a schedule of {len(sigmas) - 1}",
            f"Ask for 1 to {len(sigmas) - 1} steps.",
        )
    picked = np.linspace(0, len(sigmas) - 2, n).round().astype(int)
    return np.append(sigmas[picked], 0.0)


def truncate(sigmas: Sigmas, start: float) -> Sigmas:
    """Return the part of a schedule below `start`, with `start` itself put in front.

    A reverse process that begins with a picture whose noise is σ = start, begins there.

    Raises:
        ParameterError: If start is negative or not finite.
    """
    if not 0 <= start < np.inf:
        raise ParameterError(
            f"a reverse process cannot start at σ = {start}", "Give a finite σ of 0 or more."
        )
    return np.append([float(start)], sigmas[sigmas < start])
