"""Black-and-white photos, plain and toned, among the pictures to learn from.

A gray scan enters the network three times: its noise and damage are the same in every channel,
which no colour photo's are. One channel of the damaged gray picture stands for all three.
"""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from restore.diffusion import GRAY_NOISE
from restore.networks.conditioning import NOTHING_KNOWN
from restore.training.degradations.drawing import some, uniform
from restore.training.mixture import MOST_NOISE, Degraded

__all__ = ["Monochrome", "gray", "repeated"]

LUMA = (0.299, 0.587, 0.114)
TONE = 0.2
"""The most by which a toned print's middle gray leans toward a colour."""


def gray(x: Tensor) -> Tensor:
    """Return the luma (B, 3, H, W) of pictures, the same in each channel."""
    weights = torch.tensor(LUMA, dtype=x.dtype, device=x.device)[None, :, None, None]
    return (x * weights).sum(1, keepdim=True).expand_as(x)


def repeated(y: Tensor, maps: Tensor) -> tuple[Tensor, Tensor]:
    """Return gray observations (B, 3, H, W) and their maps, one channel standing for all three."""
    noise = maps[:, :1]
    told = (noise * GRAY_NOISE).clamp(max=MOST_NOISE)
    told = torch.where((noise > 0) & (noise < NOTHING_KNOWN), told, noise)
    return y[:, 1:2].expand_as(y), torch.cat([told, maps[:, 1:]], 1)


class Monochrome:
    """Which examples of a batch are black-and-white photos, and how each is toned.

    Args:
        like: The batch, (B, 3, H, W).
        share: Of the batch, on average; every other one is toned.
        generator: On the device of the batch.
    """

    def __init__(self, like: Tensor, share: float, generator: Generator) -> None:
        self.chosen = some(like, share, generator)
        tone = torch.cat([uniform(like, (-TONE, TONE), generator) for _ in range(3)], 1)
        self.tone = torch.where(some(like, 0.5, generator), tone, 0.0)

    def untoned(self, x_0: Tensor) -> Tensor:
        """Return the batch with the chosen pictures in gray, to be degraded."""
        return torch.where(self.chosen, gray(x_0), x_0)

    def toned(self, x: Tensor) -> Tensor:
        """Return the batch with the chosen gray pictures toned; black and white stay so."""
        return torch.where(self.chosen, x + self.tone * (1 - x.clamp(-1, 1) ** 2), x)

    def observed(self, degraded: Degraded) -> Degraded:
        """Return the observations with one channel of the chosen in the place of three."""
        y, maps = repeated(degraded.y, degraded.maps)
        y = torch.where(degraded.maps[:, :1] < NOTHING_KNOWN, self.toned(y), degraded.y)
        y = torch.where(self.chosen, y, degraded.y)
        return Degraded(y, torch.where(self.chosen, maps, degraded.maps), degraded.kind)
