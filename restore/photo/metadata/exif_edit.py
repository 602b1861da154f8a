"""Changes to an EXIF block in which no byte moves, for maker notes hold offsets that nobody knows.

A value is written over, an entry is taken out of its directory, a directory is no longer pointed
to; what was there is zeros then.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from restore.photo.exif import (
    EXIF_IFD,
    GPS_IFD,
    INTEROP_IFD,
    ORIENTATION,
    ExifError,
    Order,
    Spot,
    entries,
    first_ifd,
    integer,
)

__all__ = ["sized", "thumbnail_of", "with_thumbnail", "without_gps", "without_thumbnail"]

_SHORT, _LONG = 3, 4
_WIDTHS, _HEIGHTS = (256, 4097, 40962), (257, 4098, 40963)
"""ImageWidth, RelatedImageWidth, PixelXDimension; and the like for heights."""
_JPEG_AT, _JPEG_LENGTH = 513, 514


@dataclass(frozen=True)
class _Directory:
    """A directory: its offset, how many entries it has, and those that can be read, by tag."""

    offset: int
    entries: int
    spots: dict[int, Spot]

    @property
    def end(self) -> int:
        """Where the offset of the directory that follows it stands."""
        return self.offset + 2 + 12 * self.entries


@dataclass(frozen=True)
class _Layout:
    """The directories of a block: the main one, those below it by tag, that of the thumbnail."""

    order: Order
    main: _Directory
    below: dict[int, _Directory]
    thumbnail: _Directory | None


def _layout(block: bytes) -> _Layout:
    """Find the directories; damaged ones beside the main one are left out.

    Raises:
        ExifError: The main directory is damaged.
    """
    offset, order, big = first_ifd(block)
    if big:
        raise ExifError("a BigTIFF header")
    main = _directory(block, offset, order)
    below: dict[int, _Directory] = {}
    for tag in (EXIF_IFD, GPS_IFD, INTEROP_IFD):
        around = below.get(EXIF_IFD, main) if tag == INTEROP_IFD else main
        pointer = around.spots.get(tag)
        where = integer(block, pointer, order) if pointer else None
        if where and (found := _try(block, where, order)):
            below[tag] = found
    following = block[main.end : main.end + 4]
    second = struct.unpack(order + "I", following)[0] if len(following) == 4 else 0
    return _Layout(order, main, below, _try(block, second, order) if second else None)


def _directory(block: bytes, offset: int, order: Order) -> _Directory:
    spots: dict[int, Spot] = {}
    for spot in entries(block, offset, order):
        spots.setdefault(spot.tag, spot)
    (number,) = struct.unpack_from(order + "H", block, offset)
    return _Directory(offset, number, spots)


def _try(block: bytes, offset: int, order: Order) -> _Directory | None:
    try:
        return _directory(block, offset, order)
    except ExifError:
        return None


def sized(block: bytes, width: int, height: int) -> bytes:
    """Return a block whose tags for the picture's width and height, where it has them, are right.

    Raises:
        ExifError: The main directory is damaged.
    """
    layout = _layout(block)
    changed = bytearray(block)
    for directory in (layout.main, *layout.below.values()):
        for tags, value in ((_WIDTHS, width), (_HEIGHTS, height)):
            for tag in tags:
                _set(changed, directory.spots.get(tag), value, layout.order)
    return bytes(changed)


def _set(changed: bytearray, spot: Spot | None, value: int, order: Order) -> None:
    """Write an integer over a tag's only element; a short one may become long."""
    if spot is None or spot.number != 1 or spot.type not in (_SHORT, _LONG):
        return
    kind = _LONG if value > 0xFFFF else spot.type
    struct.pack_into(order + "H", changed, spot.entry + 2, kind)
    packed = struct.pack(order + ("H" if kind == _SHORT else "I"), value)
    changed[spot.where : spot.where + 4] = packed.ljust(4, b"\0")


def without_gps(block: bytes) -> bytes:
    """Return a block without its GPS directory; where that lay, there are zeros.

    Raises:
        ExifError: The main directory is damaged.
    """
    layout = _layout(block)
    pointer = layout.main.spots.get(GPS_IFD)
    if pointer is None:
        return block
    changed = bytearray(block)
    if directory := layout.below.get(GPS_IFD):
        _blank(changed, directory)
    start, end = pointer.entry, layout.main.end + 4
    changed[start:end] = (changed[start + 12 : end] + bytes(12))[: end - start]
    struct.pack_into(layout.order + "H", changed, layout.main.offset, layout.main.entries - 1)
    return bytes(changed)


def thumbnail_of(block: bytes) -> bytes | None:
    """Return the thumbnail of a block as the bytes of a JPEG file.

    Empty bytes if it is something else or damaged, None if there is none.

    Raises:
        ExifError: The main directory is damaged.
    """
    layout = _layout(block)
    if layout.thumbnail is None:
        return None
    where, length = _picture(block, layout)
    return block[where : where + length]


def _picture(block: bytes, layout: _Layout) -> tuple[int, int]:
    """Return where the thumbnail's JPEG file lies, and its length; 0 if there is none."""
    spots = layout.thumbnail.spots if layout.thumbnail else {}
    if _JPEG_AT not in spots or _JPEG_LENGTH not in spots:
        return 0, 0
    where = integer(block, spots[_JPEG_AT], layout.order) or 0
    length = integer(block, spots[_JPEG_LENGTH], layout.order) or 0
    genuine = block[where : where + 2] == b"\xff\xd8" and where + length <= len(block)
    return (where, length) if genuine else (0, 0)


def with_thumbnail(block: bytes, picture: bytes) -> bytes:
    """Return a block with another thumbnail, upright, no longer than the one that it has.

    Raises:
        ExifError: The block is damaged.
    """
    layout = _layout(block)
    where, length = _picture(block, layout)
    if layout.thumbnail is None or len(picture) > length:
        raise ExifError("no room for a thumbnail")
    changed = bytearray(block)
    changed[where : where + length] = picture.ljust(length, b"\0")
    _set(changed, layout.thumbnail.spots[_JPEG_LENGTH], len(picture), layout.order)
    _set(changed, layout.thumbnail.spots.get(ORIENTATION), 1, layout.order)
    return bytes(changed)


def without_thumbnail(block: bytes) -> bytes:
    """Return a block without a thumbnail; where it lay, there are zeros.

    Raises:
        ExifError: The main directory is damaged.
    """
    layout = _layout(block)
    if layout.thumbnail is None:
        return block
    where, length = _picture(block, layout)
    changed = bytearray(block)
    changed[where : where + length] = bytes(length)
    _blank(changed, layout.thumbnail)
    changed[layout.main.end : layout.main.end + 4] = bytes(4)
    return bytes(changed)


def _blank(changed: bytearray, directory: _Directory) -> None:
    for spot in directory.spots.values():
        changed[spot.where : spot.where + spot.size] = bytes(spot.size)
    end = min(directory.end + 4, len(changed))
    changed[directory.offset : end] = bytes(end - directory.offset)
