"""Irregular blobs: where a smooth random field rises above a threshold."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Generator, Tensor

from restore.training.defects.ink import Ink, Span
from restore.training.degradations.drawing import Range, log_uniform, uniform

__all__ = ["Blobs", "smooth_field"]


class Blobs(Ink):
    """Dust, spots, stains: irregular blobs.

    Attributes:
        kind: "blobs".
        scale: Range of their size, pixels; small blobs have about half of this as their radius.
        rarity: Range of the threshold, in standard deviations of the field; 3 makes blobs rare.
        hardness: Range of how steep their edges are; 1 is an edge of about a pixel.
        ragged: Range of the share of finer detail.
    """

    kind: Literal["blobs"] = "blobs"
    scale: Range = (0.8, 5.0)
    rarity: Range = (2.7, 4.0)
    hardness: Range = (1.0, 4.0)
    ragged: Span = (0.0, 0.3)

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        """Scatter blobs of one kind on each print."""
        scale = log_uniform(x, self.scale, generator)
        detail = uniform(x, self.ragged, generator)
        field = smooth_field(x, scale, generator)
        field = field + detail * smooth_field(x, scale / 4, generator)
        rise = (field - uniform(x, self.rarity, generator)) * scale
        cover = (rise * uniform(x, self.hardness, generator)).clamp(0, 1)
        return self.paint(x, cover, generator)


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
