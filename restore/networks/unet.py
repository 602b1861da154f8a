"""The conditional U-Net: plain convolutions at half resolution and below, no norm, no attention.

Residual blocks of two 3×3 convolutions, modulated by the noise level (FiLM), after an encoder and
decoder with additive skips (Ronneberger et al. 2015; Perez et al. 2018). Pixel unshuffling by two
in front keeps every convolution at half resolution or less, where two CPU cores are at their best.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["ResidualBlock", "UNet"]


class ResidualBlock(nn.Module):
    """h + conv2(relu(conv1(h) · (1 + film(e))))."""

    def __init__(self, channels: int, embedding: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.film = nn.Linear(embedding, channels)
        nn.init.zeros_(self.film.weight)
        nn.init.zeros_(self.film.bias)
        with torch.no_grad():
            self.conv2.weight.mul_(0.2)

    def forward(self, h: Tensor, e: Tensor) -> Tensor:
        """Return (B, C, H, W) for features h (B, C, H, W) and noise embedding e (B, E)."""
        modulated = self.conv1(h) * (1 + self.film(e)[:, :, None, None])
        change: Tensor = self.conv2(functional.relu(modulated, inplace=True))
        return h + change


class UNet(nn.Module):
    """F(x; c_noise) of EDM's preconditioning (Karras et al. 2022, table 1).

    Args:
        channels: Width of each level, from the finest, which stands at half resolution.
        blocks: Residual blocks of each level, on the way down and again on the way up.
        inputs: Channels of x.
        embedding: Width of the noise level's embedding.
    """

    frequency_count = 64

    def __init__(
        self,
        channels: Sequence[int] = (64, 128, 256),
        blocks: Sequence[int] = (2, 2, 4),
        inputs: int = 10,
        embedding: int = 128,
    ) -> None:
        super().__init__()
        self.channels = tuple(channels)
        self.blocks = tuple(blocks)

        def residual_blocks(level: int) -> nn.ModuleList:
            return nn.ModuleList(
                ResidualBlock(channels[level], embedding) for _ in range(blocks[level])
            )

        levels = range(len(channels) - 1)
        self.frequencies = nn.Parameter(torch.randn(self.frequency_count), requires_grad=False)
        self.embedding = nn.Sequential(
            nn.Linear(2 * self.frequency_count, embedding),
            nn.SiLU(),
            nn.Linear(embedding, embedding),
            nn.SiLU(),
        )
        self.head = nn.Conv2d(inputs * 4, channels[0], 3, padding=1)
        self.encoder = nn.ModuleList(residual_blocks(i) for i in levels)
        self.down = nn.ModuleList(
            nn.Conv2d(channels[i], channels[i + 1], 2, stride=2) for i in levels
        )
        self.middle = residual_blocks(-1)
        self.up = nn.ModuleList(
            nn.Conv2d(channels[i + 1], channels[i] * 4, 1) for i in reversed(levels)
        )
        self.decoder = nn.ModuleList(residual_blocks(i) for i in reversed(levels))
        self.tail = nn.Conv2d(channels[0], 12, 3, padding=1)
        for parameter in self.tail.parameters():
            nn.init.zeros_(parameter)

    @property
    def stride(self) -> int:
        """What height and width must be multiples of."""
        return int(2 ** len(self.channels))

    def forward(self, x: Tensor, c_noise: Tensor) -> Tensor:
        """Return F (B, 3, H, W) for x (B, inputs, H, W) and c_noise (B,)."""
        angles = 2 * math.pi * c_noise[:, None] * self.frequencies
        e = self.embedding(torch.cat([angles.cos(), angles.sin()], 1))
        h = self.head(functional.pixel_unshuffle(x, 2))
        skips = []
        for blocks, down in zip(self.encoder, self.down, strict=True):
            for block in blocks:  # type: ignore[attr-defined]
                h = block(h, e)
            skips.append(h)
            h = down(h)
        for block in self.middle:
            h = block(h, e)
        for up, blocks in zip(self.up, self.decoder, strict=True):
            h = skips.pop() + functional.pixel_shuffle(up(h), 2)
            for block in blocks:  # type: ignore[attr-defined]
                h = block(h, e)
        return functional.pixel_shuffle(self.tail(h), 2)
