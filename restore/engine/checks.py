"""What every result must pass before anyone sees it. Images are (H, W, C) in [0, 1] units."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from restore.errors import ResultError

__all__ = ["check_finite", "check_not_black", "check_range", "check_result"]

Pixels: TypeAlias = np.ndarray[Any, Any]
HINT = "The photo was left as it is. Try the other device or backend, or another model."


def check_finite(image: Pixels) -> None:
    """Raise a ResultError if any value is NaN or infinite."""
    # The extremes are finite unless a value is not, and take no memory.
    if not (np.isfinite(image.min()) and np.isfinite(image.max())):
        bad = int(image.size - np.isfinite(image).sum())
        raise ResultError(f"{bad} of {image.size} values of the result are not numbers.", HINT)


def check_not_black(image: Pixels, original: Pixels) -> None:
    """Raise a ResultError if the result is black all over and the original is not."""
    if image.max() <= 0.5 / 255 < original.max():
        raise ResultError("The result is black all over.", HINT)


def check_range(image: Pixels, slack: float = 1.0) -> None:
    """Raise a ResultError if a value lies further than `slack` outside [0, 1]."""
    low, high = float(image.min()), float(image.max())
    if low < -slack or high > 1 + slack:
        raise ResultError(
            f"The result reaches from {low:.3g} to {high:.3g}, far outside 0…1.", HINT
        )


def check_result(image: Pixels, original: Pixels) -> None:
    """Run all checks of this room.

    Args:
        image: The result.
        original: What it was made from; the size may differ.

    Raises:
        ResultError: The result is not finite, is black where the original is not, or lies far
            outside [0, 1] although the original does not.
    """
    check_finite(image)
    check_not_black(image, original)
    check_range(image, 1.0 + max(0.0, -float(original.min()), float(original.max()) - 1))
