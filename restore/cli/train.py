"""`restore train`: from photos and a recipe to the weights of a model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from restore.cli.session import Session
from restore.errors import CancelledError, ParameterError

if TYPE_CHECKING:
    from restore.training.recipe import Recipe

__all__ = ["command"]

RUNS = Path("runs")
PATH = click.Path(path_type=Path)


@click.command("train")
@click.argument("recipe", type=PATH, metavar="RECIPE.toml")
@click.option(
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
@click.pass_context
def command(
    ctx: click.Context,
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
    from restore.training.run import train

    loaded = _load(recipe, data, {"steps": steps, "batch": batch})
    if threads is not None:
        torch.set_num_threads(threads)
    folder = out or RUNS / loaded.name
    console = Session.of(ctx).console
    with console.progress() as bar, Monitor() as monitor:
        why = train(
            loaded,
            folder,
            monitor=monitor,
            cache=cache,
            weights=weights,
            device=device,
            minutes=minutes,
            anneal=anneal,
            progress=lambda done, total: bar(done / total, f"decoding photo {done} of {total}"),
        )
    return CancelledError.exit_code if why == "stopped" else 0


def _load(path: Path, data: tuple[Path, ...], given: Mapping[str, Any]) -> Recipe:
    """Return the recipe, with what the command line says otherwise."""
    from restore.training.recipe import Recipe

    overrides: dict[str, Any] = {}
    if data:
        overrides["data"] = {"sources": data}
    if schedule := {name: value for name, value in given.items() if value is not None}:
        overrides["schedule"] = schedule
    return Recipe.load(path, overrides=overrides)
