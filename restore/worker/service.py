"""The routes of the worker."""

from __future__ import annotations

import asyncio
import hmac
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from restore import __version__
from restore.errors import MemoryLimitError, ParameterError, RestoreError, WorkerError, told
from restore.hooks.manager import Plugins
from restore.worker import PROTOCOL
from restore.worker.answering import stream
from restore.worker.catalogue import catalogue
from restore.worker.connection import LOST
from restore.worker.freshness import State, installed_now
from restore.worker.job import Job
from restore.worker.models import ModelThread
from restore.worker.refusing import refuse
from restore.worker.room import Room, refuse_without_memory
from restore.worker.upload import Gone, Upload

__all__ = ["Service"]

_log = logging.getLogger("restore")

MOST_RUNS = 256
"""Runs that may wait."""
OPEN = ("/health", "/quit")
"""Routes that answer whatever protocol is spoken."""


@dataclass
class Service:
    """What the routes share.

    Attributes:
        plugins: Bring the actions.
        room: Holds payloads.
        models: Runs jobs.
        token: What every request must bring; empty where a socket's permissions do.
        leave: Called when the worker is asked to leave.
        stopped: Whether it was stopped, and takes no more runs.
        installed: What was installed when it started.
    """

    plugins: Plugins
    room: Room
    models: ModelThread
    token: str
    leave: Callable[[], None]
    stopped: bool = False
    installed: State = field(default_factory=installed_now)

    def app(self) -> ASGIApp:
        """Return the application."""
        routes = [
            Route("/health", self._health, methods=["GET"]),
            Route("/actions", self._actions, methods=["GET"]),
            Route("/actions/{name}/run", _Endpoint(self._run), methods=["POST"]),
            Route("/free", self._free, methods=["POST"]),
            Route("/quit", self._quit, methods=["POST"]),
        ]
        handlers: dict[Any, Any] = {HTTPException: _not_found, Exception: _bug}
        return _Endpoint(self._guarded(Starlette(routes=routes, exception_handlers=handlers)))

    def _guarded(self, app: ASGIApp) -> ASGIApp:
        """Let in who may, speaking what we speak."""

        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            headers = dict(scope["headers"])
            if self.token and (no := _stranger(headers, self.token)):
                await refuse(receive, send, 403, no)
            elif scope["path"] not in OPEN and (other := _other_protocol(headers)):
                await refuse(receive, send, 409, other)
            else:
                await app(scope, receive, send)

        return guarded

    async def _health(self, request: Request) -> Response:
        return JSONResponse(
            {
                "protocol": PROTOCOL,
                "version": __version__,
                "pid": os.getpid(),
                "running": self.models.running,
                "waiting": self.models.waiting,
                "idle_s": round(self.models.idle_seconds, 3),
                "models": self.models.opened,
                "outdated": installed_now() != self.installed,
            }
        )

    async def _actions(self, request: Request) -> Response:
        self.models.touch()
        return JSONResponse({"actions": catalogue(self.plugins)})

    async def _free(self, request: Request) -> Response:
        self.models.free()
        return JSONResponse({})

    async def _quit(self, request: Request) -> Response:
        self.leave()
        return JSONResponse({})

    async def _run(self, scope: Scope, receive: Receive, send: Send) -> None:
        if busy := self._busy():
            await refuse(receive, send, 503, busy)
            return
        try:
            upload = Upload(receive, _length(dict(scope["headers"])), scope["state"][LOST])
            action = self.plugins.action(scope["path_params"]["name"])
            header = await upload.header()
            job = Job(action, header, asyncio.get_running_loop())
            refuse_without_memory(job)
        except Gone:
            return
        except RestoreError as error:
            await refuse(receive, send, _status(error), error)
            return
        self.room.ask(job)
        self.models.add(job)
        try:
            await stream(job, upload, send, self.models)
        except TimeoutError:
            _log.warning("%s does not read its answer and is given up.", job.client)
        finally:
            self.models.discard(job)

    def _busy(self) -> WorkerError | None:
        if self.stopped:
            return WorkerError("The worker was stopped.", "Try again.")
        if self.models.waiting >= MOST_RUNS:
            return WorkerError(f"{MOST_RUNS} runs wait already.", "Try again later.")
        return None


class _Endpoint:
    """A function as an application; Starlette takes bare functions for something else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


def _status(error: RestoreError) -> int:
    if isinstance(error, MemoryLimitError):
        return 413
    return 408 if isinstance(error, WorkerError) else 400


def _length(headers: dict[bytes, bytes]) -> int:
    try:
        if b"transfer-encoding" in headers:
            raise ValueError
        return int(headers[b"content-length"])
    except (KeyError, ValueError):
        raise ParameterError(
            "A run's request needs a Content-Length, and no other encoding."
        ) from None


def _stranger(headers: dict[bytes, bytes], token: str) -> WorkerError | None:
    """Return why a request is not let in; None if it is."""
    host = headers.get(b"host", b"").decode("latin-1").partition(":")[0]
    if host not in ("127.0.0.1", "localhost"):
        return WorkerError(f"This worker answers on 127.0.0.1 only, not as {host!r}.")
    given = headers.get(b"authorization", b"")
    if not hmac.compare_digest(given, b"Bearer " + token.encode()):
        return WorkerError("Only programs that know this worker's token are let in.")
    return None


def _other_protocol(headers: dict[bytes, bytes]) -> WorkerError | None:
    given = headers.get(b"restore-protocol", b"").decode("latin-1")
    if given == str(PROTOCOL):
        return None
    spoken = f"protocol {given[:20]}" if given else "no protocol"
    return WorkerError(
        f"The editor's plug-in speaks {spoken}; restore {__version__} speaks {PROTOCOL}.",
        "Type `restore install gimp` or `restore install krita`, then start the editor again.",
    )


async def _not_found(request: Request, error: HTTPException) -> Response:
    known = ParameterError(f"{request.method} {request.url.path}: {error.detail}.")
    return JSONResponse({"error": told(known)}, error.status_code, headers=error.headers)


async def _bug(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": told(error)}, 500)
