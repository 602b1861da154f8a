"""WebP, by Pillow: lossy or lossless, 8 bits, always RGB."""

from __future__ import annotations

import io
import logging
import struct
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

from restore.photo.exif import resolution_block
from restore.photo.formats import TRUNCATED, Decoded, Format, Header, RefusedError, check_size
from restore.photo.metadata import Metadata
from restore.photo.photo import Photo
from restore.photo.source import Source

__all__ = ["FORMAT"]

log = logging.getLogger("restore")

MAX_SIDE = 16383
_ANIMATION = 0x02
_LOSSLESS = {"lossless": True, "quality": 50, "method": 2}
"""Without loss, `quality` and `method` are effort: more takes twice as long and saves little."""


def decode(data: bytes, max_pixels: int) -> Decoded:
    """Read a WebP file; colours under full transparency are kept.

    Raises:
        RefusedError: It is animated, cut short or too large.
    """
    from PIL.WebPImagePlugin import WebPImageFile

    chunks = dict(_chunks(data))
    check_size(*_canvas(chunks), max_pixels)
    if b"ANIM" in chunks or chunks.get(b"VP8X", b"\0")[0] & _ANIMATION:
        raise RefusedError(
            "is an animated WebP.", "Save the frame that you want as a picture of its own."
        )
    image = WebPImageFile(io.BytesIO(data))
    info = image.info
    metadata = Metadata(
        icc=info.get("icc_profile") or None,
        exif=info.get("exif") or None,
        xmp=info.get("xmp") or None,
    )
    return Decoded(np.array(image), metadata, Source(format="WEBP", lossless=b"VP8L" in chunks))


def header(file: BinaryIO) -> Header:
    """Read the header of a WebP file, whose first chunk tells its size."""
    head = file.read(64)
    return Header(_canvas({head[12:16]: head[20:30]}), 4)


def encode(photo: Photo, quality: int | None) -> bytes:
    """Write an 8-bit photo as WebP; gray becomes RGB.

    Without `quality` it is lossless, unless the photo came from a lossy file: then it is written
    at quality 95.
    """
    from PIL import Image

    meta = photo.metadata
    pixels = np.broadcast_to(photo.pixels, (*photo.pixels.shape[:2], 3))
    if photo.alpha is not None:
        pixels = np.concatenate([pixels, photo.alpha[:, :, None]], axis=2)
    lossless = quality is None and photo.source.lossless
    options: dict[str, Any] = {**_LOSSLESS} if lossless else {"quality": quality or 95}
    if meta.icc and photo.pixels.shape[2] == 1 and meta.icc[16:20] == b"GRAY":
        log.warning("WebP has no gray pictures, so the gray profile is left out.")
    elif meta.icc:
        options["icc_profile"] = meta.icc
    if exif := meta.exif or resolution_block(meta.dpi):
        options["exif"] = exif
    if meta.xmp:
        options["xmp"] = meta.xmp
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "WEBP", exact=True, **options)
    return file.getvalue()


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield type and first bytes of the RIFF chunks.

    Raises:
        RefusedError: The file is shorter than it says.
    """
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data) or end < 20:
        raise RefusedError("is a WebP file that was cut short.", TRUNCATED)
    position = 12
    while position + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, position)
        yield kind, data[position + 8 : position + 18]
        position += 8 + length + length % 2


def _canvas(chunks: dict[bytes, bytes]) -> tuple[int, int]:
    """Return width and height from the first header there is (WebP container, RFC 9649)."""
    if head := chunks.get(b"VP8X"):
        return 1 + int.from_bytes(head[4:7], "little"), 1 + int.from_bytes(head[7:10], "little")
    if head := chunks.get(b"VP8L"):
        bits = int.from_bytes(head[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    head = chunks.get(b"VP8 ", b"")
    return (
        int.from_bytes(head[6:8], "little") & 0x3FFF,
        int.from_bytes(head[8:10], "little") & 0x3FFF,
    )


FORMAT = Format(
    "WEBP",
    (".webp",),
    lambda head: head[8:12] == b"WEBP",
    decode,
    encode,
    lossy=True,
    max_side=MAX_SIDE,
    header=header,
)
