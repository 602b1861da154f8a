"""Writing PNG row by row (PNG specification, third edition, sections 9, 10 and 11.2)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from restore.photo.photo import Photo, Pixels
from restore.photo.png_chunks import SIGNATURE, Chunk, metadata_chunks, packed
from restore.photo.strips import Strips

__all__ = ["encode_strips", "significance"]

_KINDS = {1: 0, 2: 4, 3: 2, 4: 6}
_ROWS = 32
"""Rows filtered at once."""


def encode_strips(file: BinaryIO, photo: Strips) -> None:
    """Write an 8- or 16-bit photo that comes in strips as PNG.

    Each row gets the filter whose differences are smallest (section 12.8), of all but Average.
    """
    width, height = photo.size
    channels, depth = photo.channels + photo.alpha, photo.dtype.itemsize
    header = np.array([width, height], ">u4").tobytes()
    header += bytes([depth * 8, _KINDS[channels], 0, 0, 0])
    file.write(SIGNATURE)
    for chunk in (
        Chunk(b"IHDR", header),
        *significance(photo.like),
        *metadata_chunks(photo.metadata),
    ):
        file.write(packed(chunk))
    deflate = zlib.compressobj(6, strategy=zlib.Z_FILTERED)
    for rows in _filtered(photo.rows, width * channels * depth, channels * depth):
        if data := deflate.compress(rows):
            file.write(packed(Chunk(b"IDAT", data)))
    file.write(packed(Chunk(b"IDAT", deflate.flush())))
    file.write(packed(Chunk(b"IEND", b"")))


def _filtered(strips: Iterator[Photo], length: int, pixel: int) -> Iterator[bytes]:
    """Yield rows as they are compressed: the number of their filter, then their differences."""
    above: Pixels = np.zeros((1, length), np.uint8)
    for strip in strips:
        samples = strip.to_array()
        big = samples.astype(samples.dtype.newbyteorder(">"), copy=False)
        rows = np.ascontiguousarray(big).view(np.uint8).reshape(len(samples), length)
        for top in range(0, len(rows), _ROWS):
            some = rows[top : top + _ROWS]
            yield _best(some, np.concatenate([above, some[:-1]]), pixel)
            above = some[-1:].copy()


def _best(rows: Pixels, up: Pixels, pixel: int) -> bytes:
    left, corner = np.zeros_like(rows), np.zeros_like(rows)
    left[:, pixel:], corner[:, pixel:] = rows[:, :-pixel], up[:, :-pixel]
    predicted = {0: 0, 1: left, 2: up, 4: _paeth(left, up, corner)}
    best = np.full(len(rows), np.inf)
    out = np.empty((len(rows), 1 + rows.shape[1]), np.uint8)
    for number, values in predicted.items():
        difference = rows - values
        cost = np.abs(difference.view(np.int8).astype(np.int16)).sum(1, dtype=np.int64)
        better = cost < best
        best[better] = cost[better]
        out[better, 0], out[better, 1:] = number, difference[better]
    return out.tobytes()


def _paeth(left: Pixels, up: Pixels, corner: Pixels) -> Pixels:
    a, b, c = (values.astype(np.int16) for values in (left, up, corner))
    to_a, to_b, to_c = np.abs(b - c), np.abs(a - c), np.abs(a + b - 2 * c)
    upper = np.where(to_b <= to_c, up, corner)
    return np.where((to_a <= to_b) & (to_a <= to_c), left, upper)


def significance(photo: Photo) -> list[Chunk]:
    """Return the chunk that says how many bits mean something, if they are not all."""
    source, channels = photo.source, photo.pixels.shape[2] + (photo.alpha is not None)
    whole = photo.pixels.dtype.itemsize * 8
    bits = source.significant_bits or (source.bits,) * channels
    usable = len(bits) == channels and 0 < min(bits) <= max(bits) <= whole
    return [Chunk(b"sBIT", bytes(bits))] if usable and min(bits) < whole else []
