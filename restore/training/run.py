"""A run from beginning to end: everything checked, photos decoded, trained, shown and kept."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from torch import nn

from restore.engine.card import to_toml
from restore.errors import WriteError
from restore.photo.atomic import write_bytes
from restore.training import checkpoint
from restore.training.curves import CurvesWriter
from restore.training.data.cache import Progress, build_cache
from restore.training.distributed import join
from restore.training.growing import grow, load_weights, seeded
from restore.training.log import Log, LogWriter
from restore.training.origin import with_origin
from restore.training.recipe import Recipe
from restore.training.trainer import Trainer
from restore.training.watching import Silent, Watcher, Watchers, Why

__all__ = ["CACHE", "CURVES", "LOG", "RECIPE", "train"]

CACHE, CURVES, LOG, RECIPE = "cache", "curves.png", "log.jsonl", "recipe.toml"
"""What a run's folder holds beside that which the trainer keeps there."""

BYTES_A_PARAMETER = 16
"""Of a checkpoint: the weight, its average, and two moments at most, in single precision."""


def train(
    recipe: Recipe,
    folder: Path,
    *,
    monitor: Watcher,
    cache: Path | None = None,
    weights: Path | None = None,
    device: str = "auto",
    minutes: float | None = None,
    anneal: bool = False,
    progress: Progress | None = None,
) -> Why:
    """Train what a recipe says, or go on where an earlier run in the folder ended.

    Started by `torchrun`, it takes part in the training of several processes; the first one alone
    writes and shows.

    Args:
        recipe: What is learnt from what.
        folder: For all that the run leaves; made if it is missing.
        monitor: Shows it to a person.
        cache: Folder of the decoded photos; by default one in `folder`.
        weights: What a new run begins with, of an equal or a smaller network; otherwise chance.
        device: "auto", "cpu" or "cuda".
        minutes: How long to train at most.
        anneal: Make these minutes a whole schedule of their own.
        progress: Told of each photo that is decoded.

    Returns:
        Why the run ended.

    Raises:
        RestoreError: Something does not fit, which is found before time is spent; or the disk is
            full, or the training diverged for good.
    """
    with join(device) as world:
        leads = world.rank == 0
        network = seeded(recipe.seed, lambda: recipe.objective.network(recipe.architecture))
        _check(recipe, network, folder)
        resumed = checkpoint.latest(folder)
        if weights is not None and resumed is None:
            grow(network, load_weights(weights))
        recipe = with_origin(recipe, folder, None if resumed else weights)
        cache = cache or folder / CACHE
        built = build_cache(
            recipe.data.sources, cache, progress if leads else None, recipe.data.crop
        )
        folder.mkdir(parents=True, exist_ok=True)
        objective = recipe.objective.build(cache, recipe.data.crop, world.device)
        with _watchers(folder, monitor) if leads else _nobody() as watcher:
            if weights is not None and resumed is not None:
                watcher.warned(f"{weights} is not used: the run goes on from {resumed}.")
            for source, reason in built.index.skipped:
                watcher.warned(f"{source} is left out: {reason}.")
            trainer = Trainer(recipe, objective, network, folder, world, watcher)
            if leads:
                table = recipe.model_dump(mode="json", exclude_none=True)
                write_bytes(folder / RECIPE, to_toml(table).encode(), overwrite=True)
            return trainer.run(minutes, anneal=anneal)


@contextmanager
def _watchers(folder: Path, monitor: Watcher) -> Iterator[Watcher]:
    log = LogWriter(folder / LOG)
    try:
        yield Watchers(log, monitor, CurvesWriter(folder / LOG, folder / CURVES, monitor.warned))
    finally:
        log.close()


@contextmanager
def _nobody() -> Iterator[Watcher]:
    yield Silent()


def _check(recipe: Recipe, network: nn.Module, folder: Path) -> None:
    """Look at all that may be wrong with the folder before photos are decoded.

    Raises:
        ParameterError: The log in it is none.
        ModelError: The checkpoint in it is of another network.
        WriteError: It cannot be written to, or the disk has no room for checkpoints.
    """
    if (folder / LOG).exists():
        Log.read(folder / LOG)
    if path := checkpoint.latest(folder):
        checkpoint.read_header(path, recipe.architecture.model_dump(mode="json"))
    one = BYTES_A_PARAMETER * sum(parameter.numel() for parameter in network.parameters())
    there = sum(path.stat().st_size for path in folder.glob("checkpoint-*"))
    parent = _existing(folder)
    try:
        with tempfile.TemporaryFile(dir=parent):
            free = shutil.disk_usage(parent).free
    except OSError as error:
        raise WriteError(
            f"The run's folder {folder} cannot be written to: {error.strerror}.",
            "Choose another folder, or change its permissions.",
        ) from error
    if (checkpoint.KEPT + 1) * one - there > free:
        raise WriteError(
            f"Checkpoints take {(checkpoint.KEPT + 1) * one / 1e9:.1f} GB in {folder}, where "
            f"{free / 1e9:.1f} GB are free.",
            "Make room on the disk, or choose another folder.",
        )


def _existing(folder: Path) -> Path:
    """Return the folder, or the one nearest above it that is there."""
    folder = folder.absolute()
    return next(path for path in (folder, *folder.parents) if path.exists())
