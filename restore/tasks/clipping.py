"""Noise that black and white cut off lifts the shadows and lowers the lights; this undoes it."""

from __future__ import annotations

import numpy as np

from restore.photo import Pixels

__all__ = ["is_clipped", "unclipped_mean"]

_DEEPEST = -1.0
"""How many σ outside [0, 1] the mean may be put."""


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

    def from_end(distance: Pixels) -> Pixels:
        scaled = distance / np.maximum(sigma, 1e-6)
        shift = np.interp(scaled, f, t - f, right=0.0)
        shift = np.where(scaled < f[0], _DEEPEST - scaled, shift)
        return (shift * sigma).astype(np.float32)

    low = mean < 0.5
    unclipped: Pixels = np.where(low, mean + from_end(mean), mean - from_end(1 - mean))
    return unclipped
