"""A classifier of noisy pictures, p(y | x_σ), whose gradient guides a prior.

The way down of the U-Net, told the noise level as that is, then the mean over all places (Dhariwal
& Nichol 2021, section 4).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from restore.networks.labelled import NO_CLASS, Labelling
from restore.networks.unet import CellEmbedding, ResidualBlock

__all__ = ["Classifier", "log_probability"]


class Classifier(nn.Module):
    """Logits of the classes of x_σ, whose last channel is EDM's c_noise.

    Args:
        channels: Width of each level, from the finest, which stands at half resolution.
        blocks: Residual blocks of each level.
        inputs: Channels that it reads: those of a picture, and one more.
        classes: How many there are.
        embedding: Width of the noise level's embedding; 0 for none.
    """

    def __init__(
        self,
        channels: Sequence[int],
        blocks: Sequence[int],
        inputs: int,
        classes: int,
        embedding: int = 128,
    ) -> None:
        super().__init__()
        self.stride = int(2 ** len(channels))
        self.embedding = CellEmbedding(embedding) if embedding else None
        self.head = nn.Conv2d(inputs * 4, channels[0], 3, padding=1)
        self.levels = nn.ModuleList(
            nn.ModuleList(ResidualBlock(width, embedding) for _ in range(number))
            for width, number in zip(channels, blocks, strict=True)
        )
        self.down = nn.ModuleList(
            nn.Conv2d(width, wider, 2, stride=2) for width, wider in pairwise(channels)
        )
        self.tail = nn.Linear(channels[-1], classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits (B, classes) for x (B, inputs, H, W)."""
        e = None
        if self.embedding is not None:
            e = self.embedding(functional.avg_pool2d(x[:, -1:], self.stride))
        h = self.head(functional.pixel_unshuffle(x, 2))
        for i, blocks in enumerate(self.levels):
            h = self.down[i - 1](h) if i else h
            for block in blocks:  # type: ignore[attr-defined]
                h = block(h, e)
        logits: Tensor = self.tail(functional.relu(h).mean((2, 3)))
        return logits


def log_probability(
    network: Callable[[Tensor], Tensor], label: int | Tensor, labelling: Labelling
) -> Callable[[Tensor, float], Tensor]:
    """Return (x, σ) → log p(label | x_σ = x), (B,), for `restore.diffusion.guidance.gradient_of`.

    Args:
        network: A `Classifier`.
        label: Of all pictures, or of each, (B,).
        labelling: How it reads noisy pictures, with no classes.
    """

    def log_p(x: Tensor, sigma: float) -> Tensor:
        level = torch.full((len(x), 1, 1, 1), float(sigma), dtype=x.dtype, device=x.device)
        nothing = torch.full((len(x),), NO_CLASS, device=x.device)
        logits = network(labelling.assemble(x, level, nothing))
        wanted = torch.as_tensor(label, device=x.device).expand(len(x))
        return logits.log_softmax(1).gather(1, wanted[:, None])[:, 0]

    return log_p
