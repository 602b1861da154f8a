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
from restore.tasks.survey import Survey, survey_image

__all__ = ["REACH", "NoiseEstimate", "estimate_noise", "noise_in"]

_BLOCK = 8
REACH = 8
"""How many pixels away the map of the noise looks."""
_ORDER = np.add.outer(np.arange(_BLOCK), np.arange(_BLOCK)).ravel()
_LOW = (_ORDER > 0) & (_ORDER <= 3)
_MIDDLE = (_ORDER >= 4) & (_ORDER <= 6)
_HIGH = _ORDER >= 8
_HIGHEST = _ORDER >= 11
_LEAST = 1.2 / 255
"""White noise that is worth removing."""
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_CHROMA = np.array([[-0.169, -0.331, 0.5], [0.5, -0.419, -0.081]], np.float32)


@dataclass(frozen=True)
class NoiseEstimate:
    """The noise of a photo, in [0, 1] units.

    Attributes:
        kind: "none" (too little to touch), "white" (independent from pixel to pixel) or "camera"
            (correlated between pixels or channels, as developed and compressed photos have it).
        sigma: Standard deviation, on average over the photo; for "camera" a rough figure, for
            "none" 0.
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
    blocks = _blocks(photo.windows)
    if len(blocks) < 64:
        return NoiseEstimate("none", 0)
    spectra = blocks.reshape(*blocks.shape[:2], -1) @ _dct2().T
    curve = _noise_curve(blocks, spectra)
    whole = spectra[_clipped(blocks).sum(0).mean((1, 2, 3)) < 0.1]
    if len(whole) < 64:
        whole = spectra
    if curve is not None and _is_white(whole[_flattest(whole, 0.02, 64)]):
        a, b = curve
        sigma = float(np.sqrt(a * photo.brightness + b))
        return NoiseEstimate("white", sigma, a, b) if sigma >= _LEAST else NoiseEstimate("none", 0)
    return _correlated(whole)


def _blocks(windows: Pixels) -> Pixels:
    """Return overlapping blocks, (N, C, 8, 8)."""
    if min(windows.shape[1:3]) < _BLOCK:
        return np.empty((0, windows.shape[3], _BLOCK, _BLOCK), np.float32)
    step = next(s for s in (1, 3, 5) if windows[..., 0].size / s**2 < 60_000 or s == 5)
    view = np.lib.stride_tricks.sliding_window_view(windows, (_BLOCK, _BLOCK), axis=(1, 2))
    chosen = view[:, ::step, ::step]
    return np.ascontiguousarray(chosen).reshape(-1, windows.shape[3], _BLOCK, _BLOCK)


def _clipped(blocks: Pixels) -> Pixels:
    """Return which values lie exactly on black and on white, (2, N, C, 8, 8)."""
    return np.stack([blocks == 0, blocks == 1])


def _dct2() -> Pixels:
    """Return the orthonormal two-dimensional DCT of a flattened 8×8 block, (64, 64)."""
    n = np.arange(_BLOCK)
    one = np.cos((2 * n + 1) * n[:, None] * np.pi / (2 * _BLOCK)) / 2
    one[0] /= np.sqrt(2)
    return np.kron(one, one).astype(np.float32)


def _flattest(spectra: Pixels, fraction: float, least: int = 32) -> Pixels:
    """Return the indices of the blocks with the least low-frequency energy, flattest first."""
    energy = np.square(spectra[..., _LOW]).mean((1, 2))
    return np.argsort(energy, kind="stable")[: max(least, int(len(energy) * fraction))]


def _median_variance(energies: Pixels, n: int) -> float:
    """Return the variance whose mean squares over `n` values have this median (χ² of order n)."""
    return float(np.median(energies)) / (1 - 2 / (9 * n)) ** 3


def _noise_curve(blocks: Pixels, spectra: Pixels) -> tuple[float, float] | None:
    """Return a and b of variance = a·x + b; None if nearly all of the photo is clipped."""
    luma = blocks.mean((1, 2, 3))
    bins = int(np.clip(len(blocks) // 1500, 1, 12))
    points = []
    for members in np.array_split(np.argsort(luma, kind="stable"), bins):
        chosen = members[_flattest(spectra[members], 0.05)]
        for c in range(blocks.shape[1]):
            pixels = blocks[chosen, c]
            low, high = (float(share) for share in _clipped(pixels).mean((1, 2, 3)))
            if low + high < 0.25:
                high_energy = np.square(spectra[chosen, c][:, _HIGH]).mean(1)
                variance = _median_variance(high_energy, int(_HIGH.sum()))
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
        for band in (_MIDDLE, _HIGH, _HIGHEST)
    )
    if high <= 0 or middle > 1.3**2 * high or highest < 0.85**2 * high:
        return False
    if flat.shape[1] == 1:
        return True
    channels = flat[..., _HIGH].transpose(1, 0, 2).reshape(flat.shape[1], -1)
    second = channels @ channels.T
    scale = np.sqrt(np.diag(second))
    correlation = second / (np.outer(scale, scale) + 1e-12)
    return float(correlation[np.triu_indices(len(second), 1)].mean()) < 0.3


def _correlated(spectra: Pixels) -> NoiseEstimate:
    """Tell correlated noise from fine texture.

    Noise is there in the very flattest blocks, in colour too, and just as strong in those that
    are a little less flat; texture falls off toward the flattest blocks and is mostly gray.
    """
    gray = spectra.shape[1] == 1
    luma = spectra if gray else np.einsum("c,ncf->nf", _LUMA, spectra)[:, None]
    order = _flattest(luma, 1.0)
    n = len(order) // 100

    def level(values: Pixels, start: int, stop: int) -> float:
        part = values[order[start : max(stop, start + 16)]]
        return float(np.sqrt(np.median(np.square(part).mean(tuple(range(1, part.ndim)))))) * 255

    middle = luma[:, 0, _MIDDLE]
    floor = level(middle, 0, n)
    near, far = level(middle, 2 * n, 5 * n), level(middle, 10 * n, 20 * n)
    grain = floor >= 2 and near <= 1.1 * floor and far <= 1.25 * floor
    even = near <= 1.3 * floor
    hiss = even and floor >= 1.5 and level(luma[:, 0, _HIGH], 0, n) >= 0.7 * floor
    noisy, sigma = grain or hiss, floor
    if not gray:
        chroma = np.einsum("dc,ncf->ndf", _CHROMA, spectra)[..., _MIDDLE]
        colour = level(chroma, 0, n)
        noisy |= even and floor >= 1 and colour >= 0.4
        sigma = float(np.hypot(floor, 1.5 * colour))
    return NoiseEstimate("camera", sigma / 255) if noisy else NoiseEstimate("none", 0)
