"""The kinds of objectives that a recipe can name, found without importing them all."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    import torch

    from restore.training.objective import Objective

__all__ = ["OBJECTIVES", "Frozen", "ObjectiveRecipe", "find"]

OBJECTIVES: Mapping[str, str] = {
    "restore": "restore.training.restoring:RestoringRecipe",
    "defects": "restore.training.detecting:DefectsRecipe",
}
"""For each kind the class of its `[objective]` table, a subclass of `ObjectiveRecipe`."""


class Frozen(BaseModel):
    """A record that is what it says and nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ObjectiveRecipe(Frozen):
    """The `[objective]` table of a recipe; subclasses add their keys.

    Attributes:
        kind: Its key in `OBJECTIVES`.
        inputs: Channels that the network reads.
        outputs: Channels that it returns.
        crop_multiple: What the side of the crops must be a multiple of.
    """

    kind: str
    inputs: ClassVar[int] = 10
    outputs: ClassVar[int] = 3
    crop_multiple: ClassVar[int] = 1

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
