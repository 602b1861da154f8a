"""Non-local means (Buades, Coll, Morel 2005): average what looks alike, wherever it lies."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from restore.hooks import Context, Parameters, Report, Result
from restore.photo import Photo, Pixels

__all__ = ["DenoiseParameters", "denoise", "estimate_sigma"]

PATCH, REACH = 5, 5  # pixels: side of a patch, and how far away its like is looked for
H = 0.6  # how unlike patches may be, in σ: more smooths more
BAND = 256


class DenoiseParameters(Parameters):
    """What a person can choose; hosts draw their dialog from these fields."""

    noise: Literal["auto"] | Annotated[float, Field(ge=0, le=1)] = Field(
        "auto",
        title="Noise",
        description="Standard deviation of the noise, on a scale of 0 to 1; measured if “auto”",
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
        values = _in_bands(values, sigma, context)
    # ... and `with_float` returns to that depth.
    return Result(
        photo.with_float(values),
        Report(
            action="classic-denoise",
            found={"noise": round(sigma, 5)} if auto else {},
            notes=() if sigma > 0 else ("No noise was found: nothing was changed.",),
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


def _in_bands(values: Pixels, sigma: float, context: Context) -> Pixels:
    """Denoise a band of rows at a time, so that the person sees progress and can stop."""
    from skimage.restoration import denoise_nl_means  # heavy: imported when it is needed

    margin = REACH + PATCH // 2  # how far a pixel looks: with it the bands leave no seams
    height = values.shape[0]
    result = np.empty_like(values)
    for top in range(0, height, BAND):
        context.progress(top / height, "denoising")
        bottom = min(top + BAND, height)
        first, last = max(top - margin, 0), min(bottom + margin, height)
        band = denoise_nl_means(
            values[first:last],
            patch_size=PATCH,
            patch_distance=REACH,
            h=H * sigma,
            sigma=sigma,
            channel_axis=-1,
        )
        band = band.reshape(last - first, *values.shape[1:])  # scikit-image drops axes of length 1
        result[top:bottom] = band[top - first : bottom - first]
    return result
