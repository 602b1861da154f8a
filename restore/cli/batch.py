"""Working through many photos: side by side, stoppable at any moment, none lost to another's fault.

Threads, not processes: numpy, the codecs and the networks let go of the interpreter while they
compute, one process holds one set of loaded libraries, and a stop reaches every photo at once.
"""

from __future__ import annotations

import queue
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Generic, TypeAlias, TypeVar

from restore.cli.plan import Job
from restore.errors import CancelledError, MemoryLimitError
from restore.hooks import Report

__all__ = ["Outcome", "Progress", "Work", "run_batch", "stop_on_signals"]

Tool = TypeVar("Tool")
Progress: TypeAlias = Callable[[float, str], None]
Work: TypeAlias = Callable[[Job, Tool, Progress], Report]
"""(job, tool, progress) → report; the tool is for one job at a time."""

POLL_SECONDS = 0.1


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of one photo: either `report` or `error` is set."""

    job: Job
    report: Report | None = None
    error: Exception | None = None


@contextmanager
def stop_on_signals() -> Iterator[threading.Event]:
    """Turn Ctrl-C and a polite kill into an event, so that nothing is cut off in mid-write."""
    stop = threading.Event()

    def handler(number: int, frame: FrameType | None) -> None:
        stop.set()

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield stop
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


def run_batch(
    jobs: Sequence[Job],
    work: Work[Tool],
    tools: Sequence[Tool],
    stop: threading.Event,
    *,
    on_outcome: Callable[[Outcome], None],
    on_progress: Callable[[float, int], None],
) -> list[Outcome]:
    """Do every job; a failure ends that job alone.

    Args:
        jobs: What to do.
        work: Does one; its progress function raises `CancelledError` after a stop.
        tools: As many jobs run at a time as there are tools; each tool serves one.
        stop: Once set, no job is begun and those that run end at their next step.
        on_outcome: Called in this thread as each job ends; not for those that were stopped.
        on_progress: Called in this thread with the fraction of the bytes and the number of jobs
            that are done.

    Returns:
        The outcomes in the order in which they came; a stopped job has none.
    """
    batch = _Batch(jobs, work, tools, stop)
    outcomes: list[Outcome] = []
    with ThreadPoolExecutor(len(tools), thread_name_prefix="restore") as pool:
        pending: set[Future[Outcome]] = {pool.submit(batch.one, job) for job in jobs}
        try:
            while pending:
                done, pending = wait(pending, POLL_SECONDS, FIRST_COMPLETED)
                for future in done:
                    if isinstance((outcome := future.result()).error, CancelledError):
                        continue
                    outcomes.append(outcome)
                    on_outcome(outcome)
                on_progress(batch.fraction(), len(outcomes))
        except BaseException:
            stop.set()
            raise
    return outcomes


class _Batch(Generic[Tool]):
    """What the threads share."""

    def __init__(
        self, jobs: Sequence[Job], work: Work[Tool], tools: Sequence[Tool], stop: threading.Event
    ) -> None:
        self._work = work
        self._stop = stop
        self._tools: queue.SimpleQueue[Tool] = queue.SimpleQueue()
        for tool in tools:
            self._tools.put(tool)
        self._bytes = {job: _size(job.source) for job in jobs}
        self._fractions = dict.fromkeys(jobs, 0.0)

    def fraction(self) -> float:
        """How much is done, in [0, 1], a photo counting by the size of its file."""
        done = sum(self._bytes[job] * part for job, part in self._fractions.items())
        return done / max(1, sum(self._bytes.values()))

    def one(self, job: Job) -> Outcome:
        """Do one job in a thread of the pool."""

        def progress(fraction: float, text: str = "") -> None:
            self._fractions[job] = fraction
            if self._stop.is_set():
                raise CancelledError(f"{job.source} was stopped.")

        tool = self._tools.get()
        try:
            progress(0.0)
            return Outcome(job, report=self._work(job, tool, progress))
        except MemoryError:
            short = MemoryLimitError(f"{job.source} does not fit into memory.")
            return Outcome(job, error=short)
        except Exception as error:
            return Outcome(job, error=error)
        finally:
            self._tools.put(tool)
            self._fractions[job] = 1.0


def _size(path: Path) -> int:
    try:
        return max(1, path.stat().st_size)
    except OSError:
        return 1
