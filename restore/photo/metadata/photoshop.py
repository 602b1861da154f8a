r"""Photoshop image resources and the IPTC data sets within them.

Adobe Photoshop File Formats Specification, "Image Resource Blocks"; IPTC-NAA Information
Interchange Model 4.2, chapter 3. A resource is "8BIM", a number, a name, and data; the IPTC data,
resource 0x0404, are sets of a record, a number and a value. JPEG holds the resources in APP13, TIFF
in two tags, PNG as a text in hexadecimal.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

__all__ = [
    "IPTC",
    "PREFIX",
    "Resource",
    "iptc_of",
    "kept",
    "pack",
    "resources",
    "with_iptc",
    "without_datasets",
    "without_iptc",
]

PREFIX = b"Photoshop 3.0\0"
IPTC, _DIGEST = 0x0404, 0x0425
_COPIES = frozenset({0x0409, 0x040C, 0x040F, 0x0422, 0x0423, 0x0424})
"""Thumbnails, profile, EXIF and XMP: what a file has elsewhere, or what is made anew."""

_SIGNATURES = (b"8BIM", b"MeSa", b"AgHg", b"PHUT", b"DCSR")
_MARK, _EXTENDED = 0x1C, 0x8000


@dataclass(frozen=True)
class Resource:
    """An image resource."""

    number: int
    data: bytes
    name: bytes = b""
    signature: bytes = b"8BIM"


def resources(block: bytes) -> list[Resource]:
    """Read image resources.

    Raises:
        ValueError: One does not begin where it must, or is cut short.
    """
    found = []
    position, end = 0, len(block.rstrip(b"\0"))
    while position < end:
        if block[position : position + 4] not in _SIGNATURES or position + 12 > len(block):
            raise ValueError("no resource where one must be")
        signature, number, length = struct.unpack_from(">4sHB", block, position)
        name = block[position + 7 : position + 7 + length]
        position += 6 + (length + 2) // 2 * 2
        if position + 4 > len(block):
            raise ValueError("cut short")
        (size,) = struct.unpack_from(">I", block, position)
        data = block[position + 4 : position + 4 + size]
        if len(data) < size:
            raise ValueError("cut short")
        found.append(Resource(number, data, name, signature))
        position += 4 + (size + 1) // 2 * 2
    return found


def pack(found: list[Resource]) -> bytes | None:
    """Write image resources; None if there are none."""
    parts = []
    for one in found:
        name = bytes([len(one.name)]) + one.name
        parts += [one.signature, struct.pack(">H", one.number), name, b"\0" * (len(name) % 2)]
        parts += [struct.pack(">I", len(one.data)), one.data, b"\0" * (len(one.data) % 2)]
    return b"".join(parts) or None


def kept(block: bytes) -> bytes | None:
    """Return the resources without those that are copies of what the file has elsewhere.

    Raises:
        ValueError: They are damaged.
    """
    return pack([one for one in resources(block) if one.number not in _COPIES])


def iptc_of(block: bytes | None) -> bytes | None:
    """Return the IPTC data of image resources.

    Raises:
        ValueError: The resources are damaged.
    """
    return next((one.data for one in resources(block or b"") if one.number == IPTC), None)


def without_iptc(block: bytes) -> bytes | None:
    """Return image resources without the IPTC data, for where these have a place of their own.

    Raises:
        ValueError: The resources are damaged.
    """
    return pack([one for one in resources(block) if one.number != IPTC])


def with_iptc(block: bytes | None, iptc: bytes) -> bytes | None:
    """Return image resources with these IPTC data, and without them if they are empty.

    The digest, by which programs see whether XMP was written for these IPTC data, is made anew if
    it was right before.

    Raises:
        ValueError: The resources are damaged.
    """
    found = resources(block or b"")
    before = next((one.data for one in found if one.number == IPTC), b"")
    digest = hashlib.md5(before, usedforsecurity=False).digest()
    fresh = hashlib.md5(iptc, usedforsecurity=False).digest()
    others = [
        replace(one, data=fresh) if (one.number, one.data) == (_DIGEST, digest) else one
        for one in found
        if one.number != IPTC
    ]
    return pack(([Resource(IPTC, iptc)] if iptc else []) + others)


def without_datasets(iptc: bytes, unwanted: Callable[[int, int], bool]) -> bytes:
    """Return IPTC data without the data sets whose record and number are unwanted.

    Raises:
        ValueError: The data are damaged.
    """
    return b"".join(raw for record, number, raw in _datasets(iptc) if not unwanted(record, number))


def _datasets(iptc: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield record, number and bytes of each data set."""
    position, end = 0, len(iptc.rstrip(b"\0"))
    while position < end:
        if iptc[position] != _MARK or position + 5 > len(iptc):
            raise ValueError("no data set where one must be")
        record, number, length = struct.unpack_from(">BBH", iptc, position + 1)
        value = position + 5
        if length & _EXTENDED:
            size = length - _EXTENDED
            length = int.from_bytes(iptc[value : value + size], "big")
            value += size
        if value + length > len(iptc):
            raise ValueError("cut short")
        yield record, number, iptc[position : value + length]
        position = value + length
