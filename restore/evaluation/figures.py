"""The figures on a model's card, measured through the actions that use the model."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from restore.engine.card import Figure
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
from restore.evaluation.ours import Run
from restore.evaluation.peers import bicubic, unchanged
from restore.photo import Pixels

if TYPE_CHECKING:
    from restore.engine import Engine

__all__ = ["Data", "Measurer", "find_data", "protocol", "variants"]

SCORING = (
    "Mean RGB PSNR in dB over all pixels, results clipped to [0, 1]; one step, by the toolkit's "
    "own actions. Before upscaling stands bicubic enlargement."
)


@dataclass(frozen=True)
class Data:
    """Pictures to measure a task on.

    Attributes:
        task: The benchmark.
        name: How a card names the pictures: their folder, in small letters.
        files: Those that hold the truth.
    """

    task: str
    name: str
    files: tuple[Path, ...]

    @property
    def steps(self) -> int:
        """How many times a picture is going to be restored."""
        return len(self.files) * len(variants(self.task))


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

    def figures(self, data: Sequence[Data]) -> Iterator[Figure]:
        """Measure every variant of every task; see `figure`."""
        for one in data:
            for setting, blind in variants(one.task):
                yield self.figure(setting, blind, one.name, one.files)

    def _restored(self, case: Case, setting: Setting, blind: bool) -> Pixels:
        given = {"model": self.model, **setting.parameters(blind=blind)}
        return Run(setting.action, case, self.engine, given).pixels()


def variants(task: str) -> list[tuple[Setting, bool]]:
    """Return the settings of a task, each with whether it is blind; noise is measured both ways."""
    ways = {"denoise": (False, True), "camera": (True,)}.get(task, (False,))
    return [(setting, blind) for setting in settings(task) for blind in ways]


def find_data(task: str, folder: Path, limit: int | None = None) -> Data:
    """Return the pictures of a folder, the first `limit` by name.

    Raises:
        ParameterError: There is no such task, or no pictures.
    """
    if task not in TASKS:
        raise ParameterError(f"There is no benchmark “{task}”.", f"Choose from {', '.join(TASKS)}.")
    files = tuple(pictures(task, folder)[:limit])
    if not files:
        raise ParameterError(f"{folder} holds no pictures to measure {task} with.")
    return Data(task, folder.resolve().name.lower(), files)


def protocol(figures: Sequence[Figure]) -> str:
    """Return in words how figures were measured."""
    tasks = dict.fromkeys(figure.task for figure in figures)
    return " ".join([SCORING, *(PROTOCOLS[task] for task in tasks)]) if tasks else ""


def _psnr(pixels: Pixels, case: Case) -> float:
    truth = (case.truth / 255).astype(np.float32)
    return psnr(np.clip(pixels, 0, 1).astype(np.float32), truth, mask=case.mask)
