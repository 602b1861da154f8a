"""The conditional U-Net: plain convolutions at half resolution and below, no norm, no attention.

Residual blocks of two 3×3 convolutions, modulated by what is known of their place (FiLM, Perez et
al. 2018), in an encoder and a decoder with additive skips (Ronneberger et al. 2015). Pixel
unshuffling by two in front keeps every convolution at half resolution or less, where two CPU cores
are at their best.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["CellEmbedding", "ResidualBlock", "UNet"]


class CellEmbedding(nn.Module):
    """What every residual block is told, cell by cell: the noise level, and maybe the damage.

    Random Fourier features (Tancik et al. 2020) through a small perceptron. A cell is a square of
    `UNet.stride` pixels, so that a tile is told what the whole picture would be.

    Args:
        width: Channels of the embedding.
        told: Channels that are embedded: the noise level, and told - 1 degradation maps.
    """

    level_frequencies = 64
    map_frequencies = 16

    def __init__(self, width: int, told: int = 1) -> None:
        super().__init__()
        features = 2 * (self.level_frequencies + self.map_frequencies * (told - 1))
        self.layers = nn.Sequential(
            nn.Linear(features, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU()
        )
        self.frequencies = nn.Parameter(torch.randn(self.level_frequencies), requires_grad=False)
        if told > 1:
            frequencies = torch.randn(self.map_frequencies)
            self.frequencies_of_maps = nn.Parameter(frequencies, requires_grad=False)

    def forward(self, cells: Tensor) -> Tensor:
        """Return (B, h, w, width) for the means (B, told, h, w) over cells, the level the last."""
        maps, level = cells[:, :-1].movedim(1, -1)[..., None], cells[:, -1, ..., None]
        angles = [level * self.frequencies]
        if maps.shape[-2]:
            angles.append((maps * self.frequencies_of_maps).flatten(-2))
        features = [wave(2 * math.pi * a) for a in angles for wave in (torch.cos, torch.sin)]
        e: Tensor = self.layers(torch.cat(features, -1))
        return e


class ResidualBlock(nn.Module):
    """h + conv2(relu(conv1(h) · (1 + film(e)))).

    Args:
        channels: Of h.
        embedding: Channels of e; 0 for no modulation.
    """

    def __init__(self, channels: int, embedding: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        with torch.no_grad():
            self.conv2.weight.mul_(0.2)
        if embedding:
            self.film = nn.Linear(embedding, channels)
            nn.init.zeros_(self.film.weight)
            nn.init.zeros_(self.film.bias)

    def forward(self, h: Tensor, e: Tensor | None) -> Tensor:
        """Return (B, C, H, W) for features h (B, C, H, W) and cells e (B, H/k, W/k, E)."""
        inner = self.conv1(h)
        if e is not None:
            scale = self.film(e).movedim(-1, 1)
            k = h.shape[-1] // scale.shape[-1]
            inner = inner * (1 + functional.interpolate(scale, scale_factor=k, mode="nearest"))
        change: Tensor = self.conv2(functional.relu(inner, inplace=True))
        return h + change


class UNet(nn.Module):
    """F(x), whose input's last channel is EDM's c_noise (Karras et al. 2022, table 1).

    Args:
        channels: Width of each level, from the finest, which stands at half resolution.
        blocks: Residual blocks of each level, on the way down and again on the way up.
        inputs: Channels of x.
        outputs: Channels of F.
        embedding: Width of the embedding that modulates the blocks; 0 for a network without one.
        told: Channels, counted from the last, that are embedded: 1 for the noise level alone, 4
            for the degradation maps as well.
    """

    def __init__(
        self,
        channels: Sequence[int] = (64, 128, 256),
        blocks: Sequence[int] = (2, 2, 4),
        inputs: int = 10,
        outputs: int = 3,
        embedding: int = 128,
        told: int = 1,
    ) -> None:
        super().__init__()
        self.channels = tuple(channels)
        self.blocks = tuple(blocks)
        self.told = told

        def residual_blocks(level: int) -> nn.ModuleList:
            return nn.ModuleList(
                ResidualBlock(channels[level], embedding) for _ in range(blocks[level])
            )

        levels = range(len(channels) - 1)
        self.embedding = CellEmbedding(embedding, told) if embedding else None
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
        self.tail = nn.Conv2d(channels[0], outputs * 4, 3, padding=1)
        for parameter in self.tail.parameters():
            nn.init.zeros_(parameter)

    @property
    def stride(self) -> int:
        """What height and width must be multiples of."""
        return int(2 ** len(self.channels))

    def forward(self, x: Tensor) -> Tensor:
        """Return F (B, outputs, H, W) for x (B, inputs, H, W)."""
        e = None
        if self.embedding is not None:
            e = self.embedding(functional.avg_pool2d(x[:, -self.told :], self.stride))
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
