"""The chunks that a PNG file is made of (PNG specification, third edition, sections 5 and 11)."""

from __future__ import annotations

import logging
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from restore.photo.metadata import Metadata

__all__ = [
    "SIGNATURE",
    "Chunk",
    "assemble",
    "metadata_chunks",
    "packed",
    "read_chunks",
    "read_metadata",
]

log = logging.getLogger("restore")

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_XMP_KEYWORD = b"XML:com.adobe.xmp"
_INCH = 0.0254
_MAX_INFLATED = 1 << 26


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
    """Return the chunks that hold profile, resolution, EXIF and XMP, in an order that is allowed.

    They belong before the image data.
    """
    chunks = []
    if metadata.icc:
        chunks.append(Chunk(b"iCCP", b"ICC Profile\0\0" + zlib.compress(metadata.icc, 9)))
    if metadata.dpi:
        x, y = (min(round(dots / _INCH), 2**31 - 1) for dots in metadata.dpi)
        chunks.append(Chunk(b"pHYs", struct.pack(">IIB", x, y, 1)))
    if metadata.exif:
        chunks.append(Chunk(b"eXIf", metadata.exif))
    if metadata.xmp:
        chunks.append(Chunk(b"iTXt", _XMP_KEYWORD + b"\0\0\0\0\0" + metadata.xmp))
    return chunks


def read_metadata(chunks: Iterable[Chunk]) -> Metadata:
    """Collect the metadata from chunks; a damaged one is left out with a warning."""
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    for chunk in chunks:
        if chunk.critical:
            continue
        try:
            if not chunk.intact:
                raise ValueError("wrong check sum")
            if chunk.type == b"iCCP":
                icc = _inflate(chunk.data.split(b"\0", 1)[1][1:])
            elif chunk.type == b"eXIf":
                exif = chunk.data
            elif chunk.type == b"iTXt" and chunk.data.startswith(_XMP_KEYWORD + b"\0"):
                xmp = _text(chunk.data)
            elif chunk.type == b"pHYs":
                dpi = _dots(chunk.data)
            elif chunk.type in (b"tEXt", b"zTXt", b"iTXt"):
                keyword = chunk.data.split(b"\0", 1)[0].decode("latin-1")
                log.info("The PNG's text “%s” is not carried over.", keyword)
        except (ValueError, IndexError, struct.error, zlib.error) as error:
            name = chunk.type.decode("latin-1")
            log.warning("The PNG's %s chunk is damaged (%s) and is left out.", name, error)
    return Metadata(icc=icc, exif=exif or None, xmp=xmp or None, dpi=dpi)


def _text(data: bytes) -> bytes:
    """Return the text of an iTXt chunk: keyword, compression flag and method, language, title."""
    rest = data.split(b"\0", 1)[1]
    text = rest[2:].split(b"\0", 2)[2]
    return _inflate(text) if rest[0] else text


def _dots(data: bytes) -> tuple[float, float] | None:
    """Return dots per inch; whole dots per metre are finer than a hundredth of that."""
    x, y, unit = struct.unpack(">IIB", data)
    return (round(x * _INCH, 2), round(y * _INCH, 2)) if unit == 1 and x and y else None


def _inflate(data: bytes) -> bytes:
    inflater = zlib.decompressobj()
    out = inflater.decompress(data, _MAX_INFLATED)
    if not inflater.eof:
        raise ValueError("cut short or too long")
    return out
