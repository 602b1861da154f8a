"""The objective "autoencoder": pictures through a narrow Gaussian and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import torch
from PIL.Image import Image
from pydantic import Field
from torch import Generator, Tensor, nn

from restore.engine.card import Architecture
from restore.networks.autoencoder import Autoencoder, Coded, kl_to_standard
from restore.training.data.labelled import open_upright
from restore.training.objective import Losses, Module
from restore.training.objectives import ObjectiveRecipe
from restore.training.restoring import Pictures
from restore.training.sheet import draw_sheet

__all__ = ["AutoencoderRecipe", "Autoencoding", "autoencoder_loss"]

SEED = 1
HELD_OUT, SHOWN = 64, 8


class AutoencoderRecipe(ObjectiveRecipe):
    """How an autoencoder is taught.

    Attributes:
        kind: "autoencoder".
        channels: Of a picture, 3 or 1.
        latents: Channels of a latent.
        beta: β, weight of the KL term. With β = 2 s² the loss is, but for constants, minus the
            evidence bound of a decoder whose pixels have noise of standard deviation s.
    """

    kind: Literal["autoencoder"] = "autoencoder"
    channels: Literal[1, 3] = 3
    latents: int = Field(4, ge=1, le=64)
    beta: float = Field(0.005, ge=0)

    @property
    def inputs(self) -> int:
        """Those of a picture."""
        return self.channels

    @property
    def outputs(self) -> int:
        """Those of a latent."""
        return self.latents

    def network(self, architecture: Architecture) -> nn.Module:
        """Return the autoencoder, with random weights."""
        a = architecture
        return Autoencoder(a.channels, a.blocks, a.inputs, a.outputs)

    def build(self, cache: Path, crop: int, device: torch.device) -> Autoencoding:
        """Return the objective; see `ObjectiveRecipe.build`."""
        return Autoencoding(self, *open_upright(cache, crop, device, self.channels))


class Autoencoding:
    """Pictures with what is lost on their way, and figures on held-out ones.

    Args:
        recipe: What counts how much.
        pictures: To learn from.
        held_out: To be measured on.
    """

    groups: tuple[str, ...] = ("autoencoder",)

    def __init__(self, recipe: AutoencoderRecipe, pictures: Pictures, held_out: Pictures) -> None:
        self.recipe, self.pictures, self.held_out = recipe, pictures, held_out

    def losses(self, network: Module, size: int, generator: Generator) -> Losses:
        """Draw examples and return their losses; see `Objective.losses`."""
        x = self.pictures.draw(size, generator)
        eps = self._eps(x, generator)
        loss = autoencoder_loss(network(x, eps), x, self.recipe.beta)
        return Losses(loss, torch.zeros(size, dtype=torch.int64, device=x.device))

    @torch.no_grad()
    def validate(self, network: Module) -> Mapping[str, float]:
        """Return the PSNR in dB of held-out pictures that went through their mean latents."""
        x = self.held_out.fixed(HELD_OUT, SEED)
        error = network(x, self._eps(x)).x_hat - x
        return {"PSNR": float(10 * torch.log10(4 / error.square().mean()))}

    @torch.no_grad()
    def sheet(self, network: Module) -> Image:
        """Draw held-out pictures before and after."""
        x = self.held_out.fixed(SHOWN, SEED)
        x_hat = network(x, self._eps(x)).x_hat
        rows = [(str(i + 1), (x[i], x_hat[i])) for i in range(len(x))]
        return draw_sheet(rows, ("picture", "decoded"))

    def _eps(self, x: Tensor, generator: Generator | None = None) -> Tensor:
        """Return noise for latents of any size up to the picture's; 0 without a generator."""
        shape = len(x), self.recipe.latents, *x.shape[2:]
        if generator is None:
            return torch.zeros(shape, device=x.device)
        return torch.randn(shape, device=x.device, generator=generator)


def autoencoder_loss(coded: Coded, x: Tensor, beta: float) -> Tensor:
    """Return (‖x̂ − x‖² + β KL(q(z | x) ‖ N(0, I))) over the number of pixel values, (B,).

    Args:
        coded: What the autoencoder made of them.
        x: The pictures, (B, C, H, W) in [-1, 1].
        beta: β.
    """
    kl = kl_to_standard(coded.mean, coded.log_variance) / math.prod(x.shape[1:])
    return (coded.x_hat - x).square().mean((1, 2, 3)) + beta * kl
