"""`restore models verify`: whether files and figures are what the cards say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from restore.cli import wording
from restore.cli.session import Session
from restore.engine.card import Card, Figure
from restore.engine.registry import broken_models, find_model, find_models
from restore.errors import ModelError, ParameterError, RestoreError
from restore.evaluation.figures import Measurer
from restore.evaluation.verification import Comparison, compare, obstacle

__all__ = ["command"]


@click.command("verify")
@click.argument("names", nargs=-1, metavar="[MODEL…]")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="FOLDER",
    help="Measure the cards' figures again, on the folders of pictures in FOLDER.",
)
@click.option("--device", default="auto", show_default=True, help="Where the models run.")
@click.pass_context
def command(ctx: click.Context, names: tuple[str, ...], data: Path | None, device: str) -> None:
    """Compare every file of every model, or of those named, with its hash.

    With --data, also measure every figure on the card again. FOLDER holds a folder of pictures for
    each data name, such as cbsd68 or set14; figures whose pictures are missing are left out.
    """
    session = Session.of(ctx)
    folders = session.plugins.models()
    cards = [find_model(n, folders) for n in names] or list(find_models(folders).values())
    failed: list[RestoreError] = [] if names else list(broken_models(folders).values())
    sound = []
    for card in cards:
        try:
            card.verify()
        except ModelError as error:
            failed.append(error)
        else:
            sound.append(card)
            click.echo(f"{card.name}: {wording.count(len(card.files), 'file')} intact.")
    if data is not None:
        failed += _measure(session, sound, data, device)
    for further in failed[1:]:
        session.console.line(str(further))
    if failed:
        raise failed[0]


def _measure(
    session: Session, cards: Sequence[Card], data: Path, device: str
) -> list[RestoreError]:
    """Print the figures of all cards beside those measured now; what is off comes back."""
    from restore.engine import Engine

    possible = [f for card in cards for f in card.quality if not obstacle(f, data)]
    if not possible:
        wanted = sorted({figure.data for card in cards for figure in card.quality})
        names = f"They were measured on {', '.join(wanted)}." if wanted else "There are none."
        message = f"No figure of a card can be measured on what is in {data}."
        return [ParameterError(message, names)]
    failed: list[RestoreError] = []
    with session.console.counter(sum(figure.pictures for figure in possible)) as one_more:
        for card in cards:
            measurer = Measurer(Engine(device=device, cards=[card]), card.name, one_more)
            comparisons = list(compare(card, data, measurer))
            if comparisons:
                click.echo(_table(card, comparisons))
            if off := [c for c in comparisons if not c.holds]:
                failed.append(_off(card, off))
    return failed


def _off(card: Card, off: Sequence[Comparison]) -> ModelError:
    return ModelError(
        f"Not as the card of “{card.name}” says: {'; '.join(c.card.label for c in off)}.",
        "If “before” is off too, these are other pictures than those of the card.",
    )


def _table(card: Card, comparisons: Sequence[Comparison]) -> str:
    rows = [(card.name, "data", "pictures", "card", "measured", "difference dB")]
    for c in comparisons:
        row = (c.card.label, c.card.data, str(c.card.pictures), _gain(c.card))
        if c.measured is None:
            rows.append((*row, "–", f"left out: {c.reason}"))
        else:
            off = "" if c.holds else "  off"
            rows.append((*row, _gain(c.measured), f"{c.difference:+.2f}{off}"))
    return wording.table(rows)


def _gain(figure: Figure) -> str:
    return f"{figure.before:.2f} → {figure.after:.2f}"
