"""The thread of the models: one run at a time, in a fair order, models kept warm between runs."""

from __future__ import annotations

import asyncio
import gc
import logging
import queue
import sys
import threading
import time
from collections.abc import Callable

from restore.engine import Engine
from restore.errors import WorkerError
from restore.hooks.manager import Plugins
from restore.worker.job import Frame, Job
from restore.worker.room import Room
from restore.worker.running import do
from restore.worker.turns import Turns

__all__ = ["ModelThread"]

_log = logging.getLogger("restore")


class ModelThread:
    """Runs jobs one after the other; all its methods are called on the event loop.

    Args:
        plugins: Bring actions and models.
        room: Holds the payloads.
    """

    def __init__(self, plugins: Plugins, room: Room) -> None:
        self._plugins, self._room = plugins, room
        self._turns: Turns[Job] = Turns()
        self._running: Job | None = None
        self._engine: Engine | None = None
        self._work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._active = time.monotonic()
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._main, name="models", daemon=True).start()

    @property
    def running(self) -> int:
        """How many jobs run: 0 or 1."""
        return int(self._running is not None)

    @property
    def waiting(self) -> int:
        """How many jobs wait."""
        return len(self._turns)

    @property
    def idle_seconds(self) -> float:
        """For how long there has been nothing to do."""
        return 0.0 if self.running or self.waiting else time.monotonic() - self._active

    @property
    def opened(self) -> list[str]:
        """Names of the models in memory."""
        return [] if self._engine is None else self._engine.opened()

    def touch(self) -> None:
        """Count as not idle."""
        self._active = time.monotonic()

    def ahead(self, job: Job) -> int:
        """Return how many jobs come before this one, the running one included."""
        if job is self._running:
            return 0
        return self._turns.ahead(job) + self.running

    def add(self, job: Job) -> None:
        """Put a job into the queue; its payload may come later."""
        self._turns.add(job)

    def ready(self) -> None:
        """Go on, now that a payload has come."""
        if self._running is None and (job := self._turns.next(lambda job: job.ready)):
            self._running, job.begun = job, True
            self._work.put(lambda: self._do(job))

    def discard(self, job: Job) -> None:
        """Stop a job wherever it is."""
        job.cancel()
        self._turns.discard(job)
        if job is not self._running:
            self._room.leave(job)
        self.touch()
        self.ready()

    def stop(self) -> None:
        """Stop the job that runs at its next step, and let those that wait know."""
        if self._running is not None:
            self._running.cancel()
        for job in self._turns.items():
            job.put(Frame.of(WorkerError("The worker was stopped.", "Try again.")))

    def free(self) -> None:
        """Let the models go, once nothing runs that uses them."""
        self._engine = None
        self.touch()
        self._work.put(_collect)

    def _main(self) -> None:
        while True:
            try:
                self._work.get()()
            except Exception as error:  # the thread must outlive whatever happens
                _log.error("The thread of the models", exc_info=error)

    def _do(self, job: Job) -> None:
        try:
            do(job, self._open)
        finally:
            self._loop.call_soon_threadsafe(self._done, job)

    def _open(self) -> Engine:
        if self._engine is None:
            self._engine = Engine(folders=self._plugins.models())
        return self._engine

    def _done(self, job: Job) -> None:
        self._running = None
        if job.cancelled:  # else its answer is still to be sent
            self._room.leave(job)
        self.touch()
        self.ready()


def _collect() -> None:
    """Give memory back to the system, as far as Python and torch do."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
