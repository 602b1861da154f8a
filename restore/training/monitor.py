"""What a person sees of a run: a bar on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from restore.training.watching import Report, Start, Why

__all__ = ["Monitor", "duration"]

BAR_SECONDS = 0.2
LINE_SECONDS = 60.0
"""Between lines of a run that is not watched on a terminal."""


class Monitor:
    """Shows a run; a `Watcher`, and a context that leaves the terminal as it was.

    Args:
        console: Where to; by default stderr.
        clock: Seconds since some moment, for the distance between lines.
    """

    def __init__(
        self, console: Console | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._console = console or Console(stderr=True)
        self._clock = clock
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._start: Start | None = None
        self._report: Report | None = None
        self._figures: tuple[int, Mapping[str, float]] | None = None
        self._last_line = self._last_bar = -float("inf")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def line(self, text: str) -> None:
        """Say something; on a terminal above the bar."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def decoding(self, done: int, total: int) -> None:
        """Show how many of the photos are decoded, before the run starts."""
        now = self._clock()
        if self._console.is_terminal and (done == total or now - self._last_bar >= BAR_SECONDS):
            self._last_bar = now
            text = Text(f"decoding photo {done:,} of {total:,}")
            self._live.start()
            self._live.update(Group(_bar(done / total), text), refresh=True)

    def started(self, start: Start) -> None:
        """Say what runs, and show the bar."""
        self._start = start
        processes = f", {start.processes} processes" if start.processes > 1 else ""
        kinds = (
            f"{len(start.groups)} kinds of examples"
            if len(start.groups) > 1
            else "one kind of examples"
        )
        millions = f"{start.parameters / 1e6:.2f} million parameters"
        self.line(
            f"{start.name} in {start.folder}: {millions} on {start.device}, "
            f"{start.precision}{processes}, {kinds}."
        )
        if start.step:
            self.line(f"Going on from step {start.step:,} of {start.steps:,}.")
        if self._console.is_terminal:
            self._live.start()
            self._refresh()

    def stepped(self, report: Report) -> None:
        """Move the bar, or write a line if the last one was long ago."""
        self._report = report
        if self._console.is_terminal:
            self._refresh()
        elif self._clock() - self._last_line >= LINE_SECONDS:
            self._last_line = self._clock()
            self.line(f"{_percent(report.progress)}  {_state(report)}")

    def validated(self, step: int, figures: Mapping[str, float]) -> None:
        """Show the figures below the bar, or on a line."""
        self._figures = step, figures
        if self._console.is_terminal:
            self._refresh()
        else:
            self.line(_measured(step, figures))

    def checkpointed(self, step: int, path: Path) -> None:
        """Say nothing: the log has it."""

    def warned(self, text: str) -> None:
        """Say it."""
        self.line(f"warning: {text}")

    def finished(self, step: int, why: Why) -> None:
        """Take the bar away and say how far the run came."""
        self._live.stop()
        if self._console.is_terminal and self._figures is not None:
            self.line(_measured(*self._figures))
        assert self._start is not None
        of = f"step {step:,} of {self._start.steps:,}"
        self.line(
            {
                "done": f"Done at step {step:,}.",
                "time": f"The time is over at {of}.",
                "stopped": f"Stopped at {of}.",
            }[why]
        )

    def _refresh(self) -> None:
        self._live.update(self._picture(), refresh=True)

    def _picture(self) -> RenderableType:
        assert self._start is not None
        done = self._report.progress if self._report else self._start.step / self._start.steps
        state = _state(self._report) if self._report else "The first steps …"
        lines = [_bar(done), Text(state)]
        if self._figures is not None:
            lines.append(Text(_measured(*self._figures)))
        return Group(*lines)


def _bar(done: float) -> RenderableType:
    bar = Table.grid(expand=True, padding=(0, 1))
    bar.add_column(ratio=1)
    bar.add_column(no_wrap=True)
    bar.add_row(ProgressBar(total=1.0, completed=done), _percent(done))
    return bar


def _percent(share: float) -> str:
    return f"{100 * share:3.0f} %"


def _state(report: Report) -> str:
    parts = [
        f"step {report.step:,}",
        f"{report.pixels / 1e6:,.1f} Mpx",
        f"{report.pixels_per_second / 1e6:.3g} Mpx/s",
        f"loss {report.loss:.4g}",
        f"{duration(report.seconds_left)} left",
    ]
    if report.skipped:
        parts.append(f"{report.skipped} steps skipped")
    return " · ".join(parts)


def _measured(step: int, figures: Mapping[str, float]) -> str:
    return f"validation at step {step:,}:  " + " · ".join(
        f"{name} {value:.2f}" for name, value in figures.items()
    )


def duration(seconds: float) -> str:
    """Return such as “40 s”, “12 min” or “3 h 05 min”; “?” for what is not known."""
    if not 0 <= seconds < 1e9:
        return "?"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02} min"
