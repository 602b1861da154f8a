"""How much a result depends on what should not matter: the run, the tiles, the frame, the seed.

Every function is given a way to restore one photo, and calls it with nothing but one thing changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from restore.errors import ParameterError

__all__ = ["Difference", "Window", "over_crops", "over_runs", "over_seeds", "over_tiles"]

Image = np.ndarray[Any, Any]

Window: TypeAlias = tuple[slice, slice]
"""Rows and columns of a part of a photo, each with a start and a stop."""

MARGIN = 48
"""Pixels at a cut edge that are not compared: what lay beyond it is missing there."""


@dataclass(frozen=True)
class Difference:
    """How far results lie from each other, in the units of the pictures.

    Attributes:
        rms: Root mean square of the difference.
        largest: Its largest absolute value.
    """

    rms: float
    largest: float

    @classmethod
    def between(cls, pairs: Iterable[tuple[Image, Image]]) -> Difference:
        """Return the difference over all pairs of equally large pictures together."""
        squares, count, largest = 0.0, 0, 0.0
        for a, b in pairs:
            difference = np.abs(np.asarray(a, np.float64) - b)
            squares += float(np.square(difference).sum())
            count += difference.size
            largest = max(largest, float(difference.max()))
        return cls((squares / count) ** 0.5, largest)


def over_runs(restore: Callable[[], Image], runs: int = 2) -> Difference:
    """Restore several times in the same way; the difference from the first time must be 0."""
    first = restore()
    return Difference.between((restore(), first) for _ in range(runs - 1))


def over_tiles(restore: Callable[[int], Image], sizes: Sequence[int]) -> Difference:
    """Restore in tiles of several sizes, and compare with the first size."""
    first = restore(sizes[0])
    return Difference.between((restore(size), first) for size in sizes[1:])


def over_crops(
    restore: Callable[[Window], Image],
    size: tuple[int, int],
    windows: Iterable[Window],
    *,
    scale: int = 1,
    margin: int = MARGIN,
) -> Difference:
    """Restore a photo whole and parts of it alone, and compare the inside of the parts.

    Args:
        restore: Restores the part of the photo under a window.
        size: (height, width) of the photo.
        windows: The parts.
        scale: How many times larger a result is than the photo.
        margin: Pixels of the photo along cut edges that do not count; the edges of the photo
            itself do.

    Raises:
        ParameterError: The margins leave nothing of a part.
    """

    def inside(axis: slice, length: int) -> slice:
        start = axis.start + (margin if axis.start > 0 else 0)
        stop = axis.stop - (margin if axis.stop < length else 0)
        if start >= stop:
            raise ParameterError(f"Margins of {margin} leave nothing of {axis.stop - axis.start}.")
        return slice(start, stop)

    whole = restore((slice(0, size[0]), slice(0, size[1])))

    def pairs() -> Iterable[tuple[Image, Image]]:
        for window in windows:
            rows, columns = (inside(axis, n) for axis, n in zip(window, size, strict=True))
            top, left = (axis.start for axis in window)
            part = restore(window)
            yield (
                part[_at(rows, top, scale), _at(columns, left, scale)],
                (whole[_at(rows, 0, scale), _at(columns, 0, scale)]),
            )

    return Difference.between(pairs())


def over_seeds(restore: Callable[[int], Image], seeds: Sequence[int]) -> float:
    """Restore with several seeds.

    Returns:
        Root mean square over the pixels of their standard deviation over the seeds.
    """
    first, *others = (np.asarray(restore(seed), np.float64) for seed in seeds)
    moved = np.stack([np.zeros_like(first), *(other - first for other in others)])
    return float(np.sqrt(moved.var(axis=0, ddof=1).mean()))


def _at(axis: slice, origin: int, scale: int) -> slice:
    """Return a stretch of the photo as one of a result that begins at `origin`."""
    return slice((axis.start - origin) * scale, (axis.stop - origin) * scale)
