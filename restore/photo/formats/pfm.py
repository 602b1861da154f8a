"""PFM, read and written here: bare 32-bit floats, the lowest row first."""

from __future__ import annotations

import re
import sys

import numpy as np

from restore.photo.formats import (
    TRUNCATED,
    Decoded,
    Format,
    RefusedError,
    check_finite,
    check_size,
)
from restore.photo.photo import Photo
from restore.photo.source import Source

__all__ = ["FORMAT"]

_HEADER = re.compile(rb"P([Ff])\s+(?:#[^\n]*\n\s*)*(\d{1,9})\s+(\d{1,9})\s+([-+.\deE]{1,20})\s")
"""libvips puts a comment behind the signature."""


def decode(data: bytes, max_pixels: int) -> Decoded:
    """Read a PFM file; its values are light, and its scale is not applied.

    Raises:
        RefusedError: It holds NaN or infinity, is cut short or too large.
    """
    match = _HEADER.match(data[:1024])
    if match is None:
        raise ValueError("its header makes no sense")
    width, height = int(match[2]), int(match[3])
    check_size(width, height, max_pixels)
    shape = (height, width, 3 if match[1] == b"F" else 1)
    if len(data) - match.end() < 4 * int(np.prod(shape)):
        raise RefusedError("is a PFM file whose picture ends too early.", TRUNCATED)
    dtype = "<f4" if float(match[4]) < 0 else ">f4"
    values = np.frombuffer(data, dtype, int(np.prod(shape)), match.end()).reshape(shape)
    samples = np.ascontiguousarray(values[::-1], dtype=np.float32)
    source = Source(format="PFM")
    return Decoded(check_finite(samples), source=source, transfer="linear")


def encode(photo: Photo, quality: int | None) -> bytes:
    """Write a photo of floats, without alpha, as PFM."""
    del quality
    width, height = photo.size
    kind = "PF" if photo.pixels.shape[2] == 3 else "Pf"
    scale = "-1.0" if sys.byteorder == "little" else "1.0"
    return f"{kind}\n{width} {height}\n{scale}\n".encode("ascii") + photo.pixels[::-1].tobytes()


FORMAT = Format(
    "PFM",
    (".pfm",),
    lambda head: re.match(rb"P[Ff]\s", head) is not None,
    decode,
    encode,
    types=(np.float32,),
    alpha=False,
    linear=True,
    carries=frozenset(),
)
