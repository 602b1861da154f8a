"""A process that examines files, watched from outside: its death, its time and its memory."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil

__all__ = ["Limits", "Verdict", "Worker"]

ROOT = Path(__file__).parents[2]
_START = 60.0
"""Seconds of processor time to start in."""


@dataclass(frozen=True)
class Limits:
    """What reading and writing one small file may take.

    Attributes:
        seconds: Of processor time; of the clock, six times as many.
        memory: Bytes beyond what the idle process holds. Asked for more than four times as much,
            the system refuses.
    """

    seconds: float = 10.0
    memory: int = 1 << 29


@dataclass(frozen=True)
class Verdict:
    """What came of a file.

    Attributes:
        fault: What is wrong with the toolkit; empty if nothing.
        refusal: Why the file was refused, after the type of the error behind it; empty if it was
            not.
        memory: Bytes that it took at the most.
    """

    fault: str
    refusal: str = ""
    memory: int = 0


class Worker:
    """Examines one file after the other, in a process that is started again when it dies.

    Args:
        limits: For each file.
        formats: A module with the `FORMATS` to know.
    """

    def __init__(
        self, limits: Limits | None = None, formats: str = "restore.photo.formats.registry"
    ) -> None:
        self.limits = limits or Limits()
        self.formats = formats
        self.starts = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="restore-fuzz-")
        self.folder = Path(self._folder.name)

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()
        self._folder.cleanup()

    def examine(self, data: bytes, suffix: str) -> Verdict:
        """Restore a file of these bytes, to be written with the ending `suffix`."""
        source = self.folder / "file"
        source.write_bytes(data)
        try:
            process = self._process or self._start()
            assert process.stdin is not None
            process.stdin.write(json.dumps([str(source), suffix]).encode() + b"\n")
            process.stdin.flush()
            answer = self._answer(process, self.limits.seconds)
        except _FaultError as fault:
            self._stop()
            return Verdict(str(fault))
        if answer["memory"] > self.limits.memory and not answer["fault"]:
            answer["fault"] = f"took {answer['memory'] / 1e6:.0f} MB"
        return Verdict(**answer)

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.fuzz.examine", str(self.folder), self.formats]
        self._errors = (self.folder / "errors").open("wb")
        self._process = subprocess.Popen(
            [*command, str(4 * self.limits.memory)],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "plugins")))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        self.starts += 1
        self._answer(self._process, _START)
        return self._process

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._errors.close()
            self._process = None

    def _answer(self, process: subprocess.Popen[bytes], seconds: float) -> dict[str, Any]:
        assert process.stdout is not None
        clock, processor = time.monotonic(), _processor(process)
        line = b""
        while not line.endswith(b"\n"):
            if select.select([process.stdout], [], [], 0.2)[0]:
                part = os.read(process.stdout.fileno(), 1 << 16)
                if not part:
                    raise _FaultError(f"died of {self._death(process)}")
                line += part
            elif _processor(process) - processor > seconds:
                raise _FaultError(f"took more than {seconds:g} s of processor time")
            elif time.monotonic() - clock > 6 * seconds:
                raise _FaultError(f"took more than {6 * seconds:g} s")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _death(self, process: subprocess.Popen[bytes]) -> str:
        code = process.wait()
        name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        said = (self.folder / "errors").read_text(errors="replace")
        return f"{name}: {said[-2000:]}"


class _FaultError(Exception):
    """The process did what it must not."""


def _processor(process: subprocess.Popen[bytes]) -> float:
    """Return the seconds of processor time that a process has had."""
    try:
        return sum(psutil.Process(process.pid).cpu_times()[:2])
    except psutil.Error:
        return 0.0
