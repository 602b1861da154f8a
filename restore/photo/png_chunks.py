"""The chunks that a PNG file is made of (PNG specification, third edition, sections 5 and 11)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from restore.photo.metadata import Metadata, Text
from restore.photo.metadata import photoshop as image_resources
from restore.photo.metadata.png_text import (
    inflate,
    packed_profile,
    packed_text,
    profile_of,
    read_text,
)

__all__ = [
    "SIGNATURE",
    "Chunk",
    "assemble",
    "metadata_chunks",
    "packed",
    "read_chunks",
    "read_metadata",
]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_XMP_KEYWORD = "XML:com.adobe.xmp"
_COLOUR = {
    b"cICP": 4,
    b"mDCV": 24,
    b"cLLI": 8,
    b"sRGB": 1,
    b"gAMA": 4,
    b"cHRM": 32,
}
"""The chunks on colours, and their lengths."""

_INCH = 0.0254
_MAX_INFLATED = 1 << 26
"""Bytes of all that is compressed in a file's profile and texts."""


@dataclass(frozen=True)
class Chunk:
    """A chunk: its four-letter type and its data; `intact` if the check sum is right."""

    type: bytes
    data: bytes
    intact: bool = True

    @property
    def critical(self) -> bool:
        """Whether the picture cannot be read without it."""
        return self.type[:1].isupper()


def read_chunks(data: bytes) -> Iterator[Chunk]:
    """Yield the chunks of a PNG file up to and including IEND.

    Raises:
        EOFError: The file ends before IEND.
    """
    position = len(SIGNATURE)
    while True:
        if position + 12 > len(data):
            raise EOFError("the file ends before its last chunk")
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 8 + length
        if end + 4 > len(data):
            raise EOFError("the file ends within a chunk")
        body = data[position + 8 : end]
        (crc,) = struct.unpack_from(">I", data, end)
        yield Chunk(kind, body, crc == zlib.crc32(body, zlib.crc32(kind)))
        if kind == b"IEND":
            return
        position = end + 4


def assemble(chunks: Iterable[Chunk]) -> bytes:
    """Write a PNG file."""
    return b"".join([SIGNATURE, *(packed(chunk) for chunk in chunks)])


def packed(chunk: Chunk) -> bytes:
    """Write a chunk: its length, type, data and check sum."""
    crc = zlib.crc32(chunk.data, zlib.crc32(chunk.type))
    ends = struct.pack(">I", len(chunk.data)), struct.pack(">I", crc)
    return b"".join([ends[0], chunk.type, chunk.data, ends[1]])


def metadata_chunks(metadata: Metadata) -> list[Chunk]:
    """Return the chunks that hold metadata, in an order that is allowed.

    They belong before the image data.
    """
    chunks = [Chunk(kind.encode(), data) for kind, data in metadata.colour_chunks]
    if metadata.icc:
        chunks.append(Chunk(b"iCCP", b"ICC Profile\0\0" + zlib.compress(metadata.icc, 9)))
    if metadata.dpi:
        x, y = (min(round(dots / _INCH), 2**31 - 1) for dots in metadata.dpi)
        chunks.append(Chunk(b"pHYs", struct.pack(">IIB", x, y, 1)))
    if metadata.exif:
        chunks.append(Chunk(b"eXIf", metadata.exif))
    if metadata.xmp:
        chunks.append(Chunk(b"iTXt", _XMP_KEYWORD.encode() + b"\0\0\0\0\0" + metadata.xmp))
    if metadata.photoshop:
        chunks.append(Chunk(b"zTXt", packed_profile("iptc", metadata.photoshop)))
    return chunks + [Chunk(*packed_text(text)) for text in metadata.texts]


def read_metadata(chunks: Iterable[Chunk]) -> tuple[Metadata, tuple[str, ...]]:
    """Collect the metadata from chunks.

    Returns:
        The metadata, and a sentence on each part that is left out because it is damaged.
    """
    reader = _Reader()
    for chunk in chunks:
        if chunk.critical:
            continue
        try:
            if not chunk.intact:
                raise ValueError("wrong check sum")
            reader.take(chunk)
        except (ValueError, IndexError, struct.error, zlib.error) as error:
            name = chunk.type.decode("latin-1")
            reader.faults.append(f"The PNG's {name} chunk is damaged ({error}) and is left out.")
    texts, colour = tuple(reader.texts), tuple(reader.colour.items())
    return Metadata(**reader.found, texts=texts, colour_chunks=colour), tuple(reader.faults)


class _Reader:
    """Metadata as they are found."""

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}
        self.texts: list[Text] = []
        self.colour: dict[str, bytes] = {}
        self.faults: list[str] = []
        self.left = _MAX_INFLATED

    def take(self, chunk: Chunk) -> None:
        kind, data = chunk.type, chunk.data
        if kind == b"iCCP":
            icc = inflate(data.split(b"\0", 1)[1][1:], self.left)
            self.left -= len(icc)
            self.found["icc"] = icc or None
        elif kind == b"eXIf":
            self.found["exif"] = data or None
        elif kind == b"pHYs":
            self.found["dpi"] = _dots(data)
        elif kind in _COLOUR:
            if len(data) != _COLOUR[kind]:
                raise ValueError("wrong length")
            self.colour.setdefault(kind.decode(), data)
        elif kind in (b"tEXt", b"zTXt", b"iTXt"):
            text = read_text(kind, data, self.left)
            self.left -= len(text.text)
            self._take_text(text)

    def _take_text(self, text: Text) -> None:
        if text.keyword == _XMP_KEYWORD:
            self.found.setdefault("xmp", text.text.encode("utf-8", "surrogateescape"))
        elif (profile := profile_of(text)) is None:
            self.texts.append(text)
        elif profile[0] in ("iptc", "8bim"):
            block = profile[1].removeprefix(image_resources.PREFIX)
            self.found.setdefault("photoshop", image_resources.kept(block))
        elif profile[0] in ("exif", "app1") and not profile[1].startswith(b"http"):
            self.found.setdefault("exif", profile[1])
        elif profile[0] == "xmp":
            self.found.setdefault("xmp", profile[1])
        elif profile[0] in ("icc", "icm"):
            self.found.setdefault("icc", profile[1])


def _dots(data: bytes) -> tuple[float, float] | None:
    """Return dots per inch; whole dots per metre are finer than a hundredth of that."""
    x, y, unit = struct.unpack(">IIB", data)
    return (round(x * _INCH, 2), round(y * _INCH, 2)) if unit == 1 and x and y else None
