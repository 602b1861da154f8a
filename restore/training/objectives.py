"""The kinds of objectives that a recipe can name, found without importing them all."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    import torch
    from torch import nn

    from restore.engine.card import Architecture
    from restore.training.objective import Objective

__all__ = ["OBJECTIVES", "Frozen", "ObjectiveRecipe", "find"]

OBJECTIVES: Mapping[str, str] = {
    "restore": "restore.training.restoring:RestoringRecipe",
    "defects": "restore.training.detecting:DefectsRecipe",
    "classes": "restore.training.generating:ClassesRecipe",
    "classifier": "restore.training.classifying:ClassifierRecipe",
    "autoencoder": "restore.training.autoencoding:AutoencoderRecipe",
}
"""For each kind the class of its `[objective]` table, a subclass of `ObjectiveRecipe`."""


class Frozen(BaseModel):
    """A record that is what it says and nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ObjectiveRecipe(Frozen):
    """The `[objective]` table of a recipe; subclasses add their keys.

    Attributes:
        kind: Its key in `OBJECTIVES`.
        crop_multiple: What the side of the crops must be a multiple of.
    """

    kind: str
    crop_multiple: ClassVar[int] = 1

    @property
    def inputs(self) -> int:
        """Channels that the network reads."""
        return 10

    @property
    def outputs(self) -> int:
        """Channels that it returns."""
        return 3

    def network(self, architecture: Architecture) -> nn.Module:
        """Return the network, a U-Net unless it says otherwise, with random weights."""
        from restore.networks.unet import UNet

        return UNet(**architecture.model_dump())

    def located(self, folder: Path) -> Self:
        """Return the table with its paths seen from the recipe's folder."""
        del folder
        return self

    def build(self, cache: Path, crop: int, device: torch.device) -> Objective:
        """Return the objective.

        Args:
            cache: Folder of the decoded pictures.
            crop: Side of the crops, in pixels.
            device: Where batches are made.
        """
        raise NotImplementedError


def find(place: str) -> type[ObjectiveRecipe]:
    """Import the class that stands at “module:name”."""
    module, name = place.split(":")
    found: type[ObjectiveRecipe] = getattr(import_module(module), name)
    return found
