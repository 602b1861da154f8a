"""A small world for tests: scikit-learn's digits in folders, and networks of some seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from restore.training.data.cache import build_cache
from restore.training.growing import seeded
from restore.training.objective import Objective
from restore.training.recipe import Recipe
from restore.training.run import CACHE
from restore.training.trainer import Trainer
from tests.training.problems import Record

CLASSES = tuple("0123456789")
LEARNT = 1300


def load() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """All digits, (1797, 8, 8) of 8 bits, and their classes."""
    found = pytest.importorskip("sklearn.datasets").load_digits()
    return np.rint(found.images * 255 / 16).astype(np.uint8), found.target


def write(folder: Path, images: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]) -> None:
    """Put pictures into a folder a class."""
    for i, (image, label) in enumerate(zip(images, labels, strict=True)):
        path = folder / CLASSES[label] / f"{i:04d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)


def recipe(sources: Path, objective: dict[str, Any], **changes: Any) -> Recipe:
    """A recipe of some seconds."""
    from restore.training.objectives import OBJECTIVES, find

    tables: dict[str, Any] = {
        "data": {"sources": (sources,), "crop": 8},
        "network": {"channels": (32,), "blocks": (2,), "embedding": 32},
        "objective": find(OBJECTIVES[objective["kind"]]).model_validate(objective),
        "schedule": {"batch": 64, "steps": 100, "warm_up": 10, "decay": 0.5, "average": 0.9},
        "run": {"precision": "fp32", "checkpoint_minutes": 60.0, "report_seconds": 0.0},
    }
    for name, table in changes.items():
        tables[name] = {**tables[name], **table}
    return Recipe.model_validate({"name": "digits", "licence": "CC0-1.0", **tables})


def train(recipe: Recipe, folder: Path) -> tuple[nn.Module, Objective, Record]:
    """Train in a folder; the averaged network, what it was taught, and what was told."""
    cache = folder.parent / CACHE
    build_cache(recipe.data.sources, cache, crop=8)
    objective = recipe.objective.build(cache, 8, torch.device("cpu"))
    network = seeded(recipe.seed, lambda: recipe.objective.network(recipe.architecture))
    record = Record({})
    trainer = Trainer(recipe, objective, network, folder, watcher=record)
    trainer.run()
    return trainer.learner.average.network, objective, record
