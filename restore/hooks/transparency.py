"""What is fully transparent is neither seen by an action nor changed by it."""

from __future__ import annotations

import numpy as np

from restore.photo import Photo, Pixels
from restore.photo.depth import to_unit

__all__ = ["filled", "hidden", "visible"]


def visible(photo: Photo) -> Photo:
    """Return a photo as an action is to see it.

    Its colours are not multiplied by alpha, and hidden pixels have colours like those of the
    visible ones around them: what lies there, often black or anything at all, would bleed into the
    picture.
    """
    if photo.alpha is None:
        return photo
    straight = photo.converted(transfer=photo.transfer, premultiplied=False)
    out_of_sight = hidden(photo.alpha)
    if not out_of_sight.any() or out_of_sight.all():
        return straight
    weights = np.where(out_of_sight, 0, to_unit(photo.alpha).clip(max=1))
    return straight.with_float(filled(straight.to_float(), weights))


def hidden(alpha: Pixels) -> Pixels:
    """Return where nothing is seen: where alpha is 0, or a float below that or not a number."""
    return ~(alpha > 0)


def filled(values: Pixels, alpha: Pixels) -> Pixels:
    """Return values with new ones where alpha is zero, smooth and near to their neighbours'.

    Push-pull (Gortler et al. 1996): means weighted by alpha over squares of 2, 4, 8 … pixels; each
    gap takes the value of the smallest square that sees anything.

    Args:
        values: (H, W, C) float32.
        alpha: (H, W) float32 in [0, 1], somewhere above 0.
    """
    if (alpha > 0).all():
        return values
    height, width, channels = values.shape
    odd = (0, height % 2), (0, width % 2)
    weights = _in_squares(np.pad(alpha, odd)[:, :, None])
    sums = _in_squares(np.pad((values * alpha[:, :, None]), (*odd, (0, 0))))
    means = np.divide(sums, weights, out=np.zeros_like(sums), where=weights > 0)
    coarse = filled(means, np.minimum(weights[:, :, 0], 1))
    fine = _enlarged(coarse, height, width)
    return np.where(alpha[:, :, None] > 0, values, fine).reshape(height, width, channels)


def _in_squares(values: Pixels) -> Pixels:
    """Return the sums over squares of 2×2."""
    rows = values[0::2] + values[1::2]
    squares: Pixels = rows[:, 0::2] + rows[:, 1::2]
    return squares


def _enlarged(values: Pixels, height: int, width: int) -> Pixels:
    """Return values twice as large, linearly between the centres of squares, cut to a size."""
    for axis, length in enumerate((height, width)):
        shape = [*values.shape]
        shape[axis] = length
        larger = np.empty(shape, values.dtype)
        even, odd = np.moveaxis(larger, axis, 0)[0::2], np.moveaxis(larger, axis, 0)[1::2]
        near, far = np.moveaxis(0.75 * values, axis, 0), np.moveaxis(0.25 * values, axis, 0)
        np.add(near[1:], far[:-1], out=even[1:])
        np.add(near[0], far[0], out=even[0])
        inner = min(len(odd), len(near) - 1)
        np.add(near[:inner], far[1 : inner + 1], out=odd[:inner])
        if len(odd) > inner:
            np.add(near[-1], far[-1], out=odd[-1])
        values = larger
    return values
