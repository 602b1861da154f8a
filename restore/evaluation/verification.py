"""Whether the figures on a card are true: each measured again, where its pictures are at hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from restore.engine.card import Card, Figure
from restore.errors import ParameterError
from restore.evaluation.degrade import PROTOCOL, TASKS, pictures, settings
from restore.evaluation.figures import Measurer

__all__ = ["TOLERANCE", "Comparison", "compare", "obstacle"]

TOLERANCE = 0.05
"""In dB; what other machines and versions may bring."""


@dataclass(frozen=True)
class Comparison:
    """A figure of a card beside the same figure measured now.

    Attributes:
        card: The figure on the card.
        measured: The same measured now; None if that could not be done.
        reason: Why not.
    """

    card: Figure
    measured: Figure | None = None
    reason: str = ""

    @property
    def difference(self) -> float:
        """How much further the result is from the card than it should be: measured - card, dB."""
        return self.measured.after - self.card.after if self.measured else 0.0

    @property
    def holds(self) -> bool:
        """Whether what was measured is what the card says, before and after."""
        return self.measured is None or (
            abs(self.difference) <= TOLERANCE
            and abs(self.measured.before - self.card.before) <= TOLERANCE
        )


def compare(card: Card, folder: Path, measurer: Measurer) -> Iterator[Comparison]:
    """Measure the figures of a card again.

    Args:
        card: The model.
        folder: Holds a folder of pictures for each data name, in whatever case.
        measurer: Of this model.

    Raises:
        ParameterError: There is no such folder.
        RestoreError: A picture cannot be read, or an action failed.
    """
    for figure in card.quality:
        if reason := obstacle(figure, folder):
            yield Comparison(figure, reason=reason)
            continue
        setting = next(s for s in settings(figure.task) if s.label == figure.setting)
        files = _files(figure, folder)
        yield Comparison(figure, measurer.figure(setting, figure.blind, figure.data, files))


def obstacle(figure: Figure, folder: Path) -> str:
    """Say why a figure cannot be measured again; empty if it can.

    Raises:
        ParameterError: There is no such folder.
    """
    if figure.protocol != PROTOCOL:
        return f"measured by protocol {figure.protocol}, this is {PROTOCOL}"
    known = figure.task in TASKS and figure.setting in {s.label for s in settings(figure.task)}
    if not known:
        return f"there is no benchmark {figure.task}, {figure.setting}"
    found = len(_files(figure, folder))
    if not found:
        return f"no pictures in a folder {figure.data}"
    return f"only {found} of {figure.pictures} pictures" if found < figure.pictures else ""


def _files(figure: Figure, folder: Path) -> list[Path]:
    try:
        within = {path.name.lower(): path for path in sorted(folder.iterdir()) if path.is_dir()}
    except OSError as error:
        raise ParameterError(f"{folder} cannot be looked into: {error.strerror}.") from None
    data = within.get(figure.data.lower())
    return [] if data is None else pictures(figure.task, data)[: figure.pictures]
