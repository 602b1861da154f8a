"""A tiny task for the trainer: blobs under noise of two strengths, and a recipe for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import torch
from PIL import Image
from torch import Generator, Tensor, nn

from restore.training.growing import new_network
from restore.training.objective import Losses, Module
from restore.training.objectives import ObjectiveRecipe
from restore.training.recipe import Recipe
from restore.training.trainer import Trainer
from restore.training.watching import Report, Silent, Start, Why

SIDE = 8
OBJECTIVES = {"blobs": "tests.training.problems:BlobsRecipe"}


def blobs(size: int, generator: Generator) -> Tensor:
    """Gaussian spots of random place and colour, (size, 3, SIDE, SIDE)."""
    axis = torch.arange(SIDE) - SIDE / 2
    y, x = (torch.rand(size, 2, generator=generator) * 4 - 2).T[:, :, None, None]
    spot = torch.exp(-((axis[:, None] - y) ** 2 + (axis - x) ** 2) / 8)
    return (torch.rand(size, 3, generator=generator) * 2 - 1)[:, :, None, None] * spot[:, None]


class Blobs:
    """Squared error of the blobs under their noise, weak or strong."""

    groups = ("weak", "strong")
    sigma = torch.tensor([0.05, 0.5])

    def losses(self, network: Module, size: int, generator: Generator) -> Losses:
        x_0 = blobs(size, generator)
        group = torch.randint(2, (size,), generator=generator)
        sigma = self.sigma[group][:, None, None, None]
        y = x_0 + sigma * torch.randn(x_0.shape, generator=generator)
        level = sigma.log().expand(-1, 1, SIDE, SIDE) / 4
        error = y + network(torch.cat([y, level], 1)) - x_0
        return Losses(error.square().mean((1, 2, 3)), group)

    def validate(self, network: Module) -> Mapping[str, float]:
        losses = self.losses(network, 64, Generator().manual_seed(1))
        return {"psnr": float(10 * torch.log10(4 / losses.loss.mean()))}

    def sheet(self, network: Module) -> Image.Image:
        return Image.new("RGB", (SIDE, SIDE))


class Spoilt(Blobs):
    """Blobs whose losses are changed: `spoil(call, losses)`."""

    def __init__(self, spoil: Callable[[int, Losses], Losses]) -> None:
        self.spoil, self.calls = spoil, 0

    def losses(self, network: Module, size: int, generator: Generator) -> Losses:
        losses = super().losses(network, size, generator)
        if not torch.is_grad_enabled():
            return losses
        self.calls += 1
        return self.spoil(self.calls, losses)


class BlobsRecipe(ObjectiveRecipe):
    """The `[objective]` table of the blobs."""

    kind: Literal["blobs"] = "blobs"
    inputs: ClassVar[int] = 4
    strength: float = 0.5

    def build(self, cache: Path, crop: int, device: torch.device) -> Blobs:
        return Blobs()


def recipe(steps: int = 12, *, channels: tuple[int, ...] = (4, 8), **changes: Any) -> Recipe:
    """A recipe of a second; `changes` are merged into its tables."""
    tables: dict[str, Any] = {
        "data": {"sources": ("photos",), "crop": SIDE},
        "network": {"channels": channels, "blocks": (1,) * len(channels), "embedding": 4},
        "objective": BlobsRecipe(),
        "schedule": {"batch": 4, "steps": steps, "warm_up": min(2, steps - 1)},
        "run": {"precision": "fp32", "checkpoint_minutes": 60.0, "report_seconds": 0.0},
    }
    for name, table in changes.items():
        tables[name] = {**tables.get(name, {}), **table}
    return Recipe.model_validate({"name": "blobs", "licence": "CC0-1.0", **tables})


def trainer(
    recipe: Recipe,
    folder: Path,
    objective: Blobs | None = None,
    at: Mapping[int, Callable[[], object]] | None = None,
) -> tuple[Trainer, Record]:
    """A trainer, and all that it tells; at some steps' reports something else happens too."""
    record = Record(at or {})
    network = new_network(recipe.architecture, recipe.seed)
    objective = objective or Blobs()
    return Trainer(recipe, objective, network, folder, watcher=record), record


def weights(network: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def equal(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    """Bit for bit."""
    return one.keys() == other.keys() and all(torch.equal(one[n], other[n]) for n in one)


class Record(Silent):
    """Everything that a run told."""

    def __init__(self, at: Mapping[int, Callable[[], object]]) -> None:
        self.at = at
        self.start: Start | None = None
        self.reports: list[Report] = []
        self.figures: list[Mapping[str, float]] = []
        self.paths: list[Path] = []
        self.warnings: list[str] = []
        self.end: tuple[int, Why] | None = None

    @property
    def losses(self) -> list[float]:
        return [report.loss for report in self.reports]

    def started(self, start: Start) -> None:
        self.start = start

    def stepped(self, report: Report) -> None:
        self.reports.append(report)
        self.at.get(report.step, lambda: None)()

    def validated(self, step: int, figures: Mapping[str, float]) -> None:
        self.figures.append(figures)

    def checkpointed(self, step: int, path: Path) -> None:
        self.paths.append(path)

    def warned(self, text: str) -> None:
        self.warnings.append(text)

    def finished(self, step: int, why: Why) -> None:
        self.end = (step, why)
