"""`restore models`: what is there, and adding another."""

from __future__ import annotations

from pathlib import Path

import click

from restore.cli import exporting, verifying, wording
from restore.cli.console import print_json
from restore.cli.references import clean_pictures
from restore.cli.session import Session
from restore.engine.card import Card
from restore.engine.install import install_model
from restore.engine.registry import broken_models, find_models

__all__ = ["command"]


@click.group("models", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Write the models' cards as JSON.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List the diffusion models that are installed."""
    if ctx.invoked_subcommand is not None:
        return
    folders = Session.of(ctx).plugins.models()
    cards, broken = find_models(folders), broken_models(folders)
    if as_json:
        print_json({name: _as_json(card) for name, card in cards.items()})
        return
    rows = [("model", "version", "licence", "tasks", "folder")]
    for name, card in cards.items():
        rows.append((name, card.version, card.licence, ", ".join(card.tasks), str(card.folder)))
    click.echo(wording.table(rows))
    for name, error in broken.items():
        Session.of(ctx).console.line(f"{name} cannot be used: {error}")


command.add_command(verifying.command)
command.add_command(exporting.command)


@command.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--pictures",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="FOLDER",
    help="Clean photos to measure the model on.  [default: one that comes with scikit-image]",
)
@click.option("--name", default="", help="Name of a model from bare weights.")
@click.option("--licence", default="", help="Licence of a model from bare weights.")
@click.pass_context
def import_model(
    ctx: click.Context, path: Path, pictures: Path | None, name: str, licence: str
) -> None:
    """Take in a model: PATH is its folder with a card, or weights as safetensors.

    It is verified and measured first; one that does not remove noise is refused.
    """
    console = Session.of(ctx).console
    console.line("Measuring the model on noisy photos …")
    installed = install_model(path, clean_pictures(pictures), name=name, licence=licence)
    gain = f"{installed.before:.1f} dB → {installed.after:.1f} dB"
    click.echo(f"{installed.card.name}: {gain}, installed in {installed.card.folder}")


def _as_json(card: Card) -> dict[str, object]:
    return card.model_dump(mode="json") | {"folder": str(card.folder)}
