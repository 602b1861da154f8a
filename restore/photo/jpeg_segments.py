"""The segments that a JPEG file begins with (ITU-T T.81, annex B; T.871; EXIF; ICC.1, annex B)."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from restore.photo.exif import PREFIX
from restore.photo.metadata import COMMENT, Metadata, Text, extended_xmp
from restore.photo.metadata import photoshop as image_resources

__all__ = [
    "Segment",
    "is_adobe",
    "metadata_segments",
    "read_metadata",
    "split",
    "with_segments",
    "without_metadata",
]

_SCAN, _END = 0xDA, 0xD9
_ALONE = frozenset((0x01, *range(0xD0, 0xD9)))
_APP0, _APP1, _APP2, _APP13, _APP14, _COMMENT = 0xE0, 0xE1, 0xE2, 0xED, 0xEE, 0xFE
_ICC = b"ICC_PROFILE\0"
_XMP, _XMP_EXTENSION = b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"
_MPF = b"MPF\0"
_MAX_DATA = 65533


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


def with_segments(data: bytes, segments: Iterable[Segment]) -> bytes:
    """Return a JPEG file with further segments, behind the JFIF header if it has one."""
    position = 2
    if data[2:4] == bytes((0xFF, _APP0)):
        position += 2 + int.from_bytes(data[4:6], "big")
    parts = [data[:position]]
    for segment in segments:
        parts += struct.pack(">BBH", 0xFF, segment.marker, len(segment.data) + 2), segment.data
    return b"".join([*parts, data[position:]])


def metadata_segments(metadata: Metadata) -> list[Segment]:
    """Return the segments that hold EXIF, XMP, image resources and comments.

    Raises:
        ValueError: The XMP packet is too long for one segment, and damaged.
    """
    segments = []
    if metadata.exif:
        segments.append(Segment(_APP1, PREFIX + metadata.exif))
    if metadata.xmp:
        packet, portions = extended_xmp.split(metadata.xmp)
        segments.append(Segment(_APP1, _XMP + packet))
        segments += [Segment(_APP1, _XMP_EXTENSION + portion) for portion in portions]
    if metadata.photoshop:
        prefix = image_resources.PREFIX
        parts = _cut(metadata.photoshop, _MAX_DATA - len(prefix))
        segments += [Segment(_APP13, prefix + part) for part in parts]
    for text in metadata.texts:
        if text.keyword == COMMENT:
            raw = text.text.encode("utf-8", "surrogateescape")
            segments += [Segment(_COMMENT, part) for part in _cut(raw, _MAX_DATA)]
    return segments


def _cut(data: bytes, size: int) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]


def read_metadata(segments: Iterable[Segment]) -> tuple[Metadata, tuple[str, ...]]:
    """Collect the metadata.

    Returns:
        The metadata, and a sentence on each part that is left out.
    """
    found: dict[str, list[bytes]] = {}
    dpi: tuple[float, float] | None = None
    for segment in segments:
        name, start = _kind(segment)
        if name == "JFIF":
            dpi = _density(segment.data)
        elif name:
            found.setdefault(name, []).append(segment.data[len(start) :])
    faults: list[str] = []
    if "MPF" in found:
        faults.append("The JPEG's further pictures (such as a depth or gain map) are left out.")
    metadata = Metadata(
        icc=_profile(found.get("ICC", []), faults),
        exif=b"".join(found.get("EXIF", [])) or None,
        xmp=_packet(found, faults),
        photoshop=_resources(found.get("8BIM", []), faults),
        texts=tuple(
            Text(COMMENT, text) for text in map(_decoded, found.get("comment", [])) if text
        ),
        dpi=dpi,
    )
    return metadata, tuple(faults)


def _kind(segment: Segment) -> tuple[str, bytes]:
    """Return what a segment holds, and what it begins with; empty if it is not carried."""
    kinds = (
        ("JFIF", _APP0, b"JFIF\0"),
        ("EXIF", _APP1, PREFIX),
        ("XMP", _APP1, _XMP),
        ("more XMP", _APP1, _XMP_EXTENSION),
        ("ICC", _APP2, _ICC),
        ("MPF", _APP2, _MPF),
        ("8BIM", _APP13, image_resources.PREFIX),
        ("comment", _COMMENT, b""),
    )
    for name, marker, start in kinds:
        if segment.marker == marker and segment.data.startswith(start):
            return name, start
    return "", b""


def _profile(parts: list[bytes], faults: list[str]) -> bytes | None:
    """Return an ICC profile from its numbered parts (ICC.1, annex B.4)."""
    numbered = {part[0]: part for part in parts if len(part) > 2}
    expected = max((part[1] for part in numbered.values()), default=0)
    if sorted(numbered) != list(range(1, expected + 1)):
        faults.append("The JPEG's ICC profile is incomplete and is left out.")
        return None
    return b"".join(numbered[number][2:] for number in sorted(numbered)) or None


def _packet(found: dict[str, list[bytes]], faults: list[str]) -> bytes | None:
    packet = found.get("XMP", [b""])[0]
    if more := found.get("more XMP"):
        try:
            packet = extended_xmp.join(packet, more)
        except ValueError as error:
            faults.append(f"The long part of the JPEG's XMP is damaged ({error}) and is left out.")
    return packet or None


def _resources(parts: list[bytes], faults: list[str]) -> bytes | None:
    try:
        return image_resources.kept(b"".join(parts))
    except ValueError as error:
        faults.append(f"The JPEG's IPTC/Photoshop block is damaged ({error}) and is left out.")
        return None


def _decoded(raw: bytes) -> str:
    return raw.rstrip(b"\0").decode("utf-8", "surrogateescape")


def _density(jfif: bytes) -> tuple[float, float] | None:
    """Return the resolution in dots per inch, if a JFIF header has one."""
    if len(jfif) < 12:
        return None
    unit, x, y = struct.unpack_from(">BHH", jfif, 7)
    scale = {1: 1.0, 2: 2.54}.get(unit)
    return (x * scale, y * scale) if scale and x and y else None
