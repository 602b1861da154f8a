"""What a training run tells those who watch it: a progress bar, a log, curves, a test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

__all__ = ["Report", "Silent", "Start", "Watcher", "Watchers", "Why"]

Why: TypeAlias = Literal["done", "time", "stopped"]
"""Why a run ended: its schedule is complete, its minutes are over, or a signal asked it to."""


@dataclass(frozen=True)
class Start:
    """What is about to run.

    Attributes:
        name: The recipe's name.
        folder: Where checkpoints, weights and the sheet go.
        device: "cpu", or a CUDA device with its name.
        precision: "fp32" or "bf16".
        processes: How many take part.
        parameters: Trained numbers of the network.
        step: Steps already behind it; more than 0 where it goes on from a checkpoint.
        steps: Steps of the whole schedule.
        groups: Names of the kinds of examples.
    """

    name: str
    folder: Path
    device: str
    precision: str
    processes: int
    parameters: int
    step: int
    steps: int
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """What happened since the last report.

    Attributes:
        step: Steps done, of all runs.
        progress: Share of the schedule that is done, 0…1.
        loss: Mean loss of an example since the last report, before balancing.
        groups: The same for each group of which there were examples.
        rate: Factor of the learning rates, 0…1.
        pixels: Pixels seen, of all runs.
        pixels_per_second: Since the last report, without the time of validation.
        seconds_left: Until this run ends.
        skipped: Steps of this run that were left out because something was not finite.
    """

    step: int
    progress: float
    loss: float
    groups: Mapping[str, float]
    rate: float
    pixels: int
    pixels_per_second: float
    seconds_left: float
    skipped: int


class Watcher(Protocol):
    """Is called by the trainer, in its thread; what takes long here delays the training."""

    def started(self, start: Start) -> None:
        """The first step is about to be made."""
        ...

    def stepped(self, report: Report) -> None:
        """Some seconds of training went by."""
        ...

    def validated(self, step: int, figures: Mapping[str, float]) -> None:
        """The averaged network was measured on held-out examples."""
        ...

    def checkpointed(self, step: int, path: Path) -> None:
        """A checkpoint was written, with the weights and the sheet beside it."""
        ...

    def warned(self, text: str) -> None:
        """Something went wrong, and the run goes on."""
        ...

    def finished(self, step: int, why: Why) -> None:
        """The run is over, its last checkpoint written."""
        ...


class Silent:
    """A watcher that says nothing; a base for those that hear of some things only."""

    def started(self, start: Start) -> None:
        """Do nothing."""

    def stepped(self, report: Report) -> None:
        """Do nothing."""

    def validated(self, step: int, figures: Mapping[str, float]) -> None:
        """Do nothing."""

    def checkpointed(self, step: int, path: Path) -> None:
        """Do nothing."""

    def warned(self, text: str) -> None:
        """Do nothing."""

    def finished(self, step: int, why: Why) -> None:
        """Do nothing."""


class Watchers:
    """Several watchers as one, told in their order."""

    def __init__(self, *watchers: Watcher) -> None:
        self.watchers = watchers

    def started(self, start: Start) -> None:
        """Tell all."""
        for watcher in self.watchers:
            watcher.started(start)

    def stepped(self, report: Report) -> None:
        """Tell all."""
        for watcher in self.watchers:
            watcher.stepped(report)

    def validated(self, step: int, figures: Mapping[str, float]) -> None:
        """Tell all."""
        for watcher in self.watchers:
            watcher.validated(step, figures)

    def checkpointed(self, step: int, path: Path) -> None:
        """Tell all."""
        for watcher in self.watchers:
            watcher.checkpointed(step, path)

    def warned(self, text: str) -> None:
        """Tell all."""
        for watcher in self.watchers:
            watcher.warned(text)

    def finished(self, step: int, why: Why) -> None:
        """Tell all."""
        for watcher in self.watchers:
            watcher.finished(step, why)
