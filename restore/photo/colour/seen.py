"""From the numbers that a photo stores to the values that it is seen by, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from restore.photo.colour.opacity import divided, multiplied
from restore.photo.colour.transfer import Transfer, decoded, encoded

__all__ = ["seen", "stored"]


def seen(
    values: np.ndarray[Any, Any], transfer: Transfer, opacity: np.ndarray[Any, Any] | None
) -> np.ndarray[Any, Any]:
    """Return encoded colours that are not multiplied by alpha.

    Args:
        values: (H, W, C) floats.
        transfer: What they are.
        opacity: (H, W) floats in [0, 1] by which they are multiplied, if they are.
    """
    if opacity is not None:
        values = divided(values, opacity)
    return encoded(values) if transfer == "linear" else values


def stored(
    values: np.ndarray[Any, Any], transfer: Transfer, opacity: np.ndarray[Any, Any] | None
) -> np.ndarray[Any, Any]:
    """Return the inverse of `seen`: light is multiplied by alpha, not its code."""
    if transfer == "linear":
        values = decoded(values)
    return values if opacity is None else multiplied(values, opacity)
