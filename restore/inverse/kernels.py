"""Kernels of common blurs: numpy, odd sides, centred, sum 1."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from restore.errors import ParameterError

__all__ = ["disc_kernel", "gaussian_kernel", "motion_kernel"]

Kernel2D = np.ndarray[Any, np.dtype[np.float64]]


def gaussian_kernel(sigma: float) -> Kernel2D:
    """Return a Gaussian, sampled at pixels out to 4 σ; it is the product of its rows and columns.

    Args:
        sigma: Standard deviation in pixels, ≥ 0; 0 is no blur.

    Raises:
        ParameterError: If sigma is negative or not finite.
    """
    radius = math.ceil(4 * _checked("a Gaussian of standard deviation", sigma, 0))
    line = np.exp(-0.5 * (np.arange(-radius, radius + 1) / max(sigma, 1e-9)) ** 2)
    line /= line.sum()
    return np.outer(line, line)


def motion_kernel(length: float, angle: float) -> Kernel2D:
    """Return a straight stroke: every pixel counts by 1 − its distance from the stroke.

    Args:
        length: How many pixels the stroke covers along its way, ≥ 1; 1 is no blur. Along a row,
            a whole number gives the mean over that many pixels if it is odd.
        angle: Its direction in degrees, counter-clockwise from the right.

    Raises:
        ParameterError: If length is below 1 or a number is not finite.
    """
    half = (_checked("a motion over pixels", length, 1) - 1) / 2
    if not math.isfinite(angle):
        raise ParameterError(f"a motion at an angle of {angle}", "Give degrees.")
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    x, y = _grid(math.ceil(half + 1))
    along, across = x * cos + y * sin, y * cos - x * sin
    return _normalised(1 - np.hypot(np.maximum(np.abs(along) - half, 0), across))


def disc_kernel(radius: float) -> Kernel2D:
    """Return a disc out of focus, its edge pixels by about how much of them is covered.

    Args:
        radius: In pixels, ≥ 0; below ½ it is no blur.

    Raises:
        ParameterError: If radius is negative or not finite.
    """
    x, y = _grid(math.ceil(_checked("a disc of radius", radius, 0) + 0.5))
    return _normalised(np.minimum(max(radius, 0.5) + 0.5 - np.hypot(x, y), 1))


def _grid(radius: int) -> tuple[Kernel2D, Kernel2D]:
    """Return x to the right and y upwards."""
    line = np.arange(-radius, radius + 1.0)
    return line[None, :], -line[:, None]


def _normalised(weights: Kernel2D) -> Kernel2D:
    """Cut off what is below 0 and the empty rim, and make the rest sum to 1."""
    weights = np.where(weights > 1e-12, weights, 0.0)
    middle = len(weights) // 2
    far = int(np.abs(np.argwhere(weights) - middle).max())
    kept: Kernel2D = weights[middle - far : middle + far + 1, middle - far : middle + far + 1]
    kept /= kept.sum()
    return kept


def _checked(what: str, value: float, least: float) -> float:
    if not least <= value < math.inf:
        raise ParameterError(f"{what} {value} is no blur", f"Give {least} or more pixels.")
    return value
