"""Dithering: what 8 bits cannot hold is rounded up or down so that the mean over pixels is right.

Rounded to the nearest level, a smooth sky falls into bands. Here a value a quarter above a level
comes out above it at one pixel in four, and the eye sees the quarter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

__all__ = ["AGAIN", "DITHER", "Pattern"]

_MARGIN = 2.0**-10
"""How near to a level, in levels, a value may lie and surely become it: far more than what single
precision adds to a value on its way, so that what did not change comes back."""

_CHANNEL = 2**32 // 3
"""Red, green and blue are a third of a cycle apart: a gray's errors add up to almost none."""


@dataclass(frozen=True)
class Pattern:
    """For each channel and absolute pixel a fraction that is added before rounding down.

    The fractions are an additive recurrence in two dimensions (M. Roberts, “The unreasonable
    effectiveness of quasirandom sequences”, 2018): spread evenly over [0, 1) in every small
    window, so that the error has hardly any low frequencies, as with blue noise. In integers
    modulo 2³² they are the same on every machine.

    Attributes:
        steps: What a row and a column add, in 2⁻³².
        origin: Row and column of the first pixel in the whole photo.
    """

    steps: tuple[int, int]
    origin: tuple[int, int] = (0, 0)

    def moved(self, rows: int, columns: int = 0) -> Pattern:
        """Return the pattern from so many rows further down and columns further right."""
        return replace(self, origin=(self.origin[0] + rows, self.origin[1] + columns))

    def offsets(self, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
        """Return the fractions for (H, W, C) values, float32 in (0, 1)."""
        height, width, channels = shape
        down, across = (np.uint32(step) for step in self.steps)
        row, column = (
            np.arange(first, first + count, dtype=np.int64).astype(np.uint32)
            for first, count in zip(self.origin, (height, width), strict=True)
        )
        channel = (np.arange(channels) * _CHANNEL).astype(np.uint32)
        of_a_row = ((column * across)[:, None] + channel).ravel()
        cycle = (row * down)[:, None] + of_a_row
        fractions: np.ndarray[Any, Any] = cycle.astype(np.float32)
        fractions *= np.float32((1 - 2 * _MARGIN) / 2**32)
        fractions += np.float32(_MARGIN)
        return fractions.reshape(shape)


_G = 1.32471795724474602596
"""The plastic number, the real root of x³ = x + 1."""
_STEPS = round(2**32 / _G), round(2**32 / _G**2)

DITHER = Pattern(_STEPS)
"""The pattern that every photo gets."""

AGAIN = Pattern(_STEPS[::-1])
"""Another one, for values that were dithered before: the same twice would shift the mean."""
