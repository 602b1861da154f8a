"""Whether a raw file is all there: LibRaw fills what is missing with black and only murmurs."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from restore.photo.exif import Entry, ExifError, Ifd, Order, first_ifd, read_ifd

__all__ = ["is_cut_short"]

_PLACES = ((273, 279), (324, 325), (280, 279))
"""Offsets and lengths of strips, of tiles, and of the one strip of a Panasonic file."""

_BELOW = 330
_NOWHERE = 0xFFFFFFFF
_MAX_DIRECTORIES = 64
_LEAST_BITS = 1 / 8
"""Of a pixel; no camera compresses to less."""


def is_cut_short(data: bytes, pixels: int) -> bool:
    """Whether the file ends before the picture data that its directories name.

    Args:
        data: The file.
        pixels: How many it claims to have.
    """
    if len(data) * 8 < pixels * _LEAST_BITS:
        return True
    if data[:2] not in (b"II", b"MM"):
        return False
    block = (b"II*\0" if data[:2] == b"II" else b"MM\0*") + data[4:]
    offset, order, big = first_ifd(block)
    if big:
        return False
    return any(_lacks(ifd, order, len(data)) for ifd in _directories(block, offset, order))


def _directories(block: bytes, offset: int, order: Order) -> Iterator[Ifd]:
    """Yield the directories of a file, those in a row and those below them."""
    waiting = [offset]
    seen: set[int] = set()
    while waiting and len(seen) < _MAX_DIRECTORIES:
        offset = waiting.pop()
        if not offset or offset in seen:
            continue
        seen.add(offset)
        try:
            ifd = read_ifd(block, offset, order)
            (number,) = struct.unpack_from(order + "H", block, offset)
            waiting += struct.unpack_from(order + "I", block, offset + 2 + 12 * number)
        except (ExifError, struct.error):
            continue
        waiting += _numbers(ifd, _BELOW, order)
        yield ifd


def _lacks(ifd: Ifd, order: Order, size: int) -> bool:
    for offsets, lengths in _PLACES:
        for start, length in zip(
            _numbers(ifd, offsets, order), _numbers(ifd, lengths, order), strict=False
        ):
            if start != _NOWHERE and start + length > size:
                return True
    return False


def _numbers(ifd: Ifd, tag: int, order: Order) -> tuple[int, ...]:
    entry = ifd.get(tag)
    if not isinstance(entry, Entry) or entry.type not in (3, 4, 13):
        return ()
    letter = "H" if entry.type == 3 else "I"
    return struct.unpack(f"{order}{entry.count}{letter}", entry.value)
