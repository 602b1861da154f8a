"""The curves of a run as a picture: loss, validation and learning rate against pixels seen."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from restore.errors import RestoreError
from restore.photo.atomic import write_bytes
from restore.training.log import Log, Reported, Validated
from restore.training.watching import Silent, Start

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CurvesWriter", "draw_curves"]

INCHES, DOTS = (9.0, 10.0), 100
POINTS = 500
"""Of a curve at most; each is the mean of neighbouring reports."""

MISSING = (
    "There will be no curves: matplotlib is not installed. `pip install matplotlib` brings it; the "
    "log has all the figures."
)


def draw_curves(log: Log) -> bytes:
    """Return a PNG: loss of each group, figures of each validation, the learning rate's course.

    Args:
        log: May be empty. Steps that were made twice count once.

    Raises:
        ImportError: matplotlib is not installed.
    """
    with _quiet_matplotlib():
        from matplotlib import colormaps
        from matplotlib.figure import Figure

        figure = Figure(INCHES, DOTS, layout="constrained")
        loss, figures, rate = figure.subplots(
            3, 1, sharex=True, gridspec_kw={"height_ratios": [3, 3, 1]}
        )
        for axes in (loss, figures):
            axes.set_prop_cycle(color=colormaps["tab20"](range(20)))
        reports = [entry for entry in log.course if isinstance(entry, Reported)]
        validations = [entry for entry in log.course if isinstance(entry, Validated)]
        seen = np.array([report.megapixels for report in reports])

        for name in _names(report.groups for report in reports):
            losses = _numbers(report.groups.get(name) for report in reports)
            loss.plot(*_thinned(seen, losses), label=name, linewidth=0.8)
        everything = _numbers(report.loss for report in reports)
        loss.plot(*_thinned(seen, everything), label="all", color="black")
        loss.set_yscale("log")
        at = _megapixels([entry.step for entry in validations], reports)
        for name in _names(entry.figures for entry in validations):
            values = _numbers(entry.figures.get(name) for entry in validations)
            figures.plot(at, values, label=name, marker=".", linewidth=0.8)
        rate.plot(*_thinned(seen, _numbers(report.rate for report in reports)), color="black")

        _finish(loss, "loss")
        _finish(figures, "validation")
        _finish(rate, "learning rate")
        rate.set_ylim(0, 1.05)
        rate.set_xlabel("megapixels seen")
        if log.name:
            figure.suptitle(log.name)
        picture = io.BytesIO()
        figure.savefig(picture, format="png", metadata={"Software": None})
    return picture.getvalue()


class CurvesWriter(Silent):
    """Draws the curves of a log anew at each checkpoint, or says once why not; a `Watcher`.

    Args:
        log: The log, written by a watcher that is told before this one.
        path: The picture.
        tell: Says something to the person.
    """

    def __init__(self, log: Path, path: Path, tell: Callable[[str], None]) -> None:
        self._log, self._path, self._tell = log, path, tell
        self._able = find_spec("matplotlib") is not None

    def started(self, start: Start) -> None:
        """Say so if there is nothing to draw with."""
        if not self._able:
            self._tell(MISSING)

    def checkpointed(self, step: int, path: Path) -> None:
        """Draw."""
        self._draw()

    def validated(self, step: int, figures: Mapping[str, float]) -> None:
        """Draw once more, with the new figures."""
        self._draw()

    def _draw(self) -> None:
        """Draw; a picture that cannot be written is no reason to end the run."""
        if not self._able:
            return
        try:
            write_bytes(self._path, draw_curves(Log.read(self._log)), overwrite=True)
        except RestoreError as error:
            self._tell(f"No curves: {error}")


@contextmanager
def _quiet_matplotlib() -> Iterator[None]:
    """Keep its remarks about the font cache, which it makes at its first start, from the person."""
    log = logging.getLogger("matplotlib")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)


def _finish(axes: Axes, label: str) -> None:
    axes.set_ylabel(label)
    axes.grid(visible=True, alpha=0.3)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False, fontsize="small")


def _names(tables: Any) -> list[str]:
    """Return every key of some mappings, in the order in which they came."""
    return list(dict.fromkeys(name for table in tables for name in table))


def _numbers(values: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return numbers, NaN for None."""
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _thinned(x: Any, y: Any) -> tuple[Any, Any]:
    """Return means of neighbours that have a value, so that there are `POINTS` at most."""
    there = np.isfinite(y)
    x, y = x[there], y[there]
    if len(x) <= POINTS:
        return x, y
    starts = np.linspace(0, len(x), POINTS, endpoint=False).astype(int)
    counts = np.diff(np.append(starts, len(x)))
    return np.add.reduceat(x, starts) / counts, np.add.reduceat(y, starts) / counts


def _megapixels(steps: Sequence[int], reports: Sequence[Reported]) -> Any:
    """Return how many megapixels had been seen at each step, which lie between those reported."""
    if not reports:
        return np.array(steps, dtype=np.float64)
    known = np.array([(0, 0), *((report.step, report.megapixels) for report in reports)])
    per_step = known[-1, 1] / max(1, known[-1, 0])
    beyond = np.maximum(0, np.array(steps) - known[-1, 0])
    return np.interp(steps, known[:, 0], known[:, 1]) + per_step * beyond
