"""The transfer between linear light and the encoded values that networks know."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np

__all__ = ["Transfer", "decoded", "encoded"]

Transfer: TypeAlias = Literal["encoded", "linear"]
"""Whether values are as for a screen or a print, or proportional to light."""

_GAMMA, _OFFSET = 2.4, 0.055
_KNEE = _OFFSET / (_GAMMA - 1)
_SLOPE = ((1 + _OFFSET) / _GAMMA) ** _GAMMA * ((_GAMMA - 1) / _OFFSET) ** (_GAMMA - 1)
_LINEAR_KNEE = _KNEE / _SLOPE
_AT_WHITE = (1 + _OFFSET) / _GAMMA
"""Slope of the curve at 1, with which it goes on as a logarithm."""


def encoded(light: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return linear light as encoded values.

    From 0 to 1 it is the curve of sRGB (IEC 61966-2-1, with the constants before they were
    rounded, so that the straight part meets the curved one without a kink); above 1, where
    highlights of a scene lie, it goes on as 1 + s·ln x with the slope s = 1.055 / 2.4 that the
    curve has at 1; below 0 it is the same with the other sign. So it is odd, strictly increasing,
    continuous with its slope everywhere, and has an inverse. 16 times white becomes 2.2.

    Args:
        light: Finite floats of any shape, 1 being white.

    Returns:
        float32 of the same shape.
    """
    size = np.abs(light).astype(np.float32, copy=False)
    curve = (1 + _OFFSET) * np.power(size.clip(_LINEAR_KNEE, 1), 1 / _GAMMA) - _OFFSET
    with np.errstate(over="ignore"):
        out: np.ndarray[Any, Any] = np.where(size < _LINEAR_KNEE, size * _SLOPE, curve)
    out += _AT_WHITE * np.log(size.clip(1))
    signed: np.ndarray[Any, Any] = np.copysign(out, light).astype(np.float32, copy=False)
    return signed


def decoded(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return encoded values as linear light: the inverse of `encoded`, to single precision."""
    size = np.abs(values).astype(np.float32, copy=False)
    curve = np.power((size.clip(_KNEE, 1) + _OFFSET) / (1 + _OFFSET), _GAMMA)
    out: np.ndarray[Any, Any] = np.where(size < _KNEE, size / _SLOPE, curve)
    with np.errstate(over="ignore"):
        out *= np.exp((size.clip(1) - 1) / _AT_WHITE)
    bounded = out.clip(max=np.finfo(np.float32).max)
    signed: np.ndarray[Any, Any] = np.copysign(bounded, values).astype(np.float32, copy=False)
    return signed
