"""The worker's process: one a folder, from its lock to its end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import signal
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn
from filelock import BaseFileLock
from starlette.types import ASGIApp

from restore import __version__
from restore.errors import WorkerError
from restore.hooks.manager import Plugins
from restore.worker.calling import call
from restore.worker.connection import Connection
from restore.worker.folder import HAS_UNIX_SOCKETS, Address, Folder
from restore.worker.hosts import refresh
from restore.worker.models import ModelThread
from restore.worker.room import Room
from restore.worker.service import Service

__all__ = ["serve"]

_log = logging.getLogger("restore")

PATIENCE = 20.0
"""Seconds for which to wait for a worker that holds the folder and does not answer."""
BACKLOG = 512
GRACE = 0.5
"""Seconds for which a worker that leaves still answers those who had found it before."""
STOPPING = 5.0
"""Seconds for which a run that was stopped may go on."""


def serve(folder: Folder, plugins: Plugins, *, idle: float, tcp: bool = False) -> None:
    """Serve until idle for long, asked to leave, or stopped; at once if another worker answers.

    Args:
        folder: Where the socket, the lock and the address are.
        plugins: Bring the actions.
        idle: Seconds.
        tcp: Listen on 127.0.0.1 instead of a Unix socket; so it is on Windows in any case.

    Raises:
        WorkerError: The folder cannot be used.
    """
    folder.prepare()
    tcp = tcp or not HAS_UNIX_SOCKETS
    if not tcp:
        folder.check_socket()
    lock = _locked(folder)
    if lock is None:
        _log.warning("A worker serves in %s already.", folder.path)
        return
    try:
        listener, token = _on_loopback(folder) if tcp else (_on_socket(folder), "")
        worker = _Worker(folder, lock, idle)
        with listener:
            try:
                asyncio.run(worker.run(listener, token, plugins))
            finally:
                worker.withdraw()
    finally:
        lock.release()


def _locked(folder: Folder) -> BaseFileLock | None:
    """Take the folder; None if a worker that answers has it."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if lock := folder.lock():
            return lock
        with contextlib.suppress(WorkerError):
            if call(folder, "GET", "/health"):
                return None
        time.sleep(0.05)
    raise WorkerError(
        f"A worker holds {folder.path}, but it does not answer.",
        "Wait a moment; if it lasts, end it: restore worker stop --now",
    )


def _on_socket(folder: Folder) -> socket.socket:
    """Listen on the Unix socket, in place of one that was left by a worker that is gone."""
    path = folder.socket
    try:
        if path.is_symlink() or (path.exists() and not stat.S_ISSOCK(path.lstat().st_mode)):
            raise WorkerError(f"{path} is no socket.", "Move it away.")
        path.unlink(missing_ok=True)
        folder.address.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        try:
            listener.bind(str(path))
            path.chmod(0o600)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise WorkerError(
            f"The worker cannot listen on {path}: {error.strerror}.",
            "Use --folder with a folder on another disk.",
        ) from error
    listener.setblocking(False)
    return listener


def _on_loopback(folder: Folder) -> tuple[socket.socket, str]:
    """Listen on 127.0.0.1, on any port, which the address file tells."""
    token = secrets.token_hex(32)
    listener = socket.socket(socket.AF_INET)
    try:
        listener.bind(("127.0.0.1", 0))
        folder.socket.unlink(missing_ok=True)
        folder.write_address(Address(listener.getsockname()[1], token))
    except BaseException:
        listener.close()
        raise
    listener.setblocking(False)
    return listener, token


class _Worker:
    """From the first request to the last."""

    def __init__(self, folder: Folder, lock: BaseFileLock, idle: float) -> None:
        self._folder, self._lock, self._idle = folder, lock, idle
        self._door = folder.door()

    async def run(self, listener: socket.socket, token: str, plugins: Plugins) -> None:
        """Serve on a socket until it is time to leave."""
        room = Room()
        self._models = ModelThread(plugins, room)
        self._service = Service(plugins, room, self._models, token, self.leave)
        self._server = _Server(self._service.app(), self._stop)
        watch = asyncio.create_task(self._leave_when_idle())
        threading.Thread(target=refresh, args=(plugins, self._folder)).start()
        _log.info("restore %s serves in %s.", __version__, self._folder.path)
        try:
            await self._server.serve([listener])
        finally:
            watch.cancel()

    def leave(self) -> None:
        """Give the folder up, serve who has just come in, finish what runs, and end."""
        self.withdraw()
        asyncio.get_running_loop().call_later(GRACE, self._close)

    def _close(self) -> None:
        self._server.should_exit = True

    def withdraw(self) -> None:
        """Make place for another worker."""
        if self._lock.is_locked:
            if self._folder.door() == self._door:
                with contextlib.suppress(OSError):
                    self._folder.socket.unlink(missing_ok=True)
                    self._folder.address.unlink(missing_ok=True)
            self._lock.release()

    async def _leave_when_idle(self) -> None:
        while self._models.idle_seconds < self._idle:
            if not self._lock.is_locked:
                return  # it leaves already
            if self._folder.door() != self._door:
                _log.warning("%s was taken away: the worker leaves.", self._folder.path)
                break
            await asyncio.sleep(min(1.0, self._idle / 4))
        else:
            _log.info("Nothing to do for %.0f s: the worker leaves.", self._idle)
        self.leave()

    def _stop(self) -> None:
        self._service.stopped = True
        self._models.stop()
        self.withdraw()
        self._close()
        asyncio.get_running_loop().call_later(STOPPING, os._exit, 1)


class _Server(uvicorn.Server):
    """The HTTP server, with an end of our own."""

    def __init__(self, app: ASGIApp, stop: Callable[[], None]) -> None:
        self._on_signal = stop
        super().__init__(
            uvicorn.Config(
                app,
                http=Connection,
                ws="none",
                lifespan="off",
                loop="asyncio",
                log_config=None,
                log_level="error",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=False,
                timeout_keep_alive=60,
                backlog=BACKLOG,
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop in order when the system or the person says so; at once the second time."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()

        def stop(number: int, frame: FrameType | None) -> None:
            for known in before:
                signal.signal(known, signal.SIG_DFL)
            loop.call_soon_threadsafe(self._on_signal)

        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, stop) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
