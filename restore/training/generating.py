"""The objective "classes": E[x_0 | x_σ, class], with the class now and then left out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Protocol, Self

import torch
from PIL.Image import Image
from pydantic import Field
from torch import Generator, Tensor

from restore.diffusion.losses import Weighting, loss_weight, weighted_squared_error
from restore.diffusion.noise import noise_like
from restore.diffusion.preconditioning import SIGMA_DATA
from restore.diffusion.samplers import sample_dpmpp_2m
from restore.diffusion.schedule import SIGMA_MAX, SIGMA_MIN, karras
from restore.networks.labelled import NO_CLASS, ClassPrior, Labelling
from restore.training.data.labelled import LabelledPictures, open_labelled
from restore.training.degradations.drawing import Share
from restore.training.latents import Latents, load_autoencoder
from restore.training.objective import Losses, Module
from restore.training.objectives import ObjectiveRecipe
from restore.training.sheet import draw_sheet

__all__ = ["ClassesRecipe", "Generating"]

SEED = 1
HELD_OUT, SIGMAS = 64, (0.2, 1.0)
"""Held-out pictures that are measured, and under how much noise."""
DRAWN, STEPS, SIGMA_START = 8, 12, 20.0
"""Samples a class on the sheet."""


class ClassesRecipe(ObjectiveRecipe):
    """How a prior of several classes is taught.

    Attributes:
        kind: "classes".
        classes: Names of the folders, one a class.
        channels: Of a picture, 3 or 1; of a latent, where there is an autoencoder.
        autoencoder: Folder of a finished run of the kind "autoencoder", in whose latents of unit
            variance diffusion takes place; none for pictures as they are.
        loss: Weight of the squared error.
        sigma: Mean and standard deviation of ln σ.
        sigma_data: Standard deviation of pictures, in [-1, 1] units, or of latents, which is 1.
        drop_class: Share of the examples whose class is not told, for classifier-free guidance.
    """

    kind: Literal["classes"] = "classes"
    classes: tuple[str, ...] = Field(min_length=1, max_length=1000)
    channels: int = Field(3, ge=1, le=64)
    autoencoder: Path | None = None
    loss: Weighting = "edm"
    sigma: tuple[float, float] = (-1.2, 1.2)
    sigma_data: float = Field(SIGMA_DATA, gt=0)
    drop_class: Share = 0.1

    @property
    def labelling(self) -> Labelling:
        """How the network is told."""
        return Labelling(len(self.classes), self.sigma_data)

    @property
    def inputs(self) -> int:
        """Those of a picture, the planes of the classes and the noise level."""
        return self.channels + len(self.classes) + 1

    @property
    def outputs(self) -> int:
        """Those of a picture."""
        return self.channels

    def located(self, folder: Path) -> Self:
        """Return the table with its paths seen from the recipe's folder."""
        if self.autoencoder is None:
            return self
        return self.model_copy(update={"autoencoder": folder / self.autoencoder.expanduser()})

    def build(self, cache: Path, crop: int, device: torch.device) -> Generating:
        """Return the objective; see `ObjectiveRecipe.build`."""
        if self.autoencoder is None:
            crops = open_labelled(cache, crop, device, self.classes, self.channels)
            return Generating(self, *crops)
        coder = load_autoencoder(self.autoencoder, device)
        channels = coder.autoencoder.inputs
        pictures = open_labelled(cache, crop, device, self.classes, channels)
        learnt = Latents.fitted(coder, pictures[0])
        return Generating(self, learnt, Latents(learnt.space, pictures[1]))


class Shown(LabelledPictures, Protocol):
    """Pictures, or what stands for them."""

    def shown(self, x: Tensor) -> Tensor:
        """Return what such arrays look like, (N, 3 or 1, H, W) in [-1, 1]."""
        ...


class Generating:
    """Noisy examples with their losses, and figures on held-out ones.

    Args:
        recipe: How examples are made.
        pictures: To learn from.
        held_out: To be measured on.
    """

    groups: tuple[str, ...] = ("class told", "no class")

    def __init__(self, recipe: ClassesRecipe, pictures: Shown, held_out: Shown) -> None:
        self.recipe, self.pictures, self.held_out = recipe, pictures, held_out
        self.labelling = recipe.labelling

    def losses(self, network: Module, size: int, generator: Generator) -> Losses:
        """Draw examples and return their losses; see `Objective.losses`."""
        x_0, label = self.pictures.draw(size, generator)
        device = x_0.device
        lot = torch.rand(size, device=device, generator=generator)
        dropped = lot < self.recipe.drop_class
        label = torch.where(dropped, NO_CLASS, label)
        mean, spread = self.recipe.sigma
        n = torch.randn(size, 1, 1, 1, device=device, generator=generator)
        sigma = torch.exp(mean + spread * n).clamp(SIGMA_MIN, SIGMA_MAX)
        x = x_0 + sigma * torch.randn(x_0.shape, device=device, generator=generator)
        f = network(self.labelling.assemble(x, sigma, label))
        x_0_hat = self.labelling.finish(x, sigma, f)
        weight = loss_weight(sigma, self.recipe.loss, self.recipe.sigma_data)
        return Losses(weighted_squared_error(x_0_hat, x_0, weight), dropped.long())

    @torch.no_grad()
    def validate(self, network: Module) -> Mapping[str, float]:
        """Return the PSNR in dB of held-out pictures from under noise, with and without a class."""
        x_0, label = self.held_out.fixed(HELD_OUT, SEED)
        prior, eps = ClassPrior(network, self.labelling), noise_like(x_0, SEED)(0)
        found = {}
        for sigma in SIGMAS:
            for name, told in (("", label), (", no class", NO_CLASS)):
                error = prior.told(told)(x_0 + sigma * eps, sigma) - x_0
                found[f"σ {sigma}{name}"] = float(10 * torch.log10(4 / error.square().mean()))
        return found

    @torch.no_grad()
    def sheet(self, network: Module) -> Image:
        """Draw samples of each class."""
        like = self.held_out.fixed(1, SEED).x_0
        classes = len(self.recipe.classes)
        label = torch.arange(classes, device=like.device).repeat_interleave(DRAWN)
        start = SIGMA_START * noise_like(like.expand(len(label), -1, -1, -1), SEED)(0)
        told = ClassPrior(network, self.labelling).told(label)
        samples = sample_dpmpp_2m(told, start, karras(STEPS, 0.02, SIGMA_START))
        each = torch.split(self.held_out.shown(samples), DRAWN)
        rows = zip(self.recipe.classes, each, strict=True)
        return draw_sheet([(name, list(row)) for name, row in rows], [""] * DRAWN)
