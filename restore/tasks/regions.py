"""Which parts of a photo must be looked at to fill its holes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from restore.photo import Pixels

__all__ = ["Window", "windows_around"]

Window = tuple[slice, slice]

_LARGEST = 512
_CONTEXT = 64
_ALIGN = 16


def windows_around(mask: Pixels) -> list[tuple[Window, Window]]:
    """Return windows that together hold all that is masked, each within its context.

    The mask is cut along its empty rows and columns, as pages are cut into paragraphs (recursive
    XY-cut, Nagy & Seth 1984); long thin damage that cannot be cut so is halved.

    Args:
        mask: (H, W) bool.

    Returns:
        Pairs of a window, and the same with context on all sides, which is a multiple of 16 long
        where the photo is large enough. The windows do not overlap; the contexts may.
    """
    height, width = mask.shape
    return [
        ((rows, columns), (_widened(rows, height), _widened(columns, width)))
        for rows, columns in _parts(mask, slice(0, height), slice(0, width))
    ]


def _parts(mask: Pixels, rows: slice, columns: slice) -> Iterator[Window]:
    part = mask[rows, columns]
    if not part.any():
        return
    rows = _shrunk(_lines(part, 1), rows.start)
    columns = _shrunk(_lines(part, 0), columns.start)
    part = mask[rows, columns]
    row_gap, column_gap = _widest_gap(_lines(part, 1)), _widest_gap(_lines(part, 0))
    height, width = part.shape
    long_and_thin = max(part.shape) > _LARGEST and part.mean() < 0.1
    if max(row_gap[0], column_gap[0]) >= 2 * _CONTEXT:
        by_rows, at = row_gap[0] >= column_gap[0], max(row_gap, column_gap)[1]
    elif long_and_thin:
        by_rows, at = height >= width, max(height, width) // 2
    else:
        yield rows, columns
        return
    if by_rows:
        cut = rows.start + at
        halves = ((slice(rows.start, cut), columns), (slice(cut, rows.stop), columns))
    else:
        cut = columns.start + at
        halves = ((rows, slice(columns.start, cut)), (rows, slice(cut, columns.stop)))
    for half in halves:
        yield from _parts(mask, *half)


def _lines(part: Pixels, axis: int) -> Pixels:
    """Return which lines hold a marked pixel."""
    return np.asarray(part.any(axis=axis))


def _shrunk(marked: Pixels, start: int) -> slice:
    at = np.flatnonzero(marked)
    return slice(start + int(at[0]), start + int(at[-1]) + 1)


def _widest_gap(marked: Pixels) -> tuple[int, int]:
    """Return the length and the middle of the longest unmarked run between marked lines."""
    at = np.flatnonzero(marked)
    gaps = np.diff(at) - 1
    if gaps.size == 0:
        return 0, 0
    widest = int(gaps.argmax())
    return int(gaps[widest]), int(at[widest] + 1 + gaps[widest] // 2)


def _widened(part: slice, length: int) -> slice:
    """Add context on both sides, within 0…length, to a multiple of 16."""
    wanted = -(-(part.stop - part.start + 2 * _CONTEXT) // _ALIGN) * _ALIGN
    start = max(0, min(part.start - _CONTEXT, length - wanted))
    return slice(start, min(length, start + wanted))
