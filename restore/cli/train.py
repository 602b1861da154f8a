"""`restore train`: from photos and a recipe to the weights of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from restore.errors import CancelledError, ParameterError

if TYPE_CHECKING:
    from restore.training.recipe import Recipe

__all__ = ["command"]

RUNS = Path("runs")
PATH = click.Path(path_type=Path)


@click.command("train")
@click.argument("recipe", type=PATH, metavar="RECIPE.toml")
@click.option(
    "-o",
    "--out",
    type=PATH,
    metavar="FOLDER",
    help="The run's folder.  [default: runs/NAME here, of the recipe's name]",
)
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    metavar="M",
    help="Train so long at most; the same command goes on later.  [default: to the end]",
)
@click.option(
    "--anneal",
    is_flag=True,
    help="Let the learning rate fall to zero within --minutes, whatever the recipe's steps.",
)
@click.option(
    "--from",
    "weights",
    type=PATH,
    metavar="WEIGHTS",
    help="Begin a new run with these weights, of an equal or a smaller network (safetensors).",
)
@click.option(
    "--data",
    type=PATH,
    multiple=True,
    metavar="FOLDER|ZIP",
    help="Photos to learn from instead of the recipe's; may be given several times.",
)
@click.option(
    "--cache",
    type=PATH,
    metavar="FOLDER",
    help="Where photos are kept decoded; runs may share one.  [default: cache in the run's folder]",
)
@click.option("--steps", type=click.IntRange(min=1), metavar="N", help="Instead of the recipe's.")
@click.option(
    "--batch",
    type=click.IntRange(min=1),
    metavar="N",
    help="Examples a step, instead of the recipe's.",
)
@click.option(
    "--device",
    default="auto",
    metavar="NAME",
    show_default=True,
    help="Where to train: auto, cpu or cuda.",
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    metavar="N",
    help="Processor cores to use.  [default: all]",
)
def command(
    recipe: Path,
    out: Path | None,
    minutes: float | None,
    anneal: bool,
    weights: Path | None,
    data: tuple[Path, ...],
    cache: Path | None,
    steps: int | None,
    batch: int | None,
    device: str,
    threads: int | None,
) -> int:
    """Train a model as RECIPE.toml says, from folders or zip files of photos.

    The run's folder gets the weights, a sheet of examples, curves, a log and checkpoints. The same
    command, given again, goes on from the last checkpoint. Ctrl-C stops after the present step,
    with a checkpoint; a second one stops at once.

    On several GPUs: torchrun --nproc-per-node=N -m restore train RECIPE.toml
    """
    if anneal and minutes is None:
        raise ParameterError("--anneal needs to know how long.", "Add --minutes M.")
    import torch

    from restore.training.monitor import Monitor
    from restore.training.recipe import Recipe
    from restore.training.run import train

    loaded = _changed(Recipe.load(recipe), data, {"steps": steps, "batch": batch})
    if threads is not None:
        torch.set_num_threads(threads)
    with Monitor() as monitor:
        why = train(
            loaded,
            out or RUNS / loaded.name,
            monitor=monitor,
            cache=cache,
            weights=weights,
            device=device,
            minutes=minutes,
            anneal=anneal,
            progress=monitor.decoding,
        )
    return CancelledError.exit_code if why == "stopped" else 0


def _changed(recipe: Recipe, data: Sequence[Path], given: Mapping[str, int | None]) -> Recipe:
    """Return the recipe with what the command line says otherwise."""
    from pydantic import ValidationError

    from restore.training.recipe import ScheduleRecipe

    sources = tuple(path.absolute() for path in data) or recipe.data.sources
    schedule = {name: number for name, number in given.items() if number is not None}
    try:
        changed = ScheduleRecipe.model_validate(recipe.schedule.model_dump() | schedule)
    except ValidationError as error:
        what = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise ParameterError(f"--steps and the recipe's schedule do not fit: {what}.") from None
    with_sources = recipe.data.model_copy(update={"sources": sources})
    return recipe.model_copy(update={"data": with_sources, "schedule": changed})
