"""Strength: how much of the result there is, decided after the fact."""

from __future__ import annotations

import numpy as np

from restore.photo import Photo, Pixels
from restore.photo.depth import from_unit, to_unit

__all__ = ["alpha_of_size", "blend", "values_of_size"]

_ROUNDING = 2.0**-20
"""What single precision can add to 0 or take from 1 when weights are summed."""


def blend(original: Pixels, result: Pixels, strength: float) -> Pixels:
    """Return original + strength·(result − original), in place of `original`.

    Where the two are equal, the original comes back bit for bit.

    Args:
        original: (H, W, C) float32 in [0, 1], overwritten.
        result: Of the same shape.
        strength: In [0, 1].
    """
    difference = result - original
    difference *= np.float32(strength)
    original += difference
    return original


def values_of_size(photo: Photo, size: tuple[int, int]) -> Pixels:
    """Return the pixels as float32 in [0, 1], bicubically resampled if the photo has another size.

    Args:
        photo: The photo.
        size: Width and height of the result.
    """
    values = photo.to_float()
    return values if photo.size == size else _bicubic(values, size)


def alpha_of_size(photo: Photo, size: tuple[int, int]) -> Pixels | None:
    """Return alpha, as it is if the photo has this size, else bicubically resampled.

    What is opaque or clear and has such neighbours stays so.
    """
    if photo.alpha is None or photo.size == size:
        return photo.alpha
    values = _bicubic(to_unit(photo.alpha)[:, :, None], size)[:, :, 0]
    values[values > 1 - _ROUNDING] = 1
    values[values < _ROUNDING] = 0
    return from_unit(values, photo.alpha.dtype)


def _bicubic(values: Pixels, size: tuple[int, int]) -> Pixels:
    from PIL import Image

    resampled = np.empty((size[1], size[0], values.shape[2]), np.float32)
    for c in range(values.shape[2]):
        channel = Image.fromarray(np.ascontiguousarray(values[:, :, c]))
        resampled[:, :, c] = channel.resize(size, Image.Resampling.BICUBIC)
    return resampled
