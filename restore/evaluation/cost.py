"""What a result costs: evaluations of the network, operations, seconds, memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TypeVar

import psutil

from restore.hooks import Report

__all__ = ["Cost", "PeakMemory", "measured"]

T = TypeVar("T")

SAMPLING_INTERVAL = 0.005


@dataclass(frozen=True)
class Cost:
    """The cost of one result.

    Attributes:
        seconds: Wall-clock time.
        peak_mb: Most memory that the process held meanwhile, in MB of 10⁶ bytes, with everything
            that it had loaded before; None where nobody measured it.
        evaluations: Calls of the network (NFE); the tiles of a picture are one call. None for a
            method that is not ours.
        mflop_per_pixel: Millions of floating-point operations of these calls for each pixel of
            the result, the overlaps of tiles included. None for a method that is not ours.
    """

    seconds: float
    peak_mb: float | None = None
    evaluations: int | None = None
    mflop_per_pixel: float | None = None

    def with_network(self, report: Report) -> Cost:
        """Return the cost with what a report says of the network."""
        mflop = report.gflop / (1000 * report.megapixels)
        return Cost(self.seconds, self.peak_mb, report.evaluations, mflop)


def measured(work: Callable[[], T]) -> tuple[T, Cost]:
    """Do some work, and return what it returns with its seconds and its peak of memory."""
    with PeakMemory() as memory:
        start = time.perf_counter()
        result = work()
        seconds = time.perf_counter() - start
    return result, Cost(seconds, memory.peak / 1e6)


class PeakMemory:
    """Watches this process' resident memory while a block runs.

    A thread looks every 5 ms; what is given back sooner may be missed.

    Attributes:
        peak: The most that was seen, in bytes.
    """

    def __init__(self) -> None:
        self.peak = 0
        self._process = psutil.Process()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._look()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end.set()
        self._thread.join()
        self._look()

    def _watch(self) -> None:
        while not self._end.wait(SAMPLING_INTERVAL):
            self._look()

    def _look(self) -> None:
        self.peak = max(self.peak, int(self._process.memory_info().rss))
