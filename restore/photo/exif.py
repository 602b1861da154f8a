"""The structure that EXIF blocks and TIFF files share: a header and directories (IFDs) of tags.

TIFF 6.0, section 2; EXIF 2.32, section 4.5. A directory is read into raw values in the byte order
of the file, so that what is not understood is carried all the same.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple, TypeAlias

__all__ = [
    "DESCRIPTIVE",
    "EXIF_IFD",
    "GPS_IFD",
    "INTEROP_IFD",
    "MAKER_NOTE",
    "ORIENTATION",
    "PREFIX",
    "RESOLUTION",
    "Entry",
    "ExifError",
    "Ifd",
    "Order",
    "Spot",
    "byte_order",
    "entries",
    "first_ifd",
    "integer",
    "locate",
    "pack_block",
    "pack_ifd",
    "rational",
    "read_ifd",
    "resolution",
    "resolution_block",
]

PREFIX = b"Exif\0\0"
ORIENTATION, EXIF_IFD, GPS_IFD, INTEROP_IFD, MAKER_NOTE = 274, 34665, 34853, 40965, 37500
RESOLUTION = (282, 283, 296)
"""XResolution, YResolution and ResolutionUnit."""

DESCRIPTIVE = frozenset(
    {ORIENTATION, *RESOLUTION, EXIF_IFD, GPS_IFD}
    | {269, 270, 271, 272, 285, 305, 306, 315, 316, 318, 319, 529, 531, 532}
    | {18246, 18249, 33432, 40091, 40092, 40093, 40094, 40095, 50341, 50898, 50899}
)
"""Tags of the main directory that tell of the photo, not of how the file stores it."""

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_SIZES_BIG = _SIZES | {16: 8, 17: 8, 18: 8}
_INTEGERS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_POINTERS = (EXIF_IFD, GPS_IFD, INTEROP_IFD)

Order: TypeAlias = Literal["<", ">"]


class ExifError(ValueError):
    """The structure is damaged."""


@dataclass(frozen=True)
class Entry:
    """A tag's value.

    Attributes:
        type: Its TIFF type.
        count: How many elements it has.
        value: Their bytes in file order.
        at: The offset at which the value has to lie, if that matters.
    """

    type: int
    count: int
    value: bytes
    at: int | None = None


class Spot(NamedTuple):
    """Where a tag of a directory lies: its entry, and its value of so many bytes."""

    tag: int
    type: int
    number: int
    entry: int
    where: int
    size: int


Ifd: TypeAlias = "dict[int, Entry | Ifd]"
"""A directory: values by tag; a tag that points to another directory holds that directory."""


def byte_order(block: bytes) -> Order:
    """Return the byte order that a block's first bytes name.

    Raises:
        ExifError: They name none.
    """
    if block[:4] in (b"II*\0", b"II+\0"):
        return "<"
    if block[:4] in (b"MM\0*", b"MM\0+"):
        return ">"
    raise ExifError("no TIFF header")


def first_ifd(block: bytes) -> tuple[int, Order, bool]:
    """Return the offset of the main directory, the byte order, and whether it is a BigTIFF.

    Raises:
        ExifError: The header is damaged.
    """
    order = byte_order(block)
    big = b"+" in block[:4]
    try:
        (offset,) = struct.unpack_from(order + ("8xQ" if big else "4xI"), block)
    except struct.error as error:
        raise ExifError("header cut short") from error
    return offset, order, big


def entries(block: bytes, offset: int, order: Order, big: bool = False) -> Iterator[Spot]:
    """Yield the tags of a directory whose values lie in the block.

    Raises:
        ExifError: The directory is cut short.
    """
    counter, fields, inline = ("Q", "HHQ", 8) if big else ("H", "HHI", 4)
    sizes = _SIZES_BIG if big else _SIZES
    try:
        (number,) = struct.unpack_from(order + counter, block, offset)
        position = offset + struct.calcsize(counter)
        for _ in range(number):
            entry = position
            tag, kind, count = struct.unpack_from(order + fields, block, position)
            position += struct.calcsize("<" + fields)
            where, size = position, sizes.get(kind, 0) * count
            if size > inline:
                (where,) = struct.unpack_from(order + ("Q" if big else "I"), block, position)
            elif position + inline > len(block):
                raise ExifError("a directory is cut short")
            position += inline
            if 0 < size <= len(block) - where:
                yield Spot(tag, kind, count, entry, where, size)
    except (struct.error, OverflowError) as error:
        raise ExifError("a directory is cut short") from error


def integer(block: bytes, spot: Spot, order: Order) -> int | None:
    """Return the first element of a tag, or None if it is no unsigned integer."""
    if spot.type not in _INTEGERS:
        return None
    value: int = struct.unpack_from(order + _INTEGERS[spot.type], block, spot.where)[0]
    return value


def locate(block: bytes, tag: int) -> tuple[int, str] | None:
    """Find an integer tag of the main directory.

    Returns:
        Position and struct format of its first element, or None if it is not there.

    Raises:
        ExifError: The block is damaged before the tag.
    """
    offset, order, big = first_ifd(block)
    for spot in entries(block, offset, order, big):
        if spot.tag == tag and spot.type in _INTEGERS:
            return spot.where, order + _INTEGERS[spot.type]
    return None


def read_ifd(block: bytes, offset: int, order: Order, big: bool = False) -> Ifd:
    """Read a directory and the EXIF, GPS and interoperability directories below it.

    Values and lower directories that do not lie in the block are left out.

    Raises:
        ExifError: The directory itself is damaged.
    """
    return _read(block, offset, order, big, depth=0)


def _read(block: bytes, offset: int, order: Order, big: bool, depth: int) -> Ifd:
    ifd: Ifd = {}
    for spot in entries(block, offset, order, big):
        if spot.tag in ifd:
            continue  # The first of several counts, as in `locate`.
        if spot.tag not in _POINTERS:
            value = block[spot.where : spot.where + spot.size]
            ifd[spot.tag] = Entry(spot.type, spot.number, value)
        elif (below := integer(block, spot, order)) is not None and depth < 2:
            try:
                ifd[spot.tag] = _read(block, below, order, big, depth + 1)
            except ExifError:
                continue
    return ifd


def pack_ifd(ifd: Ifd, order: Order, base: int, *, big: bool = False) -> bytes:
    """Write a directory, its values and the directories below it, to lie at offset `base`.

    Values that have to lie somewhere else are left to the caller.

    Args:
        ifd: The directory.
        order: The byte order.
        base: Where it is going to lie.
        big: Whether in a BigTIFF, whose counts and offsets have 8 bytes.
    """
    counter, fields, number, inline = ("Q", "HHQ", "Q", 8) if big else ("H", "HHI", "I", 4)
    pointer = 16 if big else 4
    head = [struct.pack(order + counter, len(ifd))]
    tail: list[bytes] = []
    entry_size = struct.calcsize("<" + fields) + inline
    end = base + len(head[0]) + entry_size * len(ifd) + inline
    for tag, entry in sorted(ifd.items()):
        if isinstance(entry, dict):
            head.append(struct.pack(order + fields + number, tag, pointer, 1, end))
            value = pack_ifd(entry, order, end, big=big)
        else:
            head.append(struct.pack(order + fields, tag, entry.type, entry.count))
            value = entry.value
            if len(value) <= inline:
                head.append(value.ljust(inline, b"\0"))
                continue
            head.append(struct.pack(order + number, end if entry.at is None else entry.at))
            if entry.at is not None:
                continue
        tail.append(value + b"\0" * (len(value) % 2))
        end += len(tail[-1])
    return b"".join([*head, bytes(inline), *tail])


def pack_block(ifd: Ifd, order: Order) -> bytes:
    """Write an EXIF block with `ifd` as its main directory.

    A maker note that has to lie somewhere lies there: what does not fit before it comes behind it.
    """
    head = b"II*\0" if order == "<" else b"MM\0*"
    body = pack_ifd(ifd, order, 8)
    below = ifd.get(EXIF_IFD)
    note = below.get(MAKER_NOTE) if isinstance(below, dict) else None
    if not isinstance(note, Entry) or note.at is None or len(note.value) <= 4:
        return head + struct.pack(order + "I", 8) + body
    if 8 + len(body) <= note.at:
        return head + struct.pack(order + "I", 8) + body.ljust(note.at - 8, b"\0") + note.value
    end = note.at + len(note.value) + (note.at + len(note.value)) % 2
    front = (head + struct.pack(order + "I", end)).ljust(note.at, b"\0") + note.value
    return front.ljust(end, b"\0") + pack_ifd(ifd, order, end)


def resolution(ifd: Ifd, order: Order) -> tuple[float, float] | None:
    """Return a directory's resolution in dots per inch, or None if it has none or no unit."""
    x, y, unit = (ifd.get(tag) for tag in RESOLUTION)
    if not isinstance(x, Entry) or not isinstance(y, Entry) or (x.type, y.type) != (5, 5):
        return None
    scale = 1.0
    if isinstance(unit, Entry) and unit.type == 3:
        scale = {2: 1.0, 3: 2.54}.get(struct.unpack_from(order + "H", unit.value)[0], 0.0)
    a, b = struct.unpack_from(order + "II", x.value)
    c, d = struct.unpack_from(order + "II", y.value)
    if not (a and b and c and d and scale):
        return None
    return a / b * scale, c / d * scale


def rational(number: float) -> tuple[int, int]:
    """Return a positive number as the numerator and denominator of a tag, to four decimals."""
    numerator, denominator = Fraction(number).limit_denominator(10000).as_integer_ratio()
    return min(numerator, 2**32 - 1), denominator


def resolution_block(dpi: tuple[float, float] | None) -> bytes | None:
    """Return an EXIF block of nothing but a resolution, for formats without another place."""
    if not dpi:
        return None
    x, y = (Entry(5, 1, struct.pack("<II", *rational(dots))) for dots in dpi)
    return pack_block(dict(zip(RESOLUTION, (x, y, Entry(3, 1, b"\2\0")), strict=True)), "<")
