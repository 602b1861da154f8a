"""Noise schedules: the levels σ_0 > σ_1 > … > σ_n = 0 that a reverse process walks through.

A schedule of n steps is a float64 numpy array of n + 1 levels, in [-1, 1] units, that ends in 0.
Those of the papers have T = 1000 steps, and are walked in fewer by `respace`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from restore.errors import ParameterError

__all__ = [
    "SCHEDULES",
    "SIGMA_MAX",
    "SIGMA_MIN",
    "Sigmas",
    "cosine",
    "from_betas",
    "from_levels",
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
        ParameterError: Unless n ≥ 1, 0 < sigma_min < sigma_max and rho > 0; with one step both
            levels may be the same.
    """
    ordered = 0 < sigma_min < sigma_max < np.inf or (n == 1 and 0 < sigma_min == sigma_max < np.inf)
    if n < 1 or not ordered or not 0 < rho < np.inf:
        raise ParameterError(
            f"no schedule of {n} steps from σ = {sigma_max} to {sigma_min} with ρ = {rho}",
            "Ask for at least one step, 0 < sigma_min < sigma_max, and a positive ρ.",
        )
    ramp = np.linspace(sigma_max ** (1 / rho), sigma_min ** (1 / rho), n) ** rho
    ramp[0] = sigma_max
    return np.append(ramp, 0.0)


def from_betas(betas: Sigmas | Sequence[float]) -> Sigmas:
    """Return the levels of the process with q(x_t | x_{t−1}) = N(√(1 − β_t) x_{t−1}, β_t I).

    σ_t² = 1/ᾱ_t − 1 with ln ᾱ_t = Σ ln(1 − β_s), exact also where ᾱ_t is next to 1.

    Args:
        betas: β_1 … β_T.

    Raises:
        ParameterError: Unless there is one at least, and each is within (0, 1).
    """
    beta = np.asarray(betas, np.float64)
    if beta.ndim != 1 or not len(beta) or not ((beta > 0) & (beta < 1)).all():
        raise ParameterError(
            "These are not the β of a diffusion process.",
            "Give at least one number, each of them between 0 and 1.",
        )
    return np.append(np.sqrt(np.expm1(-np.cumsum(np.log1p(-beta))))[::-1], 0.0)


def from_levels(sigmas: Sigmas | Sequence[float]) -> Sigmas:
    """Return a schedule given by its levels, once they are seen to be one.

    Raises:
        ParameterError: They are not finite, do not fall from each to the next, or do not end in 0.
    """
    levels = np.array(sigmas, np.float64)
    falls = levels.ndim == 1 and len(levels) > 1 and bool((np.diff(levels) < 0).all())
    if not falls or levels[-1] != 0 or not np.isfinite(levels).all():
        raise ParameterError(
            "These noise levels do not fall to 0.",
            "Give σ_0 > σ_1 > … > σ_n = 0, or the name of a schedule.",
        )
    return levels


def linear(T: int = 1000, beta_1: float = 1e-4, beta_T: float = 0.02) -> Sigmas:
    """Return the levels of β_t evenly spaced from β_1 to β_T (Ho et al. 2020, section 4)."""
    return from_betas(np.linspace(beta_1, beta_T, max(T, 0)))


def cosine(T: int = 1000, s: float = 0.008, beta_max: float = 0.999) -> Sigmas:
    """Return the levels of ᾱ_t = f(t)/f(0), f(t) = cos²((t/T + s)/(1 + s)·π/2).

    Nichol & Dhariwal 2021, eq. 17; β_t = 1 − ᾱ_t/ᾱ_{t−1} is clipped to beta_max as they do. It is
    had as 1 − cos²a/cos²b = sin(a + b) sin(a − b)/cos²b, in which nothing cancels.
    """
    angle = (np.arange(max(T, 0) + 1) / max(T, 1) + s) / (1 + s) * np.pi / 2
    a, b = angle[1:], angle[:-1]
    return from_betas(np.minimum(np.sin(a + b) * np.sin(a - b) / np.cos(b) ** 2, beta_max))


def scaled_linear(T: int = 1000, beta_1: float = 0.00085, beta_T: float = 0.012) -> Sigmas:
    """Return the levels of √β_t evenly spaced, as in latent diffusion (Rombach et al. 2022)."""
    return from_betas(np.linspace(beta_1**0.5, beta_T**0.5, max(T, 0)) ** 2)


SCHEDULES: Mapping[str, Callable[[], Sigmas]] = {
    "linear": linear,
    "cosine": cosine,
    "scaled_linear": scaled_linear,
}
"""By name, the schedules of T = 1000 steps, each with the defaults of its paper."""


def schedule(given: str | Sigmas | Sequence[float], n: int | None = None) -> Sigmas:
    """Return a schedule by its name or by its levels, of n steps if so many are asked for.

    Args:
        given: "karras", which is made with n steps; a name in `SCHEDULES`; or levels that fall
            to 0.
        n: Number of steps, picked from the levels by `respace`; all of them if not given.

    Raises:
        ParameterError: There is no schedule of that name, the levels are none, or n does not fit.
    """
    if not isinstance(given, str):
        levels = from_levels(given)
    elif given == "karras":
        return karras(n or 0)
    elif given in SCHEDULES:
        levels = SCHEDULES[given]()
    else:
        raise ParameterError(
            f"There is no schedule “{given}”.", f"Use {', '.join(['karras', *SCHEDULES])}."
        )
    return levels if n is None else respace(levels, n)


def respace(sigmas: Sigmas, n: int) -> Sigmas:
    """Return n steps picked evenly from a longer schedule (Nichol & Dhariwal 2021, section 4).

    The first level, the last above 0 and the 0 stay; with one step, the first and the 0.

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
