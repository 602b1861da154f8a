"""One picture file of any format to upright 8-bit RGB."""

from __future__ import annotations

import io
import warnings
from functools import cache
from typing import IO, Any, TypeAlias

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

__all__ = ["MAX_BYTES", "MAX_PIXELS", "Pixels", "decode", "explain", "read_size", "suffixes"]

MAX_PIXELS = 150_000_000
"""The largest picture that is decoded, below the size at which Pillow itself refuses."""

MAX_BYTES = 1 << 30
"""The largest file that is read: more than 16-bit RGB of `MAX_PIXELS` takes uncompressed."""

Pixels: TypeAlias = np.ndarray[Any, np.dtype[np.uint8]]

_OUTSIDE = {"BUFR", "EPS", "GRIB", "HDF5", "MPEG", "WMF"}
"""Formats that Pillow leaves to other programs; none is started for a file found in a folder."""


@cache
def _formats() -> tuple[str, ...]:
    Image.init()
    return tuple(sorted(Image.OPEN.keys() - _OUTSIDE))


@cache
def suffixes() -> frozenset[str]:
    """Return the endings, in lower case, of the formats that can be decoded."""
    formats = {*_formats(), "MPO"}  # a JPEG with more pictures behind the first
    return frozenset(end for end, name in Image.registered_extensions().items() if name in formats)


def read_size(file: IO[bytes], size: int) -> tuple[int, int]:
    """Return width and height that a picture's header claims, not yet upright.

    Args:
        file: The picture's file.
        size: Its length in bytes.

    Raises:
        Exception: It cannot be read or is too large; `explain` says why.
    """
    if size > MAX_BYTES:
        raise ValueError(f"it has {size / 1e9:.1f} GB; the limit is {MAX_BYTES / 1e9:.1f} GB")
    with warnings.catch_warnings(action="ignore"), _open(file) as image:
        return image.size


def decode(file: IO[bytes], size: int) -> Pixels:
    """Return a picture upright as (H, W, 3), in its own encoded values.

    16-bit values keep their high byte. Of a film or a sequence it is the first picture.

    Args:
        file: The picture's file.
        size: Its length in bytes, which `read_size` has found to be in bounds.

    Raises:
        Exception: It cannot be read, is too large, transparent in places, or has 32-bit pixels, of
            which nothing says what white is; `explain` says why. Decoders raise nearly anything
            when the bytes make no sense.
    """
    data = io.BytesIO(file.read(size))
    with warnings.catch_warnings(action="ignore"), _open(data) as image:
        ImageOps.exif_transpose(image, in_place=True)
        if image.mode in ("I", "F"):
            raise ValueError("its pixels have 32 bits, and nothing says which value is white")
        if image.mode.startswith("I;16"):
            gray = (np.asarray(image) >> 8).astype(np.uint8)
            return np.repeat(gray[:, :, None], 3, axis=2)
        if image.has_transparency_data and _opacity(image) < 255:
            raise ValueError("it is transparent in places")
        return np.array(image.convert("RGB"))


def _open(file: IO[bytes]) -> Image.Image:
    """Read a picture's header, and refuse a size that would take too much memory."""
    image = Image.open(file, formats=_formats())
    if image.width * image.height > MAX_PIXELS:
        image.close()
        raise ValueError(
            f"it claims to be {image.width}×{image.height} pixels; "
            f"the limit is {MAX_PIXELS / 1e6:g} million"
        )
    return image


def _opacity(image: Image.Image) -> float:
    """Return the least alpha of a picture, 0 to 255."""
    return float(np.asarray(image.convert("RGBA").getchannel("A")).min())


def explain(error: Exception) -> str:
    """Say in a few words why a picture could not be read."""
    if isinstance(error, UnidentifiedImageError):
        return "it is damaged, or no picture"
    if isinstance(error, MemoryError):
        return "it does not fit into memory"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
