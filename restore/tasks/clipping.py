"""Noise that black and white cut off lifts the shadows and lowers the lights; this undoes it."""

from __future__ import annotations

import numpy as np

from restore.photo import Pixels

__all__ = ["is_clipped", "unclipped_mean"]

_DEEPEST = -1.0
"""How many σ outside [0, 1] the mean may be put."""
_BAND = 1 << 20
"""Values worked on at once."""


def is_clipped(image: Pixels) -> bool:
    """Whether an image (H, W, C) keeps to [0, 1], as all integer photos do."""
    return bool(image.min() >= 0 and image.max() <= 1)


def unclipped_mean(mean: Pixels, sigma: float | Pixels) -> Pixels:
    """Turn the mean of clipped Gaussian noise around x into x (Foi 2009, section 3).

    With Φ and φ of the standard normal, noise of standard deviation σ that is cut off at 0 has
    the mean σ f(x/σ), f(t) = t Φ(t) + φ(t); the same holds at 1, mirrored. Far from both ends
    nothing changes.

    Args:
        mean: A denoised photo, (H, W, C) in [0, 1].
        sigma: Standard deviation of the noise before clipping, a number or (H, W, 1).
    """
    from scipy.special import ndtr

    t = np.linspace(_DEEPEST, 4, 501)
    f = t * ndtr(t) + np.exp(-(t**2) / 2) / np.sqrt(2 * np.pi)

    def from_end(distance: Pixels, sigma: Pixels) -> Pixels:
        scaled = distance / sigma
        shift = np.interp(scaled, f, t - f, right=0.0)
        return sigma * np.where(scaled < f[0], _DEEPEST - scaled, shift)

    out = np.empty(mean.shape, np.float32)
    deviation = np.maximum(np.asarray(sigma, np.float32), np.float32(1e-6))
    rows = max(1, _BAND * len(mean) // mean.size)
    for i in range(0, len(mean), rows):
        band = mean[i : i + rows]
        at = deviation[i : i + rows] if deviation.ndim else deviation
        out[i : i + rows] = band + from_end(band, at) - from_end(1 - band, at)
    return out
