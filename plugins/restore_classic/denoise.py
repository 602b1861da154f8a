"""Non-local means (Buades, Coll, Morel 2005): average what looks alike, wherever it lies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from restore.hooks import Context, Parameters, Report, Result, StripWork
from restore.photo import Photo, Pixels, StripsReader

__all__ = ["DenoiseParameters", "denoise", "denoise_strips", "estimate_sigma"]

PATCH, REACH = 5, 5  # pixels: side of a patch, and how far away its like is looked for
H = 0.6  # how unlike patches may be, in σ: more smooths more
BAND = 256
NOTHING = "No noise was found: nothing was changed."


class DenoiseParameters(Parameters):
    """What a person can choose; hosts draw their dialog from these fields."""

    noise: Literal["auto"] | Annotated[float, Field(ge=0, le=1)] = Field(
        "auto",
        title="Noise",
        description="How strong the noise is: 0.02 is a little, 0.1 a lot (standard deviation, "
        "where white is 1); “auto” measures it",
    )


def denoise(photo: Photo, parameters: DenoiseParameters, context: Context) -> Result:
    """Denoise a photo.

    `parameters` are valid already, and `strength` among them is none of our business: whoever
    called us blends the result with the photo, and carries alpha and metadata.
    """
    # Whatever the photo's depth, we compute in floats from 0 to 1 ...
    values = photo.to_float()
    auto = parameters.noise == "auto"
    sigma = estimate_sigma(values) if auto else float(parameters.noise)
    if sigma > 0:
        bands = _bands(lambda first, last: values[first:last], len(values), sigma, context)
        result = np.concatenate(list(bands))
    else:
        result = values
    # ... and `with_float` returns to that depth.
    return Result(
        photo.with_float(result),
        Report(
            action="classic-denoise",
            found={"noise": round(sigma, 5)} if auto else {},
            notes=() if sigma > 0 else (NOTHING,),
        ),
    )


def estimate_sigma(values: Pixels) -> float:
    """Return the standard deviation of white noise in an image (H, W, C).

    The finest diagonal Haar wavelet sees hardly anything but noise; its median magnitude is not
    moved by the few edges that it does see (Donoho and Johnstone 1994).
    """
    height, width = (side // 2 * 2 for side in values.shape[:2])
    if not (height and width):
        return 0.0
    even, odd = values[0:height:2, :width], values[1:height:2, :width]
    diagonal = (even[:, 0::2] - even[:, 1::2] - odd[:, 0::2] + odd[:, 1::2]) / 2
    return float(np.median(np.abs(diagonal)) / 0.6745)


def denoise_strips(
    photo: StripsReader, parameters: DenoiseParameters, context: Context
) -> StripWork | None:
    """Denoise a photo that is too large to be held whole; its noise is measured in a whole one."""
    if parameters.noise == "auto":
        return None
    return _in_strips(photo, float(parameters.noise), context)


def _in_strips(photo: StripsReader, sigma: float, context: Context) -> StripWork:
    def rows(first: int, last: int) -> Pixels:
        return photo.read(first, last).to_float()

    if sigma > 0:
        yield from _bands(rows, photo.size[1], sigma, context)
        return Report(action="classic-denoise")
    for strip in photo.all().rows:
        yield strip.to_float()
    return Report(action="classic-denoise", notes=(NOTHING,))


def _bands(
    rows: Callable[[int, int], Pixels], height: int, sigma: float, context: Context
) -> Iterator[Pixels]:
    """Denoise a band of rows at a time, so that the person sees progress and can stop."""
    from skimage.restoration import denoise_nl_means  # heavy: imported when it is needed

    margin = REACH + PATCH // 2  # how far a pixel looks: with it the bands leave no seams
    for top in range(0, height, BAND):
        context.progress(top / height, "denoising")
        bottom = min(top + BAND, height)
        first, last = max(top - margin, 0), min(bottom + margin, height)
        values = rows(first, last)
        band = denoise_nl_means(
            values,
            patch_size=PATCH,
            patch_distance=REACH,
            h=H * sigma,
            sigma=sigma,
            channel_axis=-1,
        )
        band = band.reshape(values.shape)  # scikit-image drops axes of length 1
        yield band[top - first : bottom - first]
