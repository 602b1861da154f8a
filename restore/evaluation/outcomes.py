"""What each method came to on each task, written as soon as it is known, to go on from."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeAlias

from restore.errors import ParameterError, WriteError

__all__ = ["Outcome", "Record"]

Key: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True)
class Outcome:
    """One method on one task, all pictures as one batch.

    Attributes:
        task: Name of the task.
        method: Name of the method; "network" is the network's own conditioning.
        calls: How many evaluations of the network it was allowed; 0 of a plain method.
        files: Names of the pictures.
        psnr: Of each picture, in dB; of a task with a hole over the hole alone. Empty where the
            method failed.
        ssim: Of each picture.
        lpips: Of each picture; None without its weights.
        evaluations: How many evaluations it took.
        seconds: Wall-clock time for each picture.
        fault: Why it failed; empty where it did not.
        model: SHA-256 of the model's weights; empty of a plain method.
        precision: In which the network computed.
        crop: Side of the pictures.
        seed: Of the noise that was drawn.
        start: σ at which a method started, [-1, 1] units.
        machine: Where it ran.
    """

    task: str
    method: str
    calls: int
    files: tuple[str, ...]
    psnr: tuple[float, ...] = ()
    ssim: tuple[float, ...] = ()
    lpips: tuple[float, ...] | None = None
    evaluations: int = 0
    seconds: float = 0.0
    fault: str = ""
    model: str = ""
    precision: str = ""
    crop: int = 0
    seed: int = 0
    start: float = 0.0
    machine: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """What must be the same for two outcomes to be of the same experiment."""
        settings = self.files, self.model, self.precision, self.crop, self.seed, self.start
        return self.task, self.method, self.calls, *settings

    def mean(self, figure: str) -> float | None:
        """Return the mean of a figure over the pictures; None where there is none."""
        values = getattr(self, figure)
        return statistics.fmean(values) if values else None


class Record:
    """Outcomes in a file of JSON lines, of which each is written as soon as it is there.

    Several processes may write to one file, and files joined with `cat` are a record of all.

    Args:
        path: The file; what it holds already is not done again. None keeps everything in memory.

    Raises:
        ParameterError: The file is there and holds something else.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._outcomes: dict[Key, Outcome] = {}
        if path is not None and path.exists():
            self._outcomes = {outcome.key: outcome for outcome in _read(path)}

    def __contains__(self, key: Key) -> bool:
        return key in self._outcomes

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """All of them, in the order in which they came."""
        return tuple(self._outcomes.values())

    def add(self, outcome: Outcome) -> None:
        """Keep an outcome.

        Raises:
            WriteError: It cannot be written.
        """
        self._outcomes[outcome.key] = outcome
        if self._path is None:
            return
        try:
            with self._path.open("a+b") as file:
                if file.tell() and not _ends_a_line(file):
                    file.write(b"\n")
                file.write(json.dumps(asdict(outcome)).encode() + b"\n")
        except OSError as error:
            raise WriteError(f"{self._path} cannot be written: {error.strerror}.") from error


def _ends_a_line(file: Any) -> bool:
    file.seek(-1, 2)
    return bool(file.read(1) == b"\n")


def _read(path: Path) -> Iterable[Outcome]:
    """Yield what a record holds; the last line of a run that was killed may be cut off."""
    names = {each.name for each in fields(Outcome)}
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except ValueError:
            continue
        if not (isinstance(values, dict) and {"task", "method", "calls", "files"} <= set(values)):
            raise ParameterError(
                f"{path} is no record of methods: line {number} holds something else.",
                "Give another file to --record.",
            )
        known = {name: value for name, value in values.items() if name in names}
        lists = {name: tuple(v) for name, v in known.items() if isinstance(v, list)}
        yield Outcome(**known | lists)
