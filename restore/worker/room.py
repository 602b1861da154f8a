"""Room for pictures: bounded, so that a payload is read only when there is memory to hold it."""

from __future__ import annotations

from restore.engine.memory import LARGE, WORKING, free_memory
from restore.errors import MemoryLimitError
from restore.photo.room import gigabytes
from restore.worker.job import Job
from restore.worker.turns import Turns

__all__ = ["Room", "refuse_without_memory"]

COPIES = 2
"""Of the payload and of the answer: as they travel, and as photos."""


class Room:
    """Lets pictures in, in fair order, while they fit; a large one is let in alone.

    Args:
        limit: Bytes that all payloads and answers together may take; less if memory is short.
    """

    def __init__(self, limit: int = 1 << 30) -> None:
        self._limit = limit
        self._waiting: Turns[Job] = Turns()
        self._held: dict[Job, int] = {}

    def ask(self, job: Job) -> None:
        """Set `job.admitted` as soon as its payload may be read."""
        self._waiting.add(job)
        self._let_in()

    def leave(self, job: Job) -> None:
        """Give a job's room back, or its place in the queue."""
        self._waiting.discard(job)
        self._held.pop(job, None)
        self._let_in()

    def _let_in(self) -> None:
        while job := self._waiting.first():
            needed = job.bytes
            if self._held and sum(self._held.values()) + needed > self._most():
                return
            self._waiting.next()
            self._held[job] = needed
            job.admitted.set()

    def _most(self) -> int:
        return min(self._limit, free_memory() // (2 * COPIES))


def refuse_without_memory(job: Job) -> None:
    """Refuse a job that the memory which can be had does not hold.

    Raises:
        MemoryLimitError: It does not.
    """
    image, pixels = job.header.image, job.result_pixels
    needed = COPIES * job.bytes
    if pixels > LARGE:
        needed = max(needed, pixels * WORKING)
    if needed > (free := free_memory()):
        raise MemoryLimitError(
            f"{image.width} × {image.height} pixels are too many: that takes about "
            f"{gigabytes(needed)} of memory, and {gigabytes(free)} are free.",
            "Select a smaller part, or close other programs.",
        )
