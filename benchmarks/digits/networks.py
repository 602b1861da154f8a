"""The four networks, each trained by the toolkit's own trainer from a recipe."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from benchmarks.digits import data
from restore.diffusion.latent import LatentSpace
from restore.networks.classifier import Classifier
from restore.networks.labelled import ClassPrior, Labelling
from restore.training.finished import load_network
from restore.training.generating import ClassesRecipe, Generating
from restore.training.latents import Latents
from restore.training.monitor import Monitor
from restore.training.recipe import Recipe
from restore.training.run import CACHE, train

HERE = Path(__file__).parent
RECIPES = {
    "prior": HERE.parents[1] / "docs" / "recipes" / "digits.toml",
    "classifier": HERE / "classifier.toml",
    "autoencoder": HERE / "autoencoder.toml",
    "latents": HERE / "latents.toml",
}


@dataclass(frozen=True)
class Networks:
    """What was trained.

    Attributes:
        prior: Of digits, told by class or not at all.
        classifier: Of noisy digits.
        reading: How it reads them.
        space: The autoencoder's latents, with their scale.
        latents: The prior of these, told by class or not at all.
        seconds: Of one processor core that each training took.
        parameters: Trained numbers of each.
    """

    prior: ClassPrior
    classifier: Classifier
    reading: Labelling
    space: LatentSpace
    latents: ClassPrior
    seconds: dict[str, float]
    parameters: dict[str, int]


def trained(folder: Path) -> Networks:
    """Train in a folder what is not there yet, some three minutes on one core; load all."""
    data.write(folder / "digits" / "learnt")
    seconds, made = {}, {}
    for name, path in RECIPES.items():
        run, took = folder / name, folder / name / "seconds"
        began = time.process_time()
        with Monitor() as monitor:
            train(_at(Recipe.load(path), folder), run, monitor=monitor, device="cpu")
        if not took.exists():
            took.write_text(str(time.process_time() - began))
        seconds[name] = float(took.read_text())
        made[name] = load_network(run)
    (of_prior, prior), (of_latents, latents) = made["prior"], made["latents"]
    objective = of_latents.objective.build(folder / "latents" / CACHE, 8, torch.device("cpu"))
    assert isinstance(objective, Generating)
    assert isinstance(objective.pictures, Latents)
    return Networks(
        ClassPrior(prior, of_prior.objective.labelling),
        made["classifier"][1],
        made["classifier"][0].objective.labelling,
        objective.pictures.space,
        ClassPrior(latents, of_latents.objective.labelling),
        seconds,
        {name: _size(network) for name, (_, network) in made.items()},
    )


def _at(recipe: Recipe, folder: Path) -> Recipe:
    """Return a recipe that finds the digits, and the autoencoder, in a folder."""
    pictures = recipe.data.model_copy(update={"sources": (folder / "digits" / "learnt",)})
    objective = recipe.objective
    if isinstance(objective, ClassesRecipe) and recipe.name == "digits-latents":
        objective = objective.model_copy(update={"autoencoder": folder / "autoencoder"})
    return recipe.model_copy(update={"data": pictures, "objective": objective})


def _size(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())
