"""Strength: how much of the result there is, decided after the fact."""

from __future__ import annotations

import numpy as np

from restore.photo import Photo, Pixels

__all__ = ["alpha_of_size", "blend", "values_of_size"]


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
    """Return alpha, as it is if the photo has this size, else bicubically resampled in [0, 1]."""
    if photo.alpha is None or photo.size == size:
        return photo.alpha
    return _bicubic(Photo(photo.alpha[:, :, None]).to_float(), size)[:, :, 0].clip(0, 1)


def _bicubic(values: Pixels, size: tuple[int, int]) -> Pixels:
    from PIL import Image

    resampled = np.empty((size[1], size[0], values.shape[2]), np.float32)
    for c in range(values.shape[2]):
        channel = Image.fromarray(np.ascontiguousarray(values[:, :, c]))
        resampled[:, :, c] = channel.resize(size, Image.Resampling.BICUBIC)
    return resampled
