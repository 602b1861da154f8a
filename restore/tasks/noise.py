"""How noisy a photo is, told from the photo alone.

The flattest 8×8 blocks of each brightness are found by their low-frequency DCT energy; their
high frequencies, which played no part in the choice, then show the noise. With white noise all
frequencies of a flat block are equally strong and channels are independent; demosaicking,
in-camera processing and chroma subsampling leave noise that is neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from restore.photo import Pixels
from restore.tasks.blocks import (
    HIGH,
    HIGHEST,
    MIDDLE,
    by_brightness,
    clipped,
    flattest,
    median_variance,
    overlapping,
    spectra_of,
)
from restore.tasks.correlated import correlated_noise
from restore.tasks.survey import Survey, survey_image

__all__ = ["REACH", "NoiseEstimate", "estimate_noise", "noise_in"]

REACH = 8
"""How many pixels away the map of the noise looks."""
_LEAST = 1.2 / 255
"""White noise that is worth removing."""


@dataclass(frozen=True)
class NoiseEstimate:
    """The noise of a photo, in [0, 1] units.

    Attributes:
        kind: "none" (too little to touch), "white" (independent from pixel to pixel) or "camera"
            (correlated between pixels or channels, as developed and compressed photos have it).
        sigma: Standard deviation, on average over the photo, 0 for "none"; for "camera" within a
            factor of 1.5 for five photos in six.
        a: Slope of the variance over the brightness x: variance = a·x + b ("white" only).
        b: Variance at x = 0.
    """

    kind: Literal["none", "white", "camera"]
    sigma: float
    a: float = 0.0
    b: float = 0.0

    def map_of(self, image: Pixels) -> Pixels:
        """Return the standard deviation of each pixel, (H, W) float32 in [0, 1] units.

        Args:
            image: The noisy photo, (H, W, C) in [0, 1]; its local mean stands for the clean one.
        """
        total = np.zeros(image.shape[:2], np.float32)
        for c in range(image.shape[2]):
            x = _local_mean(image[:, :, c].clip(0, 1))
            x *= self.a
            x += self.b
            total += np.sqrt(x, out=x)
        return total / np.float32(image.shape[2])


def _local_mean(plane: Pixels) -> Pixels:
    """Return the mean of the 17×17 pixels around each; beyond the edges the plane is mirrored.

    Down the columns the sums are taken anew for each row, so that no row depends on one further
    away than `REACH`: part of a photo has the same means as the whole.
    """
    from scipy.ndimage import uniform_filter1d

    across = uniform_filter1d(plane, 2 * REACH + 1, axis=1, mode="mirror")
    padded = np.pad(across, ((REACH, REACH), (0, 0)), mode="reflect")
    total = padded[: len(plane)].copy()
    for i in range(1, 2 * REACH + 1):
        total += padded[i : i + len(plane)]
    total /= 2 * REACH + 1
    return total


def estimate_noise(image: Pixels) -> NoiseEstimate:
    """Estimate the noise of a photo, (H, W, C) in [0, 1]; see `noise_in`."""
    return noise_in(survey_image(image))


def noise_in(photo: Survey) -> NoiseEstimate:
    """Estimate the noise of one photo: how strong, how it depends on brightness, of which kind.

    The noise curve follows Colom & Buades 2013 (after Ponomarenko et al. 2007): within each
    brightness, the variance of the high DCT frequencies over the blocks with the least energy in
    the low ones. Foi et al. 2008 is the source of the variance model a·x + b. Bins that touch
    black or white are corrected for the clipping of a Gaussian.

    Args:
        photo: Of 1 or 3 channels; values outside [0, 1] are allowed.

    Returns:
        The estimate; "none" where the photo is smaller than a few blocks.
    """
    blocks = overlapping(photo.windows)
    if len(blocks) < 64:
        return NoiseEstimate("none", 0)
    spectra = spectra_of(blocks)
    curve = _noise_curve(blocks, spectra)
    whole = spectra[clipped(blocks).sum(0).mean((1, 2, 3)) < 0.1]
    if len(whole) < 64:
        whole = spectra
    if curve is not None and _is_white(whole[flattest(whole, 0.02, 64)]):
        a, b = curve
        sigma = float(np.sqrt(a * photo.brightness + b))
        return NoiseEstimate("white", sigma, a, b) if sigma >= _LEAST else NoiseEstimate("none", 0)
    sigma = correlated_noise(whole)
    return NoiseEstimate("camera", sigma) if sigma else NoiseEstimate("none", 0)


def _noise_curve(blocks: Pixels, spectra: Pixels) -> tuple[float, float] | None:
    """Return a and b of variance = a·x + b; None if nearly all of the photo is clipped."""
    points = []
    for members in by_brightness(blocks.mean((1, 2, 3))):
        chosen = members[flattest(spectra[members], 0.05)]
        for c in range(blocks.shape[1]):
            pixels = blocks[chosen, c]
            low, high = (float(share) for share in clipped(pixels).mean((1, 2, 3)))
            if low + high < 0.25:
                high_energy = np.square(spectra[chosen, c][:, HIGH]).mean(1)
                variance = median_variance(high_energy, int(HIGH.sum()))
                points.append((float(pixels.mean()), variance / _clipped_variance(low, high)))
    return _fit(np.array(points)) if points else None


def _clipped_variance(low: float, high: float) -> float:
    """Return the variance of a standard Gaussian clipped so that these shares lie on the ends."""
    from scipy.special import ndtri

    p, q = (max(share, 1e-9) for share in (low, high))
    lo, hi = float(ndtri(p)), float(-ndtri(q))
    at_lo, at_hi = (float(np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)) for z in (lo, hi))
    mean = p * lo + q * hi + at_lo - at_hi
    square = p * lo**2 + q * hi**2 + (1 - p - q) + lo * at_lo - hi * at_hi
    return square - mean**2


def _fit(points: Pixels) -> tuple[float, float]:
    """Fit variance = a·x + b, a, b ≥ 0, to (x, variance) by reweighted relative least squares.

    Texture only ever adds to a variance: points far above the line count less and less.
    """
    x, v = points.T.astype(np.float64)
    a, b = 0.0, float(np.median(v))
    for _ in range(10):
        line = a * x + b + 1e-12
        excess = np.maximum(v / line - 1, 0)
        a, b = _line(x, v, (line * (1 + (excess / 0.1) ** 2)) ** -2)
    return a, b


def _line(x: Pixels, v: Pixels, weight: Pixels) -> tuple[float, float]:
    """Return a, b ≥ 0 of the least Σ weight·(a·x + b − v)²."""
    weight = weight / weight.sum()
    mean_x, mean_v = float(weight @ x), float(weight @ v)
    spread = float(weight @ (x - mean_x) ** 2)
    a = float(weight @ ((x - mean_x) * v)) / spread if spread > 1e-12 else 0.0
    b = mean_v - a * mean_x
    if a < 0:
        return 0.0, mean_v
    if b < 0:
        return float(weight @ (x * v)) / float(weight @ x**2), 0.0
    return a, b


def _is_white(flat: Pixels) -> bool:
    """Whether flat blocks (N, C, 64) are equally strong in all bands, their channels unrelated."""
    middle, high, highest = (
        float(np.median(np.square(flat[..., band]).mean((1, 2))))
        for band in (MIDDLE, HIGH, HIGHEST)
    )
    if high <= 0 or middle > 1.3**2 * high or highest < 0.85**2 * high:
        return False
    if flat.shape[1] == 1:
        return True
    channels = flat[..., HIGH].transpose(1, 0, 2).reshape(flat.shape[1], -1)
    second = channels @ channels.T
    scale = np.sqrt(np.diag(second))
    correlation = second / (np.outer(scale, scale) + 1e-12)
    return float(correlation[np.triu_indices(len(second), 1)].mean()) < 0.3
