"""The figures on a model's card: measured, and measured again."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from restore.engine.card import Card, Figure
from restore.errors import ParameterError
from restore.evaluation.degrade import (
    PROTOCOL,
    PROTOCOLS,
    TASKS,
    Case,
    Setting,
    degrade,
    pictures,
    read_rgb,
    settings,
)
from restore.evaluation.metrics import psnr
from restore.evaluation.peers import bicubic, unchanged
from restore.photo import Pixels

if TYPE_CHECKING:
    from restore.engine import Engine

__all__ = ["TOLERANCE", "Comparison", "Measurer", "compare", "protocol", "variants"]

TOLERANCE = 0.05
"""In dB; what other machines and versions may bring."""

SCORING = (
    "Mean RGB PSNR in dB over all pixels, results clipped to [0, 1]; one step, by the toolkit's "
    "own actions. Before upscaling stands bicubic enlargement."
)


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


class Measurer:
    """Measures a model through the actions that use it.

    Args:
        engine: Where the model runs.
        model: Its name.
        progress: Called after each picture.
    """

    def __init__(
        self, engine: Engine, model: str, progress: Callable[[], None] = lambda: None
    ) -> None:
        self.engine, self.model, self.progress = engine, model, progress

    def figure(self, setting: Setting, blind: bool, data: str, files: Sequence[Path]) -> Figure:
        """Measure one figure.

        Args:
            setting: The degradation.
            blind: The amount of noise is not told.
            data: Name of the pictures on the card.
            files: The pictures, from `restore.evaluation.degrade.pictures`.

        Raises:
            RestoreError: A picture cannot be read, or the action failed.
        """
        before, after = [], []
        with tempfile.TemporaryDirectory() as temporary:
            for file in files:
                case = degrade(read_rgb(file), file, setting, Path(temporary))
                start = bicubic if setting.task == "upscale" else unchanged
                before.append(_psnr(start(case, setting), case))
                after.append(_psnr(self._restored(case, setting, blind), case))
                self.progress()
        return Figure(
            task=setting.task,
            setting=setting.label,
            blind=blind,
            data=data,
            pictures=len(files),
            before=round(statistics.fmean(before), 2),
            after=round(statistics.fmean(after), 2),
            protocol=PROTOCOL,
        )

    def _restored(self, case: Case, setting: Setting, blind: bool) -> Pixels:
        from restore.api import run

        given = setting.parameters(blind=blind)
        if case.mask is not None:
            given["mask"] = case.mask
        done = run(setting.action, case.photo, engine=self.engine, model=self.model, **given)
        return done.photo.to_float()


def variants(task: str) -> list[tuple[Setting, bool]]:
    """Return the settings of a task, each with whether it is blind; noise is measured both ways."""
    ways = {"denoise": (False, True), "camera": (True,)}.get(task, (False,))
    return [(setting, blind) for setting in settings(task) for blind in ways]


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


def protocol(figures: Sequence[Figure]) -> str:
    """Return in words how figures were measured."""
    tasks = dict.fromkeys(figure.task for figure in figures)
    return " ".join([SCORING, *(PROTOCOLS[task] for task in tasks)]) if tasks else ""


def _files(figure: Figure, folder: Path) -> list[Path]:
    try:
        within = {path.name.lower(): path for path in sorted(folder.iterdir()) if path.is_dir()}
    except OSError as error:
        raise ParameterError(f"{folder} cannot be looked into: {error.strerror}.") from None
    data = within.get(figure.data.lower())
    return [] if data is None else pictures(figure.task, data)[: figure.pictures]


def _psnr(pixels: Pixels, case: Case) -> float:
    truth = (case.truth / 255).astype(np.float32)
    return psnr(np.clip(pixels, 0, 1).astype(np.float32), truth, mask=case.mask)
