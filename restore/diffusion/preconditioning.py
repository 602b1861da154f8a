"""EDM's preconditioning: a network F whose input and target always have variance one.

D(x; σ) = c_skip(σ) x + c_out(σ) F(c_in(σ) x; c_noise(σ)), Karras et al. 2022, eq. 7 and table 1.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from restore.diffusion.arrays import Array, namespace
from restore.diffusion.schedule import SIGMA_MAX, SIGMA_MIN

__all__ = ["SIGMA_DATA", "Preconditioning", "precondition"]

SIGMA_DATA = 0.5
"""Standard deviation of photos in [-1, 1] units."""


class Preconditioning(NamedTuple):
    """The four factors, each a number or an array as σ is."""

    c_skip: float | Array
    c_out: float | Array
    c_in: float | Array
    c_noise: float | Array


def precondition(sigma: float | Array, sigma_data: float = SIGMA_DATA) -> Preconditioning:
    """Return c_skip, c_out, c_in and c_noise of a noise level (EDM, table 1).

    Args:
        sigma: Finite standard deviation ≥ 0 in [-1, 1] units; a number, or an array such as the
            per-pixel σ_eff (B, 1, H, W).
        sigma_data: Standard deviation of the clean data.

    Returns:
        c_skip = σ_d²/(σ² + σ_d²), c_out = σ σ_d/√(σ² + σ_d²), c_in = 1/√(σ² + σ_d²), and
        c_noise = ln(σ)/4 with σ clipped to the range that EDM trains on, [0.002, 80].
    """
    if isinstance(sigma, float | int):
        total = math.hypot(sigma, sigma_data)
        c_noise: float | Array = math.log(min(max(sigma, SIGMA_MIN), SIGMA_MAX)) / 4
    else:
        xp = namespace(sigma)
        total = xp.sqrt(sigma**2 + sigma_data**2)
        c_noise = xp.log(xp.clip(sigma, SIGMA_MIN, SIGMA_MAX)) / 4
    return Preconditioning(
        c_skip=(sigma_data / total) ** 2,
        c_out=sigma / total * sigma_data,
        c_in=1 / total,
        c_noise=c_noise,
    )
