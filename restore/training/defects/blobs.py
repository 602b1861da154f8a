"""Irregular blobs: where a smooth random field rises above a threshold."""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor

__all__ = ["smooth_field"]


def smooth_field(like: Tensor, scale: Tensor, generator: Generator) -> Tensor:
    """Return white noise after a Gaussian blur, of variance 1, (B, 1, H, W).

    Args:
        like: (B, C, H, W).
        scale: Standard deviation of the blur in pixels, (B, 1, 1, 1).
        generator: Source of randomness.
    """
    height, width = like.shape[2:]
    noise = torch.randn(len(like), 1, height, width, device=like.device, generator=generator)
    rows = torch.fft.fftfreq(height, device=like.device)[:, None]
    columns = torch.fft.rfftfreq(width, device=like.device)
    square = rows.square() + columns.square()
    spectrum = torch.fft.rfft2(noise) * torch.exp(-2 * math.pi**2 * scale.square() * square)
    field = torch.fft.irfft2(spectrum, s=(height, width))
    unit: Tensor = field / field.square().mean((2, 3), keepdim=True).sqrt()
    return unit
