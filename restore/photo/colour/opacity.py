"""Colours that are multiplied by their opacity (Porter and Duff 1984), and colours that are not."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["divided", "multiplied"]


def divided(values: np.ndarray[Any, Any], alpha: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return colours divided by alpha; where it is zero they stay as they are.

    What an alpha of almost nothing would make infinite becomes the largest number there is.

    Args:
        values: (H, W, C) floats, multiplied by alpha.
        alpha: (H, W) floats in [0, 1].
    """
    by = alpha[:, :, None]
    with np.errstate(over="ignore"):
        quotient: np.ndarray[Any, Any] = np.divide(values, by, out=values.copy(), where=by > 0)
    top = np.finfo(quotient.dtype).max
    return quotient.clip(-top, top, out=quotient)


def multiplied(values: np.ndarray[Any, Any], alpha: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return colours multiplied by alpha: the inverse of `divided`."""
    product: np.ndarray[Any, Any] = values * np.where(alpha > 0, alpha, 1)[:, :, None]
    return product
