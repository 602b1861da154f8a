"""How near two pictures are (PSNR, SSIM), and how far samples lie from each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from typing import Any, TypeAlias

import numpy as np

from restore.errors import ParameterError

__all__ = ["diversity", "psnr", "ssim"]

Image: TypeAlias = np.ndarray[Any, Any]

SSIM_SIGMA = 1.5
SSIM_RADIUS = 5
K1, K2 = 0.01, 0.03


def psnr(
    result: Image,
    reference: Image,
    *,
    data_range: float | None = None,
    mask: Image | None = None,
) -> float:
    """Return the peak signal-to-noise ratio, 10 log10(range² / mean squared error), in dB.

    The mean is over every pixel and channel: no border is left out, no luminance taken.

    Args:
        result: (H, W, C) or (H, W), any real type.
        reference: Of the same shape and type.
        data_range: Distance between black and white; if None, 255 for uint8, 65535 for uint16
            and 1 for floats.
        mask: (H, W); where given, only its non-zero pixels count.

    Returns:
        Decibels; `inf` for identical pictures.

    Raises:
        ParameterError: The shapes or types differ, or the mask is empty.
    """
    span = _data_range(result, reference, data_range)
    squared = np.square(result.astype(np.float64) - reference.astype(np.float64))
    if mask is not None:
        if mask.shape != squared.shape[:2]:
            raise ParameterError(
                f"The mask is {_size(mask)}, the picture {_size(reference)}.",
                "A mask must be as large as its picture.",
            )
        squared = squared[mask != 0]
        if not squared.size:
            raise ParameterError("The mask marks nothing, so there is nothing to compare.")
    error = float(squared.mean())
    return math.inf if error == 0 else 10 * math.log10(span**2 / error)


def ssim(result: Image, reference: Image, *, data_range: float | None = None) -> float:
    """Return the structural similarity, at most 1; the mean over the channels.

    Wang, Bovik, Sheikh and Simoncelli, “Image quality assessment: from error visibility to
    structural similarity”, 2004, eq. 13: a Gaussian window of 11×11 with σ = 1.5, K1 = 0.01,
    K2 = 0.03; windows that leave the picture do not count.

    Args:
        result: (H, W, C) or (H, W), any real type.
        reference: Of the same shape and type.
        data_range: As for `psnr`.

    Raises:
        ParameterError: The shapes or types differ, or a side is shorter than 11 pixels.
    """
    span = _data_range(result, reference, data_range)
    if min(reference.shape[:2]) < 2 * SSIM_RADIUS + 1:
        raise ParameterError(
            f"The picture is {_size(reference)} pixels; SSIM needs at least 11×11."
        )
    planes = (np.atleast_3d(image).astype(np.float64) for image in (result, reference))
    channels = zip(*(np.moveaxis(image, 2, 0) for image in planes), strict=True)
    return float(np.mean([_ssim_plane(x, y, span) for x, y in channels]))


def diversity(samples: Sequence[Image]) -> float:
    """Return the mean distance between pairs of samples.

    The distance of two samples is the root mean square of their difference, in their own units;
    for independent draws of standard deviation s it is √2·s.

    Args:
        samples: At least two pictures of one shape.

    Raises:
        ParameterError: Fewer than two samples, or their shapes differ.
    """
    if len(samples) < 2:
        raise ParameterError("Diversity is a distance between samples.", "Give at least 2.")
    if len({sample.shape for sample in samples}) > 1:
        raise ParameterError("The samples differ in size.")
    pairs = combinations((np.asarray(s, dtype=np.float64) for s in samples), 2)
    return float(np.mean([np.sqrt(np.mean(np.square(a - b))) for a, b in pairs]))


def _ssim_plane(x: Image, y: Image, span: float) -> float:
    from scipy.ndimage import gaussian_filter

    def window(values: Image) -> Image:
        inner = slice(SSIM_RADIUS, -SSIM_RADIUS)
        blurred: Image = gaussian_filter(values, SSIM_SIGMA, radius=SSIM_RADIUS)
        return blurred[inner, inner]

    c1, c2 = (K1 * span) ** 2, (K2 * span) ** 2
    mu_x, mu_y = window(x), window(y)
    var_x = window(x * x) - mu_x * mu_x
    var_y = window(y * y) - mu_y * mu_y
    cov = window(x * y) - mu_x * mu_y
    luminance = (2 * mu_x * mu_y + c1) / (mu_x**2 + mu_y**2 + c1)
    structure = (2 * cov + c2) / (var_x + var_y + c2)
    return float(np.mean(luminance * structure))


def _data_range(result: Image, reference: Image, given: float | None) -> float:
    if result.shape != reference.shape:
        raise ParameterError(
            f"The pictures differ in size: {_size(result)} and {_size(reference)}.",
            "Compare pictures of the same size and number of channels.",
        )
    if result.dtype != reference.dtype:
        raise ParameterError(
            f"The pictures differ in type: {result.dtype} and {reference.dtype}.",
            "Bring both to the same type first.",
        )
    if given is not None:
        return given
    if np.issubdtype(reference.dtype, np.integer):
        return float(np.iinfo(reference.dtype).max)
    return 1.0


def _size(image: Image) -> str:
    height, width, *channels = image.shape
    return f"{width}×{height}" + (f"×{channels[0]}" if channels else "")
