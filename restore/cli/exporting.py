"""`restore models export`: a training run becomes a model."""

from __future__ import annotations

from pathlib import Path

import click

from restore.cli import wording
from restore.cli.references import clean_pictures
from restore.cli.session import Session
from restore.engine.card import Card
from restore.evaluation.degrade import TASKS

__all__ = ["command"]


class Measured(click.ParamType[tuple[str, Path]]):
    """Such as denoise=pictures/cbsd68."""

    name = "TASK=FOLDER"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Path]:
        """Return task and folder."""
        task, _, folder = value.partition("=")
        if task not in TASKS or not folder:
            self.fail(f"{value} is not TASK=FOLDER with a task of {', '.join(TASKS)}.", param, ctx)
        if not Path(folder).is_dir():
            self.fail(f"There is no folder {folder}.", param, ctx)
        return task, Path(folder)


@click.command("export")
@click.argument("run", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    required=True,
    help="The model's folder.",
)
@click.option("--name", default="", help="Name of the model.  [default: that of the recipe]")
@click.option("--title", default="", help="What a menu shows.  [default: that of the recipe]")
@click.option("--licence", default="", help="Of the weights.  [default: that of the recipe]")
@click.option("--version", default="1", show_default=True, help="Of the weights.")
@click.option("--data-text", default="", help="What it was trained on, in a sentence.")
@click.option(
    "--credits",
    "credits_file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Credits of the training pictures.",
)
@click.option(
    "--measure",
    "measured",
    type=Measured(),
    multiple=True,
    help="Put the figures of a benchmark on the card; may be given several times.",
)
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="Measure on the first N pictures."
)
@click.option(
    "--pictures",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="FOLDER",
    help="Clean photos to try half precision on.  [default: one that comes with scikit-image]",
)
@click.option("--device", default="auto", show_default=True, help="Where figures are measured.")
@click.option("--overwrite", is_flag=True, help="Replace the folder if it exists.")
@click.pass_context
def command(
    ctx: click.Context,
    run: Path,
    target: Path,
    name: str,
    title: str,
    licence: str,
    version: str,
    data_text: str,
    credits_file: Path | None,
    measured: tuple[tuple[str, Path], ...],
    limit: int | None,
    pictures: Path | None,
    device: str,
    overwrite: bool,
) -> None:
    """Make a model of the training run in the folder RUN: weights, ONNX graph, recipe and card.

    Weights are stored in half precision if that costs less than 0.01 dB. The figures on the card
    are measured on pictures that the network has not seen: `restore models verify --data` measures
    them again.
    """
    from restore.engine import Engine
    from restore.evaluation.figures import Measurer, find_data, protocol
    from restore.training.release import About, release

    data = [find_data(task, folder, limit) for task, folder in measured]
    with Session.of(ctx).console.counter(sum(one.steps for one in data)) as one_more:

        def measure(card: Card) -> Card:
            measurer = Measurer(Engine(device=device, cards=[card]), card.name, one_more)
            figures = tuple(measurer.figures(data))
            return card.model_copy(update={"quality": figures, "protocol": protocol(figures)})

        card = release(
            run,
            target,
            About(name, title, licence, version, data_text, credits_file),
            clean=clean_pictures(pictures),
            measure=measure if data else None,
            overwrite=overwrite,
        )
    rows = [("", "data", "pictures", "before", "after")]
    rows += [
        (f.label, f.data, str(f.pictures), f"{f.before:.2f}", f"{f.after:.2f}")
        for f in card.quality
    ]
    if card.quality:
        click.echo(wording.table(rows))
    loss = card.half_precision_loss
    told = "" if loss is None else f" Half precision: {-loss:+.4f} dB."
    click.echo(
        f"{card.name} {card.version}: {wording.count(len(card.files), 'file')} and its card in "
        f"{card.folder}.{told}"
    )
