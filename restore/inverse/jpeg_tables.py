"""What every JPEG encoder shares: the tables of ITU-T T.81, and the colours of JFIF."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["CHROMA", "LUMA", "TO_YCC", "scaled"]

LUMA = (
    *(16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55),
    *(14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62),
    *(18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92),
    *(49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99),
)
CHROMA = (
    *(17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99),
    *(24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99),
    *(99,) * 32,
)
"""The tables of T.81, annex K.1, which every encoder scales by its quality."""

TO_YCC = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))
"""From red, green and blue to luma and two colour differences (JFIF 1.02; ITU-R BT.601)."""


def scaled(table: tuple[int, ...], quality: int) -> np.ndarray[Any, Any]:
    """Return an int (8, 8) table for a quality 1…100, as libjpeg scales it."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    steps = (np.array(table, np.int64).reshape(8, 8) * scale + 50) // 100
    return np.asarray(np.clip(steps, 1, 255))
