"""What a camera does to light: noise on a mosaic of colours, demosaicing, a tone curve.

Only the noise goes through the mosaic, so that the clean picture keeps its detail. Noise is born
in linear light, where shot noise is Poisson (Foi et al. 2008; Brooks et al. 2019). The tone curve
f, continued by f(-v) = -f(v), stretches it at each pixel by f's secant over ±σ, so that it keeps
its mean: clipped before such a curve, it would lift black.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import torch
from torch import Generator, Tensor
from torch.nn import functional

from restore.training.degradations.blur import convolve, gaussian_kernel
from restore.training.degradations.drawing import (
    Piece,
    Range,
    Share,
    chosen,
    eight_bits,
    log_uniform,
    normal,
    picked,
    uniform,
)
from restore.training.degradations.view import View

__all__ = ["Camera"]


class Camera(Piece):
    """Shot and read noise as a camera's JPEG engine leaves it.

    Attributes:
        shot: Range of the shot noise's variance at white, in linear light.
        read: Range of the read noise's standard deviation, in linear light.
        tone: Range of the exponent of a curve after sRGB's.
        smoothed: Share of the examples whose noise was smoothed by the camera.
        smoothing: Range of the standard deviation of that, in pixels.
        misjudged: Standard deviation of the logarithm of what an estimate is off by.
    """

    kind: Literal["camera"] = "camera"
    shot: Range = (2e-5, 2e-2)
    read: Range = (2e-4, 2e-2)
    tone: Range = (0.8, 1.25)
    smoothed: Share = 0.5
    smoothing: Range = (0.25, 1.0)
    misjudged: float = 0.15

    def __call__(self, view: View, generator: Generator) -> View:
        """Take the picture; the noise map is one number, the root mean square error."""
        y = view.y
        tone = uniform(y, self.tone, generator)
        light = linear(((y + 1) / 2).clamp(0, 1) ** tone)
        ones = torch.ones_like(tone)
        gains = [uniform(y, (1.2, 2.6), generator), ones, uniform(y, (1.2, 2.6), generator)]
        raw = light / (balance := torch.cat(gains, 1))
        shot, read = log_uniform(y, self.shot, generator), log_uniform(y, self.read, generator)
        sigma = torch.sqrt(shot * raw + read**2)
        noise = demosaic(normal(y, generator) * sigma * mosaic(y, generator)) / sigma
        error = noise * rise(light, sigma * balance, tone)
        at = picked(y, self.smoothed, generator)
        if len(at):
            kernel = gaussian_kernel(uniform(error[at], self.smoothing, generator))
            error = error.index_copy(0, at, convolve(error[at], kernel))
        rms = error.square().mean((1, 2, 3), keepdim=True).sqrt()
        estimate = rms * torch.exp(self.misjudged * normal(rms, generator))
        noise_map = torch.hypot(view.noise, estimate.expand_as(view.noise))
        return replace(view, y=eight_bits(y + error), noise=noise_map)


def rise(light: Tensor, sigma: Tensor, tone: Tensor) -> Tensor:
    """Return f(light + σ) - f(light - σ): in [-1, 1] units, what σ becomes by the tone curve."""
    upper, lower = light + sigma, light - sigma
    bright, dark = (encoded(v.abs()) ** (1 / tone) for v in (upper, lower))
    return bright - torch.copysign(dark, lower)


def linear(v: Tensor) -> Tensor:
    """Decode sRGB values in [0, 1] (IEC 61966-2-1)."""
    return torch.where(v <= 0.04045, v / 12.92, ((v.clamp(min=0.04045) + 0.055) / 1.055) ** 2.4)


def encoded(v: Tensor) -> Tensor:
    """Encode linear light of 0 or more as sRGB."""
    return torch.where(
        v <= 0.0031308, v * 12.92, 1.055 * v.clamp(min=0.0031308) ** (1 / 2.4) - 0.055
    )


def mosaic(like: Tensor, generator: Generator) -> Tensor:
    """Return which colour each pixel of a Bayer sensor sees, (B, 3, H, W), at any of its phases."""
    height, width = like.shape[2:]
    phase = chosen(like, 4, generator)
    rows = torch.arange(height, device=like.device) + (phase // 2)[:, None]
    columns = torch.arange(width, device=like.device) + (phase % 2)[:, None]
    odd_row, odd_column = (rows % 2 == 1)[:, :, None], (columns % 2 == 1)[:, None, :]
    red, blue = ~odd_row & ~odd_column, odd_row & odd_column
    return torch.stack([red, odd_row ^ odd_column, blue], 1).to(like.dtype)


def demosaic(sampled: Tensor) -> Tensor:
    """Fill in each colour's missing pixels by bilinear interpolation."""
    green = [[0, 1, 0], [1, 4, 1], [0, 1, 0]]
    others = [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
    kernels = torch.tensor([others, green, others], dtype=sampled.dtype, device=sampled.device)
    padded = functional.pad(sampled, (1, 1, 1, 1), mode="reflect")
    return functional.conv2d(padded, kernels[:, None] / 4, groups=3)
