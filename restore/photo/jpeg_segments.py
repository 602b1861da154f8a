"""The segments that a JPEG file begins with (ITU-T T.81, annex B; T.871; EXIF; ICC.1, annex B)."""

from __future__ import annotations

import logging
import struct
from collections.abc import Iterable
from dataclasses import dataclass

from restore.photo.exif import PREFIX
from restore.photo.metadata import Metadata

__all__ = ["Segment", "is_adobe", "read_metadata", "split", "without_metadata"]

log = logging.getLogger("restore")

_SCAN, _END = 0xDA, 0xD9
_ALONE = frozenset((0x01, *range(0xD0, 0xD9)))
_APP0, _APP1, _APP2, _APP13, _APP14, _COMMENT = 0xE0, 0xE1, 0xE2, 0xED, 0xEE, 0xFE
_ICC = b"ICC_PROFILE\0"
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_NOT_CARRIED = (
    (_APP1, b"http://ns.adobe.com/xmp/extension/\0", "long part of the XMP packet"),
    (_APP2, b"MPF\0", "list of further pictures (such as a depth or gain map)"),
    (_APP13, b"Photoshop 3.0\0", "IPTC/Photoshop block"),
    (_COMMENT, b"", "comment"),
)


@dataclass(frozen=True)
class Segment:
    """A marker's second byte, and the data after its length."""

    marker: int
    data: bytes


def split(data: bytes) -> tuple[list[Segment], bytes]:
    """Return the segments before the first scan, and the rest of the file.

    Raises:
        ValueError: No marker stands where one must.
        EOFError: The file ends within a segment.
    """
    segments: list[Segment] = []
    position = 2
    while True:
        start = position
        while data[position : position + 1] == b"\xff":
            position += 1
        if position + 3 > len(data):
            raise EOFError("the file ends before the picture begins")
        marker = data[position]
        if position == start or marker == _END:
            raise ValueError("there is no picture in it")
        if marker == _SCAN:
            return segments, data[start:]
        position += 1
        if marker in _ALONE:
            continue
        (length,) = struct.unpack_from(">H", data, position)
        if length < 2 or position + length > len(data):
            raise EOFError("the file ends within its header")
        segments.append(Segment(marker, data[position + 2 : position + length]))
        position += length


def without_metadata(segments: Iterable[Segment], rest: bytes) -> bytes:
    """Return a JPEG file with only what decoding needs."""
    parts = [b"\xff\xd8"]
    for segment in segments:
        is_application = _APP0 <= segment.marker <= 0xEF or segment.marker == _COMMENT
        if not is_application or segment.marker in (_APP0, _APP14):
            head = struct.pack(">BBH", 0xFF, segment.marker, len(segment.data) + 2)
            parts += head, segment.data
    return b"".join([*parts, rest])


def is_adobe(segment: Segment) -> bool:
    """Whether a segment says that Adobe's conventions for colours hold."""
    return segment.marker == _APP14 and segment.data.startswith(b"Adobe")


def read_metadata(segments: Iterable[Segment]) -> Metadata:
    """Collect the metadata; what is damaged or not carried is told in a warning."""
    exif = b""
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    profile: dict[int, bytes] = {}
    expected = 0
    for segment in segments:
        marker, data = segment.marker, segment.data
        if marker == _APP0 and data.startswith(b"JFIF\0") and len(data) >= 12:
            dpi = _density(data)
        elif marker == _APP1 and data.startswith(PREFIX):
            exif += data.removeprefix(PREFIX)
        elif marker == _APP1 and data.startswith(_XMP):
            xmp = xmp or data.removeprefix(_XMP)
        elif marker == _APP2 and data.startswith(_ICC) and len(data) > len(_ICC) + 2:
            number, expected = data[len(_ICC)], data[len(_ICC) + 1]
            profile[number] = data[len(_ICC) + 2 :]
        else:
            for kind, start, name in _NOT_CARRIED:
                if marker == kind and data.startswith(start):
                    log.warning("The JPEG's %s is not carried over.", name)
    icc = b"".join(profile[number] for number in sorted(profile))
    if sorted(profile) != list(range(1, expected + 1)):
        log.warning("The JPEG's ICC profile is incomplete and is left out.")
        icc = b""
    return Metadata(icc=icc or None, exif=exif or None, xmp=xmp or None, dpi=dpi)


def _density(jfif: bytes) -> tuple[float, float] | None:
    """Return the resolution in dots per inch, if a JFIF header has one."""
    unit, x, y = struct.unpack_from(">BHH", jfif, 7)
    scale = {1: 1.0, 2: 2.54}.get(unit)
    return (x * scale, y * scale) if scale and x and y else None
