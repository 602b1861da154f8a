"""The objective of a restoring prior: E[x_0 | x_t, y] under every kind of damage."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal, Protocol

import torch
from PIL.Image import Image
from pydantic import Field
from torch import Generator, Tensor

from restore.diffusion.losses import Weighting, loss_weight, weighted_squared_error
from restore.diffusion.schedule import SIGMA_MAX
from restore.networks.conditioning import NOTHING_KNOWN, Conditioning
from restore.training.data.crops import open_crops
from restore.training.degradations.drawing import Share
from restore.training.estimate import estimate
from restore.training.mixture import Degraded, Kind, degrade
from restore.training.monochrome import Monochrome
from restore.training.objective import Losses, Module
from restore.training.objectives import ObjectiveRecipe

__all__ = ["Pictures", "Restoring", "RestoringRecipe"]


class Pictures(Protocol):
    """Where clean crops (N, 3, H, W) in [-1, 1] come from."""

    def draw(self, n: int, generator: Generator) -> Tensor:
        """Return random crops."""
        ...

    def fixed(self, n: int, seed: int) -> Tensor:
        """Return the same crops at every call."""
        ...


class RestoringRecipe(ObjectiveRecipe):
    """How examples are made of clean pictures.

    Attributes:
        kind: "restore".
        loss: Weight of the squared error.
        sigma: Mean and standard deviation of ln σ of x_t beside an observation.
        plain_sigma: The same for plain diffusion.
        without_x_t: Share of the observations to be restored in one step, without any x_t.
        drop_condition: Share of the others whose observation is taken away, for classifier-free
            guidance.
        monochrome: Share of the pictures that are made black-and-white, half of them toned.
        mix: The kinds of damage.
    """

    crop_multiple: ClassVar[int] = 24
    """Halves, thirds and quarters of a crop are whole, and even as a sensor's mosaic is."""

    kind: Literal["restore"] = "restore"
    loss: Weighting = "edm"
    sigma: tuple[float, float] = (0.0, 1.6)
    plain_sigma: tuple[float, float] = (-1.2, 1.2)
    without_x_t: Share = 0.65
    drop_condition: Share = 0.1
    monochrome: Share = 0.1
    mix: tuple[Kind, ...] = Field(min_length=1)

    def build(self, cache: Path, crop: int, device: torch.device) -> Restoring:
        """Return the objective; see `ObjectiveRecipe.build`."""
        return Restoring(self, *open_crops(cache, crop, device))


class Restoring:
    """Fresh examples with their losses, and figures on held-out ones.

    Args:
        recipe: How examples are made.
        pictures: To learn from.
        held_out: To be measured on.
        conditioning: How the network reads its views.
    """

    def __init__(
        self,
        recipe: RestoringRecipe,
        pictures: Pictures,
        held_out: Pictures,
        conditioning: Conditioning = Conditioning(),  # noqa: B008
    ) -> None:
        self.recipe = recipe
        self.pictures = pictures
        self.held_out = held_out
        self.conditioning = conditioning
        names = [kind.name for kind in recipe.mix]
        self.groups = (*names, *(f"{name}, one step" for name in names))

    def losses(self, network: Module, size: int, generator: Generator) -> Losses:
        """Draw `size` examples and return their losses; see `Objective.losses`."""
        x_0 = self.pictures.draw(size, generator)
        monochrome = Monochrome(x_0, self.recipe.monochrome, generator)
        x_0 = monochrome.untoned(x_0)
        degraded = monochrome.observed(degrade(x_0, self.recipe.mix, generator))
        x_0 = monochrome.toned(x_0)
        sigma, one_step = self._noise_levels(degraded, generator)
        eps = torch.randn(x_0.shape, device=x_0.device, generator=generator)
        x_t = torch.where(one_step, 0.0, x_0 + sigma * eps)
        y, maps = self._dropped(degraded, one_step, generator)
        x_0_hat, sigma_eff = estimate(network, self.conditioning, x_t, sigma, y, maps)
        weight = loss_weight(sigma_eff, self.recipe.loss)
        loss = weighted_squared_error(x_0_hat, x_0, weight)
        return Losses(loss, degraded.kind + len(self.recipe.mix) * one_step.flatten())

    def validate(self, network: Module) -> Mapping[str, float]:
        """Return the one-step PSNR in dB of fixed held-out examples, for each task."""
        from restore.training.figures import figures

        return figures(network, self.held_out, self.conditioning)

    def sheet(self, network: Module) -> Image:
        """Draw held-out examples: input, one-step result, sample, truth."""
        from restore.training.figures import sheet

        return sheet(network, self.held_out, self.conditioning)

    def _noise_levels(self, degraded: Degraded, generator: Generator) -> tuple[Tensor, Tensor]:
        """Return σ of x_t (B, 1, 1, 1), and which examples have no x_t."""
        kind, y = degraded.kind, degraded.y
        device = y.device
        plain = torch.tensor([not k.chain for k in self.recipe.mix], device=device)[kind]
        plain = plain[:, None, None, None]
        n = torch.randn(len(y), 1, 1, 1, device=device, generator=generator)
        (mean, spread), (plain_mean, plain_spread) = self.recipe.sigma, self.recipe.plain_sigma
        sigma = torch.exp(
            torch.where(plain, plain_mean + plain_spread * n, mean + spread * n)
        ).clamp(max=SIGMA_MAX)
        lot = torch.rand(len(y), 1, 1, 1, device=device, generator=generator)
        one_step = ~plain & (lot < self.recipe.without_x_t)
        return torch.where(one_step, SIGMA_MAX, sigma), one_step

    def _dropped(
        self, degraded: Degraded, one_step: Tensor, generator: Generator
    ) -> tuple[Tensor, Tensor]:
        """Take the observation of some examples away (Ho & Salimans 2022)."""
        y = degraded.y
        lot = torch.rand(len(y), 1, 1, 1, device=y.device, generator=generator)
        dropped = ~one_step & (lot < self.recipe.drop_condition)
        nothing = torch.tensor([NOTHING_KNOWN, 0.0, 0.0], device=y.device)[None, :, None, None]
        return torch.where(dropped, 0.0, y), torch.where(dropped, nothing, degraded.maps)
