"""Noise that neighbouring pixels or channels share, as cameras leave it: whether, and how strong.

Texture is found in the middle and high frequencies, and is mostly gray. What a sensor's mosaic, a
camera's smoothing and JPEG compression leave of its noise is strongest in the low frequencies of
the colours, where pictures have least.
"""

from __future__ import annotations

import numpy as np

from restore.photo import Pixels
from restore.tasks.blocks import HIGH, LOW, MIDDLE, by_brightness, flattest, median_variance

__all__ = ["correlated_noise"]

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_CHROMA = np.array([[-0.169, -0.331, 0.5], [0.5, -0.419, -0.081]], np.float32)


def correlated_noise(spectra: Pixels) -> float:
    """Return the root mean square of a photo's correlated noise, in [0, 1] units; 0 for none.

    Noise is there in the very flattest blocks, in colour too, and just as strong in those that
    are a little less flat, or strong in the colours of all brightnesses; texture falls off toward
    the flattest blocks and is mostly gray.

    Args:
        spectra: Of blocks that are not clipped, (N, C, 64) with C = 1 or 3.
    """
    gray = spectra.shape[1] == 1
    luma = spectra if gray else np.einsum("c,ncf->nf", _LUMA, spectra)[:, None]
    order = flattest(luma, 1.0)
    n = len(order) // 100

    def level(values: Pixels, start: int, stop: int) -> float:
        part = values[order[start : max(stop, start + 16)]]
        return float(np.sqrt(np.median(np.square(part).mean(tuple(range(1, part.ndim)))))) * 255

    middle = luma[:, 0, MIDDLE]
    floor = level(middle, 0, n)
    near, far = level(middle, 2 * n, 5 * n), level(middle, 10 * n, 20 * n)
    grain = floor >= 2 and near <= 1.1 * floor and far <= 1.25 * floor
    even = near <= 1.3 * floor
    hiss = even and floor >= 1.5 and level(luma[:, 0, HIGH], 0, n) >= 0.7 * floor
    noisy, sigma = grain or hiss, floor / 255
    if not gray:
        chroma = np.einsum("dc,ncf->ndf", _CHROMA, spectra)
        noisy |= even and floor >= 1 and level(chroma[..., MIDDLE], 0, n) >= 0.4
        colour = _colour_noise(luma, chroma[..., LOW])
        noisy |= colour * 255 >= 8 and level(chroma[..., LOW], 0, n) >= 4
        sigma = max(sigma, colour)
    return sigma if noisy else 0.0


def _colour_noise(luma: Pixels, low_chroma: Pixels) -> float:
    """Return the standard deviation of the low frequencies of the colours of flat blocks.

    The same share of each brightness counts, for noise is seldom as strong in dark as in light.
    What chooses the blocks, their luma, has no part in what is measured. Through the mosaic, the
    low frequencies of the colours come out about as strong as all of the error in red, green and
    blue: no factor is needed (ADR 16).
    """
    variances = []
    for members in by_brightness(luma[:, 0, 0]):
        flat = low_chroma[members[flattest(luma[members], 0.05)]]
        n = flat[0].size
        variances.append(median_variance(np.square(flat).mean((1, 2)), n))
    return float(np.sqrt(np.mean(variances)))
