"""What a training run left in its folder, as far as a model is made of it."""

from __future__ import annotations

import json
import tomllib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import nn

from restore.engine.card import WEIGHTS
from restore.errors import ModelError, ParameterError
from restore.training.checkpoint import latest
from restore.training.recipe import Recipe

__all__ = ["RECIPE", "Finished", "load_network"]

RECIPE = "recipe.toml"
HEADER, AVERAGE = "restore", "average."
"""Where a run's files say what they are, and how a checkpoint calls the averaged weights."""

_DAMAGED = (SafetensorError, OSError, ValueError, TypeError)


@dataclass(frozen=True, eq=False)
class Finished:
    """A run that may be over.

    Attributes:
        weights: The averaged weights by their names in `restore.networks.unet.UNet`; in single
            precision where the checkpoint of the same step is there, else as they were given away.
        recipe: The recipe as read.
        megapixels: How much the network has seen, what it began with included.
    """

    weights: dict[str, np.ndarray[Any, Any]]
    recipe: dict[str, Any]
    megapixels: int

    @classmethod
    def read(cls, folder: Path) -> Finished:
        """Read a run's folder.

        Raises:
            ParameterError: It is no run's folder, or its recipe cannot be read.
            ModelError: It has no weights yet, or they are damaged.
        """
        recipe = _recipe(folder / RECIPE)
        path = folder / WEIGHTS
        if not path.is_file():
            raise ModelError(
                f"{folder} holds no {WEIGHTS} yet.", "Let the run come to its first checkpoint."
            )
        try:
            header, weights = _read(path)
        except _DAMAGED as error:
            raise ModelError(f"{path} is damaged: {error}.", "Go on with the run.") from None
        if (newest := latest(folder)) is not None:
            with suppress(*_DAMAGED):
                at, exact = _read(newest, AVERAGE)
                if at.get("step") == header.get("step") and exact.keys() == weights.keys():
                    weights = exact
        origin = recipe.get("origin", {})
        before = int(origin.get("megapixels", 0)) if isinstance(origin, dict) else 0
        return cls(weights, recipe, before + round(int(header.get("pixels", 0)) / 1e6))


def load_network(folder: Path, device: torch.device | str = "cpu") -> tuple[Recipe, nn.Module]:
    """Return what a run was to train, and the network with its averaged weights, in evaluation.

    Raises:
        ParameterError: It is no run's folder, or its recipe is none.
        ModelError: It has no weights yet, they are damaged, or not of the recipe's network.
    """
    weights = Finished.read(folder).weights
    recipe = Recipe.load(folder / RECIPE)
    network = recipe.objective.network(recipe.architecture)
    try:
        network.load_state_dict({n: torch.from_numpy(w).float() for n, w in weights.items()})
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise ModelError(f"The weights in {folder} are not of its recipe: {reason}") from None
    return recipe, network.to(device).eval().requires_grad_(False)


def _recipe(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ParameterError(
            f"{path} cannot be read: {error.strerror}.", "Name the folder of a training run."
        ) from None
    except ValueError as error:
        raise ParameterError(f"{path} is not a recipe: {error}.") from None


def _read(path: Path, prefix: str = "") -> tuple[dict[str, Any], dict[str, np.ndarray[Any, Any]]]:
    """Return the header of a file and its tensors, those under a prefix without that."""
    with safe_open(path, "np") as file:
        header: dict[str, Any] = json.loads((file.metadata() or {}).get(HEADER, "{}"))
        names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118
        tensors = {name.removeprefix(prefix): file.get_tensor(name) for name in names}
    return header, tensors
