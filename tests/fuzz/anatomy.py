"""What a file is made of: the parts that can be moved about, and the numbers that can lie.

Whatever it is given, a damaged file too, it finds as much as it can and never fails.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["Anatomy", "anatomy", "mend"]

_PNG = b"\x89PNG\r\n\x1a\n"
_TIFFS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_TIFF_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_TIFF_SIZES |= {13: 4, 16: 8, 17: 8, 18: 8}
_TIFF_POINTERS = (330, 34665, 34853, 40965)
_BOXES = {b"moov": 0, b"trak": 0, b"iprp": 0, b"ipco": 0, b"jp2h": 0, b"meta": 4, b"iinf": 6}
"""Boxes that hold boxes, with the bytes that come before these."""


@dataclass
class Anatomy:
    """Parts as (start, end) and numbers as (position, struct format)."""

    parts: list[tuple[int, int]] = field(default_factory=list)
    numbers: list[tuple[int, str]] = field(default_factory=list)


def anatomy(data: bytes) -> Anatomy:
    """Take a file apart; one of an unknown kind has numbers at its beginning."""
    found = Anatomy()
    for start, at, take_apart in _KINDS:
        if data.startswith(start, at):
            take_apart(data, found)
            break
    else:
        found.numbers += [(at, form) for at in range(0, 128, 2) for form in ("<I", ">H")]
    size = len(data)
    found.parts = [(a, min(b, size)) for a, b in found.parts if a < min(b, size)]
    found.numbers = [n for n in found.numbers if 0 <= n[0] <= size - struct.calcsize(n[1])]
    return found


def mend(data: bytes) -> bytes:
    """Return a file with the check sums and totals right that would give a change away at once."""
    if data.startswith(_PNG):
        return _mend_png(data)
    if data.startswith(b"RIFF") and len(data) >= 12:
        return data[:4] + struct.pack("<I", len(data) - 8) + data[8:]
    return data


def _png(data: bytes, found: Anatomy) -> None:
    position = len(_PNG)
    while position + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        found.parts.append((position, position + 12 + length))
        found.numbers.append((position, ">I"))
        found.numbers += [(position + at, ">B") for at in (4, *range(8, 8 + min(length, 14)))]
        if kind == b"IHDR":
            found.numbers += [(position + 8, ">I"), (position + 12, ">I")] * 3
        if kind == b"eXIf":
            _tiff(data, found, position + 8)
        position += 12 + length


def _mend_png(data: bytes) -> bytes:
    mended = bytearray(data)
    position = len(_PNG)
    while position + 12 <= len(data):
        end = position + 8 + int.from_bytes(data[position : position + 4], "big")
        if end + 4 <= len(data):
            struct.pack_into(">I", mended, end, zlib.crc32(data[position + 4 : end]))
        position = end + 4
    return bytes(mended)


def _segments(data: bytes, found: Anatomy) -> None:
    """JPEG and JPEG 2000: markers, most with a length behind them."""
    position = data.find(b"\xff", 2)
    while 0 <= position < len(data) - 4:
        marker, length = struct.unpack_from(">BH", data, position + 1)
        body = position + 4
        if marker in (0xDA, 0x93, *range(0xD0, 0xD9)):
            end = position + 2
            while (end := data.find(b"\xff", end + 1)) >= 0 and data[end + 1 : end + 2] in b"\0":
                pass
            end = end if end > 0 else len(data)
        else:
            end = position + 2 + max(length, 2)
        found.parts.append((position, end))
        found.numbers += [(position + 1, ">B"), (position + 2, ">H")]
        if 0xC0 <= marker <= 0xC2:
            found.numbers += [(body + 1, ">H"), (body + 3, ">H")] * 3
        if data.startswith(b"Exif\0\0", body):
            _tiff(data, found, body + 6)
        else:
            found.numbers += [(body + at, ">B") for at in range(min(20, max(end - body, 0)))]
        position = end if data[end : end + 1] == b"\xff" else data.find(b"\xff", end)


def _riff(data: bytes, found: Anatomy) -> None:
    found.numbers.append((4, "<I"))
    position = 12
    while position + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, position)
        found.parts.append((position, position + 8 + length + length % 2))
        found.numbers += [(position + 4, "<I")]
        found.numbers += [(position + 8 + at, "<H") for at in range(min(length, 12))]
        if kind == b"EXIF":
            _tiff(data, found, position + 8)
        position += 8 + length + length % 2


def _tiff(data: bytes, found: Anatomy, base: int = 0) -> None:
    if not data.startswith(_TIFFS, base):
        return
    order = "<" if data.startswith(b"II", base) else ">"
    big = b"+" in data[base : base + 4]
    counter, entry, wide = ("Q", "HHQQ", "Q") if big else ("H", "HHII", "I")
    width = struct.calcsize("<" + entry)
    first = base + (8 if big else 4)
    found.numbers.append((first, order + wide))
    seen: set[int] = set()
    waiting = [first]
    while waiting and len(seen) < 32:
        pointer = waiting.pop()
        try:
            (offset,) = struct.unpack_from(order + wide, data, pointer)
            (count,) = struct.unpack_from(order + counter, data, base + offset)
        except (struct.error, OverflowError):
            continue
        if not offset or offset in seen:
            continue
        seen.add(offset)
        found.numbers.append((base + offset, order + counter))
        at = base + offset + struct.calcsize(order + counter)
        for _ in range(min(count, 100)):
            if at + width > len(data):
                break
            tag, kind, number, where = struct.unpack_from(order + entry, data, at)
            value = at + struct.calcsize("<" + entry[:3])
            found.parts.append((at, at + width))
            found.numbers += [(at, order + "H"), (at + 2, order + "H")]
            found.numbers += [(at + 4, order + wide), (value, order + wide), (value, order + "H")]
            size = _TIFF_SIZES.get(kind, 0) * number
            if size > width - (value - at) and base + where + size <= len(data):
                found.parts.append((base + where, base + where + size))
                form = {2: "H", 4: "I", 8: "I"}.get(_TIFF_SIZES[kind], "B")
                step = struct.calcsize(form)
                spots = range(0, min(size, 8 * step), step)
                found.numbers += [(base + where + spot, order + form) for spot in spots]
            if tag in _TIFF_POINTERS and number == 1:
                waiting.append(value)
            at += width
        waiting.append(at)


def _boxes(data: bytes, found: Anatomy, start: int = 0, end: int | None = None) -> None:
    """ISO base media files and their like: AVIF, HEIC, JPEG 2000, JPEG XL."""
    end = len(data) if end is None else min(end, len(data))
    position = start
    while position + 8 <= end:
        length, kind = struct.unpack_from(">I4s", data, position)
        stop = position + length if length >= 8 else end
        found.parts.append((position, stop))
        found.numbers.append((position, ">I"))
        if kind in _BOXES:
            _boxes(data, found, position + 8 + _BOXES[kind], stop)
        elif kind not in (b"mdat", b"jp2c", b"jxlc"):
            spots = range(position + 8, min(stop, position + 88))
            found.numbers += [(at, ">I") for at in spots[::4]] + [(at, ">H") for at in spots[::2]]
        position = stop


_KINDS: tuple[tuple[bytes, int, Callable[[bytes, Anatomy], None]], ...] = (
    (_PNG, 0, _png),
    (b"\xff\xd8\xff", 0, _segments),
    (b"\xff\x4f\xff\x51", 0, _segments),
    (b"RIFF", 0, _riff),
    *((start, 0, _tiff) for start in _TIFFS),
    (b"ftyp", 4, _boxes),
    (b"jP  ", 4, _boxes),
    (b"JXL ", 4, _boxes),
)
