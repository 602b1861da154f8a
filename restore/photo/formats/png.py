"""PNG, by libpng through imagecodecs, which keeps 16 bits with colour and is strict."""

from __future__ import annotations

import struct
from typing import BinaryIO

import numpy as np

from restore.photo.formats import TRUNCATED, Decoded, Format, Header, RefusedError, check_size
from restore.photo.formats.png_write import encode_strips, significance
from restore.photo.photo import Photo, Pixels
from restore.photo.png_chunks import Chunk, assemble, metadata_chunks, read_chunks, read_metadata
from restore.photo.source import Source

__all__ = ["FORMAT"]

MAX_SIDE = 1_000_000
_PALETTE = 3
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_NEEDED = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_MOST_BITS = 16
_DEFLATE_LIMIT = 1032


def decode(data: bytes, max_pixels: int) -> Decoded:
    """Read a PNG file: 16 bits are kept; palettes and fewer than 8 bits are expanded.

    Raises:
        RefusedError: It is animated, cut short, damaged or too large.
    """
    import imagecodecs

    chunks: list[Chunk] = []
    for chunk in read_chunks(data):
        if not chunks:
            _check_header(chunk, max_pixels)
        if not chunk.intact and (chunk.critical or chunk.type == b"tRNS"):
            raise RefusedError("is a damaged PNG: a check sum is wrong.", TRUNCATED)
        if chunk.type == b"acTL":
            raise RefusedError(
                "is an animated PNG.", "Save the frame that you want as a PNG of its own."
            )
        chunks.append(chunk)
    _check_amount(chunks)
    picture = assemble(chunk for chunk in chunks if chunk.type in _NEEDED)
    samples = imagecodecs.png_decode(picture)
    if samples.ndim == 2:
        samples = samples[:, :, None]
    told = _significant(chunks, samples)
    bits = max(told, default=0) if samples.dtype == np.uint16 else 0
    source = Source(format="PNG", bits=bits if bits < _MOST_BITS else 0, significant_bits=told)
    metadata, faults = read_metadata(chunks)
    return Decoded(samples, metadata, source, faults=faults)


def header(file: BinaryIO) -> Header:
    """Read the header of a PNG file; a palette counts as RGB with alpha."""
    width, height, depth, kind = struct.unpack_from(">IIBB", file.read(33), 16)
    channels = 4 if kind == _PALETTE else _CHANNELS[kind]
    return Header((width, height), channels, np.uint16 if depth == 16 else np.uint8)


def encode(photo: Photo, quality: int | None) -> bytes:
    """Write an 8- or 16-bit photo as PNG, for which a quality has no meaning."""
    import imagecodecs

    del quality

    samples = photo.to_array()
    # Noise does not become smaller, and there is a byte more for each row and each block.
    raw = samples.nbytes + len(samples)
    picture = bytes(imagecodecs.png_encode(samples, out=raw + raw // 64 + (1 << 16)))
    header, *rest = read_chunks(picture)
    return assemble([header, *significance(photo), *metadata_chunks(photo.metadata), *rest])


def _check_header(chunk: Chunk, max_pixels: int) -> None:
    if chunk.type != b"IHDR" or len(chunk.data) != 13 or chunk.data[9] not in _CHANNELS:
        raise RefusedError("is a damaged PNG: its header is wrong.", TRUNCATED)
    width, height = struct.unpack_from(">II", chunk.data)
    check_size(width, height, max_pixels)


def _check_amount(chunks: list[Chunk]) -> None:
    """Refuse a file with less data than the best compression of its picture could have."""
    width, height, depth, kind = struct.unpack_from(">IIBB", chunks[0].data)
    stored = sum(len(chunk.data) for chunk in chunks if chunk.type == b"IDAT")
    if width * height * depth * _CHANNELS[kind] // 8 > stored * _DEFLATE_LIMIT:
        raise RefusedError(
            f"claims to be {width}×{height} pixels but has data for far fewer.", TRUNCATED
        )


def _significant(chunks: list[Chunk], samples: Pixels) -> tuple[int, ...]:
    """Return what an sBIT chunk says of each channel (section 11.3.2.5); empty if it says nothing.

    A palette's colours have three numbers, and the alpha that comes from a tRNS chunk none.
    """
    told = next((chunk.data for chunk in chunks if chunk.type == b"sBIT" and chunk.intact), b"")
    channels, whole = samples.shape[2], samples.dtype.itemsize * 8
    bits = (*told, *[whole] * (channels - len(told)))
    usable = told and len(bits) == channels and 1 <= min(bits) <= max(bits) <= whole
    return bits if usable and min(bits) < whole else ()


FORMAT = Format(
    "PNG",
    (".png",),
    lambda head: head.startswith(b"\x89PNG\r\n\x1a\n"),
    decode,
    encode,
    types=(np.uint8, np.uint16),
    max_side=MAX_SIDE,
    header=header,
    encode_strips=encode_strips,
    carries=frozenset({"icc", "exif", "xmp", "photoshop", "texts", "colour_chunks", "dpi"}),
)
