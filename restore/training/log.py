"""The log of a run: one JSON object a line, only ever added to, readable after any kill."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from restore.errors import ParameterError, WriteError
from restore.training.watching import Report, Start, Why

__all__ = [
    "Checkpointed",
    "Ended",
    "Entry",
    "Log",
    "LogWriter",
    "Reported",
    "Started",
    "Validated",
    "Warned",
]

MEGA = 1e6


class _Entry(BaseModel):
    """What every line has; keys that a later version adds are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    time: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))


class Started(_Entry):
    """A run began; `step` is more than 0 where it went on from a checkpoint. See `Start`."""

    event: Literal["start"] = "start"
    name: str
    device: str
    precision: str
    processes: int
    parameters: int
    step: int = Field(ge=0)
    steps: int
    groups: tuple[str, ...]


class Reported(_Entry):
    """Some seconds of training; a loss that is not finite is null. See `Report`."""

    event: Literal["report"] = "report"
    step: int = Field(ge=0)
    progress: float
    loss: float | None
    groups: Mapping[str, float | None]
    rate: float
    megapixels: float
    megapixels_per_second: float
    seconds_left: float | None
    skipped: int


class Validated(_Entry):
    """The averaged network was measured on held-out examples."""

    event: Literal["validation"] = "validation"
    step: int = Field(ge=0)
    figures: Mapping[str, float | None]


class Checkpointed(_Entry):
    """A checkpoint was written."""

    event: Literal["checkpoint"] = "checkpoint"
    step: int = Field(ge=0)
    file: str


class Warned(_Entry):
    """Something went wrong, and the run went on."""

    event: Literal["warning"] = "warning"
    text: str


class Ended(_Entry):
    """The run was over, its last checkpoint written."""

    event: Literal["end"] = "end"
    step: int = Field(ge=0)
    why: Why


Entry: TypeAlias = Annotated[
    Started | Reported | Validated | Checkpointed | Warned | Ended, Field(discriminator="event")
]
_ENTRY: TypeAdapter[Entry] = TypeAdapter(Entry)


class Log:
    """A log as read.

    Attributes:
        entries: All lines, in their order.
    """

    def __init__(self, entries: tuple[Entry, ...]) -> None:
        self.entries = entries

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a log; a last line that a kill cut off is passed over.

        Raises:
            ParameterError: The file cannot be read, or another line is no entry of a log.
        """
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ParameterError(f"The log {path} cannot be read: {error.strerror}.") from error
        entries: list[Entry] = []
        for number, line in enumerate(data.split(b"\n")[:-1], 1):
            try:
                entries.append(_ENTRY.validate_json(line))
            except ValidationError as error:
                raise ParameterError(
                    f"Line {number} of the log {path} is damaged, or this is no log of a run.",
                    "Move it out of the folder; the run goes on with a new one.",
                ) from error
        return cls(tuple(entries))

    @property
    def name(self) -> str:
        """The recipe's name; empty if no run began."""
        names = [entry.name for entry in self.entries if isinstance(entry, Started)]
        return names[-1] if names else ""

    @property
    def course(self) -> tuple[Reported | Validated, ...]:
        """Reports and validations that led to the present weights.

        Steps that were lost between a checkpoint and a kill, and then made again, are left out.
        """
        course: list[Reported | Validated] = []
        for entry in self.entries:
            if isinstance(entry, Started):
                course = [kept for kept in course if kept.step <= entry.step]
            elif isinstance(entry, Reported | Validated):
                course.append(entry)
        return tuple(course)


class LogWriter:
    """Adds a line for everything that a run tells; a `Watcher`.

    Args:
        path: The file; a run that goes on writes behind the lines of the earlier ones.

    Raises:
        ParameterError: The file exists and is no log.
        WriteError: It cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            if path.exists():
                Log.read(path)
                _remove_torn_line(path)
            self._file = path.open("ab")
        except OSError as error:
            raise self._cannot(error) from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def started(self, start: Start) -> None:
        """Log what runs."""
        names = ("name", "device", "precision", "processes", "parameters", "step", "steps")
        given = {name: getattr(start, name) for name in names}
        self._add(Started(**given, groups=start.groups))

    def stepped(self, report: Report) -> None:
        """Log losses and speed."""
        self._add(
            Reported(
                step=report.step,
                progress=report.progress,
                loss=_finite(report.loss),
                groups={name: _finite(loss) for name, loss in report.groups.items()},
                rate=report.rate,
                megapixels=report.pixels / MEGA,
                megapixels_per_second=report.pixels_per_second / MEGA,
                seconds_left=_finite(report.seconds_left),
                skipped=report.skipped,
            )
        )

    def validated(self, step: int, figures: Mapping[str, float]) -> None:
        """Log the figures."""
        finite = {name: _finite(value) for name, value in figures.items()}
        self._add(Validated(step=step, figures=finite))

    def checkpointed(self, step: int, path: Path) -> None:
        """Log the checkpoint, and bring the log to the disk as well."""
        self._add(Checkpointed(step=step, file=path.name))
        os.fsync(self._file.fileno())

    def warned(self, text: str) -> None:
        """Log the warning."""
        self._add(Warned(text=text))

    def finished(self, step: int, why: Why) -> None:
        """Log the end."""
        self._add(Ended(step=step, why=why))
        os.fsync(self._file.fileno())

    def _add(self, entry: Entry) -> None:
        try:
            self._file.write(entry.model_dump_json().encode() + b"\n")
            self._file.flush()
        except OSError as error:
            raise self._cannot(error) from error

    def _cannot(self, error: OSError) -> WriteError:
        return WriteError(
            f"The log {self._path} cannot be written: {error.strerror}.",
            "Make room on the disk, or choose another folder.",
        )


def _remove_torn_line(path: Path) -> None:
    """Cut off what stands behind the last line's end: half a line, left by a kill."""
    with path.open("r+b") as file:
        data = file.read()
        file.truncate(data.rfind(b"\n") + 1)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
