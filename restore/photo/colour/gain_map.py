"""HDR gain maps: small pictures behind a JPEG that say how much brighter it may be shown.

Ultra HDR (Android) and Apple's JPEGs list such a picture in an MPF segment (CIPA DC-007) and
describe it in XMP or by ISO 21496-1. It belongs to the photo's geometry: a photo of the same size
keeps it, one of another size must not say that it had one, or viewers would look for it.
"""

from __future__ import annotations

import io
import logging
import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from restore.photo.exif import Entry, byte_order, first_ifd, pack_block, read_ifd
from restore.photo.jpeg_segments import Segment, split

__all__ = ["GainMap", "attached", "find", "is_mpf", "pointed_at", "unmarked"]

log = logging.getLogger("restore")

_APP0, _APP1, _APP2, _LAST_APP = 0xE0, 0xE1, 0xE2, 0xEF
_MPF = b"MPF\0"
_ISO = b"urn:iso:std:iso:ts:21496:-1\0"
_MARKS = (b"hdrgm:GainMapMax", b"urn:com.apple.photo:2020:aux:hdrgainmap", _ISO)
_VERSION, _COUNT, _ENTRIES = 0xB000, 0xB001, 0xB002
_UNDEFINED, _LONG = 7, 4
_PRIMARY = 0x030000
_MOST_PICTURES = 32

_VERSION_MARK = re.compile(
    rb"\s?hdrgm:Version\s*=\s*(\"[^\"]*\"|'[^']*')|<hdrgm:Version>[^<]*</hdrgm:Version>"
)
_DIRECTORY = re.compile(rb"<(\w+):Directory\b(?:(?!<\w+:Directory\b).)*?</\1:Directory>", re.DOTALL)
_ITEM = re.compile(rb"<rdf:li\b(?:(?!<rdf:li\b).)*?</rdf:li>|<rdf:li\b[^<>]*/>", re.DOTALL)
_SEMANTIC = re.compile(rb":Semantic\s*=\s*[\"'](\w+)[\"']|:Semantic>(\w+)<")
_LENGTH = re.compile(rb"(:Length\s*(?:=\s*[\"']|>)\s*)\d+")


@dataclass(frozen=True, eq=False)
class GainMap:
    """A gain map as it stood in a JPEG file.

    Attributes:
        jpeg: A JPEG file of its own, with its own metadata.
        size: Width and height of the photo that it belongs to, upright.
        mark: What the photo itself says of it by ISO 21496-1; empty if nothing.
    """

    jpeg: bytes
    size: tuple[int, int]
    mark: bytes = b""

    def redrawn(self, draw: Callable[[Any], Any], size: tuple[int, int]) -> GainMap:
        """Return a gain map for a photo that was turned; its own quality and metadata stay.

        Args:
            draw: Turns an array (H, W) or (H, W, 3).
            size: Of the photo, turned.

        Raises:
            ValueError, OSError: The gain map is damaged.
        """
        from PIL import Image
        from PIL.JpegImagePlugin import JpegImageFile

        segments, _ = split(self.jpeg)
        old = JpegImageFile(io.BytesIO(self.jpeg))
        file = io.BytesIO()
        turned = Image.fromarray(draw(np.asarray(old)))
        turned.save(file, "JPEG", qtables=old.quantization, subsampling="4:4:4")
        new, picture = split(file.getvalue())
        kept = [s for s in segments if _APP1 <= s.marker <= _LAST_APP]
        parts = [*kept, *(s for s in new if not _APP0 < s.marker <= _LAST_APP)]
        return replace(self, jpeg=_assembled(parts, picture), size=size)


def is_mpf(segment: Segment) -> bool:
    """Whether a segment lists further pictures in the file."""
    return segment.marker == _APP2 and segment.data.startswith(_MPF)


def find(data: bytes, segments: Sequence[Segment], size: tuple[int, int]) -> GainMap | None:
    """Find the gain map of a JPEG file.

    Args:
        data: The file.
        segments: Its segments before the first scan.
        size: Width and height of the photo as it is stored.

    Returns:
        The gain map; None if there is none, or it is damaged or larger than the photo.
    """
    for segment in filter(is_mpf, segments):
        start = data.find(segment.data) + len(_MPF)
        try:
            for jpeg in _pictures(data, segment.data[len(_MPF) :], start):
                if _is_gain_map(jpeg, size):
                    iso = (s.data for s in segments if s.marker == _APP2)
                    mark = next((d for d in iso if d.startswith(_ISO)), b"")
                    return GainMap(jpeg, size, mark)
        except (ValueError, EOFError, struct.error) as error:
            log.warning("The JPEG's list of further pictures is damaged (%s).", error)
    return None


def attached(data: bytes, gain_map: GainMap) -> bytes:
    """Return a JPEG file with a gain map behind it and the list that leads there."""
    segments, rest = split(data)
    first = next((i for i, s in enumerate(segments) if s.marker not in (_APP0, _APP1)), 0)
    marks = [Segment(_APP2, gain_map.mark)] if gain_map.mark else []
    blank = Segment(_APP2, _MPF + _list(0, 0, len(gain_map.jpeg)))
    primary = _assembled([*segments[:first], *marks, blank, *segments[first:]], rest)
    start = primary.index(blank.data) + len(_MPF)
    told = _list(len(primary), len(primary) - start, len(gain_map.jpeg))
    return primary[:start] + told + primary[start + len(told) :] + gain_map.jpeg


def pointed_at(xmp: bytes | None, gain_map: GainMap) -> bytes | None:
    """Return an XMP packet whose directory lists the photo and its gain map and nothing else."""

    def listed(item: re.Match[bytes]) -> bytes:
        found = _SEMANTIC.search(item[0])
        semantic = found and (found[1] or found[2])
        if semantic == b"GainMap":
            return _LENGTH.sub(rb"\g<1>%d" % len(gain_map.jpeg), item[0])
        return item[0] if semantic == b"Primary" else b""

    return xmp and _DIRECTORY.sub(lambda directory: _ITEM.sub(listed, directory[0]), xmp)


def unmarked(xmp: bytes | None) -> bytes | None:
    """Return an XMP packet that does not say that the photo has a gain map."""
    return xmp and _DIRECTORY.sub(b"", _VERSION_MARK.sub(b"", xmp))


def _pictures(data: bytes, block: bytes, start: int) -> list[bytes]:
    """Return the pictures that an MPF block lists after the first, which is the photo."""
    offset, order, _ = first_ifd(block)
    entries = read_ifd(block, offset, order).get(_ENTRIES)
    if not isinstance(entries, Entry):
        return []
    found = []
    for at in range(16, min(len(entries.value) - 15, 16 * _MOST_PICTURES), 16):
        _, size, where = struct.unpack_from(byte_order(block) + "III", entries.value, at)
        picture = data[start + where : start + where + size]
        if where and len(picture) == size and picture.startswith(b"\xff\xd8"):
            found.append(picture)
    return found


def _is_gain_map(jpeg: bytes, size: tuple[int, int]) -> bool:
    segments, _ = split(jpeg)
    frame = next((s.data for s in segments if 0xC0 <= s.marker <= 0xC2), b"")
    if len(frame) < 5 or not any(mark in s.data for s in segments for mark in _MARKS):
        return False
    height, width = struct.unpack_from(">HH", frame, 1)
    return bool(0 < width <= size[0] and 0 < height <= size[1])


def _list(primary: int, offset: int, size: int) -> bytes:
    """Return an MPF block of a photo and one more picture; its length is always the same."""
    entries = struct.pack("<IIIHH", _PRIMARY, primary, 0, 0, 0)
    entries += struct.pack("<IIIHH", 0, size, offset, 0, 0)
    return pack_block(
        {
            _VERSION: Entry(_UNDEFINED, 4, b"0100"),
            _COUNT: Entry(_LONG, 1, struct.pack("<I", 2)),
            _ENTRIES: Entry(_UNDEFINED, len(entries), entries),
        },
        "<",
    )


def _assembled(segments: Sequence[Segment], rest: bytes) -> bytes:
    parts = [b"\xff\xd8"]
    for segment in segments:
        parts += struct.pack(">BBH", 0xFF, segment.marker, len(segment.data) + 2), segment.data
    return b"".join([*parts, rest])
