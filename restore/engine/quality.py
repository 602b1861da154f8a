"""How well a prior removes noise: the one figure that any model can be asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from restore.diffusion.arrays import sigma_to_signed, to_signed
from restore.engine.backends.torch_backend import TorchNetwork
from restore.engine.card import Card
from restore.engine.prior import Prior

__all__ = ["denoised_psnr", "half_precision_loss"]

Pixels: TypeAlias = np.ndarray[Any, Any]
Denoiser: TypeAlias = Callable[[Pixels, float], Pixels]
NOISE_LEVELS = 5 / 255, 25 / 255, 50 / 255


def denoised_psnr(prior: Denoiser, pictures: Sequence[Pixels], sigma: float) -> tuple[float, float]:
    """Return the mean PSNR in dB of pictures with white noise, before and after denoising.

    Args:
        prior: (x_t, σ) → x_0, in [-1, 1] units.
        pictures: Clean photos (H, W, 3) in [0, 1].
        sigma: Standard deviation of the noise in [0, 1] units; it is the same at every call.
    """
    rng = np.random.default_rng(0)
    level = sigma_to_signed(sigma)
    figures = []
    for picture in pictures:
        x_0 = to_signed(picture)
        x_t = x_0 + np.float32(level) * rng.standard_normal(x_0.shape, np.float32)
        figures.append((_psnr(x_t, x_0), _psnr(prior(x_t, level), x_0)))
    before, after = np.mean(figures, axis=0)
    return float(before), float(after)


def half_precision_loss(card: Card, pictures: Sequence[Pixels]) -> float:
    """Return how much PSNR in dB is lost at most, over noise levels, by weights rounded to half.

    Negative if rounding happens to improve the result at every level.

    Args:
        card: A model with weights in single precision.
        pictures: Clean photos (H, W, 3) in [0, 1].
    """
    network = TorchNetwork(card, "cpu")
    prior = Prior(card, network)

    def after() -> Pixels:
        return np.array([denoised_psnr(prior, pictures, sigma)[1] for sigma in NOISE_LEVELS])

    exact = after()
    network.module.half().float()
    return float((exact - after()).max())


def _psnr(x: Pixels, x_0: Pixels) -> float:
    error = float(np.mean((x.astype(np.float64) - x_0) ** 2))
    return 10 * math.log10(4 / max(error, 1e-20)) if math.isfinite(error) else -math.inf
