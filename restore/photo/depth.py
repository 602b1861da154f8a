"""Bit depths: integer and float pixels to the unit range and back, without drift."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from restore.errors import PhotoError
from restore.photo.dither import Pattern

__all__ = [
    "DEPTHS",
    "accept",
    "fits_half",
    "from_unit",
    "full_range",
    "halved",
    "peak",
    "rescaled",
    "to_unit",
]

log = logging.getLogger("restore")

DEPTHS = (np.dtype(np.uint8), np.dtype(np.uint16), np.dtype(np.float32))
"""The types of pixels that a photo can have."""

_BLOCK = 1 << 20


def peak(dtype: np.dtype[Any]) -> int:
    """Return the value that stands for 1.0: 255, 65535, or 1 for floats."""
    return int(np.iinfo(dtype).max) if dtype.kind == "u" else 1


def to_unit(pixels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return a float32 copy in which the peak is 1.0; floats are copied as they are."""
    if pixels.dtype.kind == "f":
        return pixels.astype(np.float32)
    values = pixels.astype(np.float32)
    values /= peak(pixels.dtype)
    return values


def from_unit(
    values: np.ndarray[Any, Any], dtype: np.dtype[Any], pattern: Pattern | None = None
) -> np.ndarray[Any, Any]:
    """Return values as pixels of `dtype`: the inverse of `to_unit`.

    Integers are rounded half to even and clipped to their range; floats are neither.

    Args:
        values: Floats; of three axes if a pattern is given.
        dtype: One of the `DEPTHS`.
        pattern: How values between two levels are dithered if `dtype` has 8 bits; values on a
            level stay there. The finer types need no dithering.
    """
    if dtype.kind == "f":
        return values.astype(dtype)
    top = peak(dtype)
    if dtype.itemsize > 1:
        pattern = None
    out = np.empty(values.shape, dtype)
    rows = min(len(values), max(1, _BLOCK * len(values) // values.size))
    buffer = np.empty((rows, *values.shape[1:]), np.float32 if pattern else np.float64)
    for i in range(0, len(values), rows):
        given = values[i : i + rows]
        block = np.clip(given, 0, 1, out=buffer[: len(given)], casting="same_kind")
        block *= top
        if pattern:
            block += pattern.moved(i).offsets(block.shape)
            np.floor(block, out=block)
        else:
            np.rint(block, out=block)
        np.copyto(out[i : i + rows], block, casting="unsafe")
    return out


def rescaled(pixels: np.ndarray[Any, Any], white: int, new_white: int) -> np.ndarray[Any, Any]:
    """Return integers in which `new_white` stands for what `white` stood for, rounded.

    From fewer levels to more and back again nothing is lost.
    """
    levels = np.arange(np.iinfo(pixels.dtype).max + 1, dtype=np.int64)
    table = (levels * new_white + white // 2) // white
    found: np.ndarray[Any, Any] = table.clip(0, levels[-1]).astype(pixels.dtype)[pixels]
    return found


def full_range(samples: np.ndarray[Any, Any], white: int) -> np.ndarray[Any, Any]:
    """Return integers in which the largest of their type stands for what `white` stood for."""
    top = peak(samples.dtype)
    return samples if white == top else rescaled(samples, white, top)


def halved(pixels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return floats as half floats; as they are, with a warning, if one is beyond their range."""
    return pixels.astype(np.float16) if fits_half(pixels) else pixels


def fits_half(pixels: np.ndarray[Any, Any]) -> bool:
    """Whether floats lie within the range of half floats; if they do not, this warns of it."""
    if np.abs(pixels).max() <= np.finfo(np.float16).max:
        return True
    log.warning("The result goes beyond the range of half floats; it is written with 32 bits.")
    return False


def accept(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return a contiguous copy of an array in one of the `DEPTHS`; other floats become float32.

    Raises:
        PhotoError: The type cannot hold a photo, or a float is not finite.
    """
    if array.dtype.kind == "f":
        with np.errstate(over="ignore"):
            pixels = array.astype(np.float32, order="C")
        if not np.isfinite(pixels).all():
            raise PhotoError(
                "The array holds values that are not finite (NaN or infinity).",
                "Replace them first, for example with numpy.nan_to_num.",
            )
        return pixels
    if array.dtype.newbyteorder("=") in DEPTHS:
        return array.astype(array.dtype.newbyteorder("="), order="C")
    if array.dtype.kind == "b":
        hint = "A mask is no photo; for a black-and-white picture use array.astype('uint8') * 255."
    else:
        hint = "Use uint8 (0 to 255), uint16 (0 to 65535) or float32 (0 to 1)."
    raise PhotoError(f"A photo cannot have pixels of type {array.dtype}.", hint)
