"""What the estimates look at: small parts of a photo, and a few figures of all of it.

They are the same whether the photo is in memory or read in strips.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from restore.hooks.action import Context
from restore.photo import Pixels, StripsReader

__all__ = ["Survey", "survey_image", "survey_strips"]

_SAMPLE = 600_000
"""Pixels looked at for noise; more bring nothing."""
_SIDE = 160
_MIDDLE = 1024
_ROWS = 256

Window: TypeAlias = Callable[[slice, slice], Pixels]
"""Returns the part (h, w, C) of a photo under a window, in [0, 1] units."""


@dataclass(frozen=True, eq=False)
class Survey:
    """A photo in short, in [0, 1] units.

    Attributes:
        windows: Parts that stand for the whole photo, (N, h, w, C).
        middle: The middle of the photo, at most 1024 pixels a side, (h, w, C).
        lowest: The least value.
        highest: The greatest value.
        brightness: The mean, values outside [0, 1] counting as the nearer end.
    """

    windows: Pixels
    middle: Pixels
    lowest: float
    highest: float
    brightness: float

    @property
    def clipped(self) -> bool:
        """Whether the photo keeps to [0, 1], as all integer photos do."""
        return self.lowest >= 0 and self.highest <= 1


def survey_image(image: Pixels) -> Survey:
    """Look at a photo in memory, (H, W, C) in [0, 1]."""
    size = image.shape[0], image.shape[1]

    def window(rows: slice, columns: slice) -> Pixels:
        return np.asarray(image[rows, columns], np.float32)

    sums = math.fsum(_sums(image))
    return Survey(
        _windows(size, window),
        _middle(size, window),
        float(image.min()),
        float(image.max()),
        sums / image.size,
    )


def survey_strips(photo: StripsReader, context: Context) -> Survey:
    """Look at a photo that is read in strips: once at all of it, so that damage shows early."""
    width, height = photo.size

    def window(rows: slice, columns: slice) -> Pixels:
        return photo.read(rows.start, rows.stop).to_float()[:, columns]

    windows, middle = _windows((height, width), window), _middle((height, width), window)
    sums: list[float] = []
    lowest, highest = math.inf, -math.inf
    for top in range(0, height, _ROWS):
        context.progress(0.0, "Looking at the photo")
        image = photo.read(top, top + _ROWS).to_float()
        sums += _sums(image)
        lowest, highest = min(lowest, float(image.min())), max(highest, float(image.max()))
    brightness = math.fsum(sums) / (width * height * photo.channels)
    return Survey(windows, middle, lowest, highest, brightness)


def _sums(image: Pixels) -> list[float]:
    """Return the sum of each row, which no other row has a part in."""
    return [float(np.clip(row, 0, 1).sum(dtype=np.float64)) for row in image]


def _windows(size: tuple[int, int], window: Window) -> Pixels:
    """Return (N, h, w, C) windows that stand for the whole photo, the same ones each time."""
    height, width = size
    if height * width <= _SAMPLE:
        return window(slice(0, height), slice(0, width))[None]
    h, w = min(height, _SIDE), min(width, _SIDE)
    count = max(1, _SAMPLE // (h * w))
    rows = min(max(1, round(np.sqrt(count * height / width))), count, height // h)
    columns = max(1, min(count // rows, width // w))
    return np.stack(
        [
            window(slice(top, top + h), slice(left, left + w))
            for top in np.linspace(0, height - h, rows).astype(int)
            for left in np.linspace(0, width - w, columns).astype(int)
        ]
    )


def _middle(size: tuple[int, int], window: Window) -> Pixels:
    top, left = (max(0, side - _MIDDLE) // 2 for side in size)
    return window(
        slice(top, min(top + _MIDDLE, size[0])), slice(left, min(left + _MIDDLE, size[1]))
    )
