"""The objective "classifier": the class of a noisy picture, to guide a prior with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import torch
from PIL.Image import Image
from pydantic import Field
from torch import Generator, Tensor, nn
from torch.nn import functional

from restore.diffusion.noise import noise_like
from restore.diffusion.preconditioning import SIGMA_DATA
from restore.diffusion.schedule import SIGMA_MAX, SIGMA_MIN
from restore.engine.card import Architecture
from restore.networks.classifier import Classifier
from restore.networks.labelled import NO_CLASS, Labelling
from restore.training.data.labelled import LabelledPictures, open_labelled
from restore.training.objective import Losses, Module
from restore.training.objectives import ObjectiveRecipe
from restore.training.sheet import draw_sheet

__all__ = ["ClassifierRecipe", "Classifying"]

SEED = 1
HELD_OUT, SHOWN, SIGMAS = 64, 16, (0.1, 0.5, 1.0)


class ClassifierRecipe(ObjectiveRecipe):
    """How a classifier of noisy pictures is taught.

    Attributes:
        kind: "classifier".
        classes: Names of the folders, one a class.
        channels: Of a picture, 3 or 1.
        sigma: Mean and standard deviation of ln σ.
        sigma_data: Standard deviation of the clean pictures, in [-1, 1] units.
        smoothing: Share of the target that is spread evenly over all classes (Szegedy et al. 2016).
    """

    kind: Literal["classifier"] = "classifier"
    classes: tuple[str, ...] = Field(min_length=2, max_length=1000)
    channels: Literal[1, 3] = 3
    sigma: tuple[float, float] = (-1.2, 1.2)
    sigma_data: float = Field(SIGMA_DATA, gt=0)
    smoothing: float = Field(0.0, ge=0, lt=1)

    @property
    def labelling(self) -> Labelling:
        """How the network reads noisy pictures: it is told no class."""
        return Labelling(0, self.sigma_data)

    @property
    def inputs(self) -> int:
        """Those of a picture, and the noise level."""
        return self.channels + 1

    @property
    def outputs(self) -> int:
        """One a class."""
        return len(self.classes)

    def network(self, architecture: Architecture) -> nn.Module:
        """Return the classifier, with random weights."""
        a = architecture
        return Classifier(a.channels, a.blocks, a.inputs, a.outputs, a.embedding)

    def build(self, cache: Path, crop: int, device: torch.device) -> Classifying:
        """Return the objective; see `ObjectiveRecipe.build`."""
        return Classifying(self, *open_labelled(cache, crop, device, self.classes, self.channels))


class Classifying:
    """Noisy pictures with the cross-entropy of their class, and figures on held-out ones.

    Args:
        recipe: How examples are made.
        pictures: To learn from.
        held_out: To be measured on.
    """

    groups: tuple[str, ...] = ("classifier",)

    def __init__(
        self, recipe: ClassifierRecipe, pictures: LabelledPictures, held_out: LabelledPictures
    ) -> None:
        self.recipe, self.pictures, self.held_out = recipe, pictures, held_out

    def losses(self, network: Module, size: int, generator: Generator) -> Losses:
        """Draw examples and return their losses; see `Objective.losses`."""
        x_0, label = self.pictures.draw(size, generator)
        mean, spread = self.recipe.sigma
        n = torch.randn(size, 1, 1, 1, device=x_0.device, generator=generator)
        sigma = torch.exp(mean + spread * n).clamp(SIGMA_MIN, SIGMA_MAX)
        x = x_0 + sigma * torch.randn(x_0.shape, device=x_0.device, generator=generator)
        loss = functional.cross_entropy(
            self._logits(network, x, sigma),
            label,
            reduction="none",
            label_smoothing=self.recipe.smoothing,
        )
        return Losses(loss, torch.zeros_like(label))

    @torch.no_grad()
    def validate(self, network: Module) -> Mapping[str, float]:
        """Return the share of held-out pictures whose class is found under noise, in percent."""
        x_0, label = self.held_out.fixed(HELD_OUT, SEED)
        eps, found = noise_like(x_0, SEED)(0), {}
        for sigma in SIGMAS:
            level = torch.full_like(x_0[:, :1, :1, :1], sigma)
            right = self._logits(network, x_0 + sigma * eps, level).argmax(1) == label
            found[f"σ {sigma}"] = 100 * float(right.float().mean())
        return found

    @torch.no_grad()
    def sheet(self, network: Module) -> Image:
        """Draw held-out pictures under each noise, and what was found in them."""
        x_0, label = self.held_out.fixed(SHOWN, SEED)
        eps, names = noise_like(x_0, SEED)(0), self.recipe.classes
        rows = []
        for sigma in SIGMAS:
            x = x_0 + sigma * eps
            found = self._logits(network, x, torch.full_like(x_0[:, :1, :1, :1], sigma)).argmax(1)
            rows.append((f"σ {sigma}: {' '.join(names[i] for i in found.tolist())}", list(x)))
        rows.append((f"truth: {' '.join(names[i] for i in label.tolist())}", list(x_0)))
        return draw_sheet(rows, [""] * len(x_0))

    def _logits(self, network: Module, x: Tensor, sigma: Tensor) -> Tensor:
        nothing = torch.full((len(x),), NO_CLASS, device=x.device)
        logits: Tensor = network(self.recipe.labelling.assemble(x, sigma, nothing))
        return logits
