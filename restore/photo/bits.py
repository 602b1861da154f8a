"""Files of 9 to 15 bits a sample: in memory they have 16, and lose nothing on the way back."""

from __future__ import annotations

import numpy as np

from restore.photo.photo import Pixels

__all__ = ["narrow", "widen"]


def widen(samples: Pixels, top: int) -> Pixels:
    """Return samples of 0 to `top` as uint8 (`top` up to 255) or uint16, over its whole range.

    Values above `top` become the highest.
    """
    dtype, full = (np.uint8, 255) if top < 256 else (np.uint16, 65535)
    if top == full:
        return samples.astype(dtype, copy=False)
    levels = np.minimum(np.arange(1 << 8 * samples.dtype.itemsize), top)
    table: Pixels = np.rint(levels * (full / top)).astype(dtype)
    return table[samples]


def narrow(pixels: Pixels, top: int) -> Pixels:
    """Return uint16 pixels as whole numbers of 0 to `top`: the inverse of `widen`."""
    table: Pixels = np.rint(np.arange(65536) * (top / 65535)).astype(np.uint16)
    return table[pixels]
