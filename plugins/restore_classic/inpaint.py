"""Biharmonic inpainting (Damelin and Hoang 2018): the smoothest surface through the edges."""

from __future__ import annotations

import numpy as np

from restore.errors import ParameterError
from restore.hooks import Check, Context, MaskParameters, Report, Result
from restore.photo import Photo

__all__ = ["inpaint"]

LARGEST = 250_000
MARGIN = 8


def inpaint(photo: Photo, parameters: MaskParameters, context: Context) -> Result:
    """Fill in what is marked, one spot after the other, each from its own surroundings.

    The mask has come as a boolean array (H, W), whatever the person painted it with.

    Raises:
        ParameterError: A spot is too large for this method, or all of the photo is marked.
    """
    from scipy import ndimage  # heavy: imported when it is needed
    from skimage.restoration import inpaint_biharmonic

    mask = parameters.mask
    if mask.all():
        raise ParameterError("The mask marks the whole photo.", "Leave some of it to fill from.")
    values = photo.to_float()
    before = values.copy()
    spots, count = ndimage.label(mask, np.ones((3, 3)))
    sizes = np.bincount(spots.ravel())[1:]
    if count and sizes.max() > LARGEST:
        raise ParameterError(
            f"A marked spot has {sizes.max()} pixels; this method fills up to {LARGEST}.",
            "Use “inpaint”, or mark smaller spots.",
        )
    for i, (rows, columns) in enumerate(ndimage.find_objects(spots)):
        context.progress(i / count, "filling spots")
        window = _wider(rows), _wider(columns)
        filled = inpaint_biharmonic(before[window], mask[window], channel_axis=-1)
        spot = spots[window] == i + 1
        values[window][spot] = filled[spot]
    # A guarantee is measured on the result itself, not asserted.
    done = photo.with_float(values)
    changed = (done.pixels != photo.pixels).any(axis=2) & ~mask
    outside = Check("pixels changed outside the mask", not changed.any(), float(changed.sum()), 0.0)
    return Result(
        done,
        Report(action="classic-inpaint", found={"spots": float(count)}, checks=(outside,)),
    )


def _wider(side: slice) -> slice:
    return slice(max(side.start - MARGIN, 0), side.stop + MARGIN)
