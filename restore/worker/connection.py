"""A connection: whose it is, how long its request may take to come, and what is said to garbage."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
import sys
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from restore.errors import ParameterError, RestoreError, WorkerError, told

__all__ = ["LOST", "Connection"]

HEADER_SECONDS = 10.0
"""For how long the header of a request may come."""
MOST = 512
"""Connections at a time."""
BUFFER = 4 << 20
LOST = "lost"
"""In the state of each request: an event that is set when its connection is gone."""


class Connection(H11Protocol):
    """One host's connection; what is wrong with it ends it alone, in words."""

    _limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Let the user in, and nobody else."""
        super().connection_made(transport)
        self._lost = asyncio.Event()
        self.app_state = {LOST: self._lost}
        peer = transport.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        if (user := _user(peer)) not in (None, _own()):
            self._end(403, WorkerError(f"This worker is user {_own()}'s, not user {user}'s."))
        elif len(self.connections) > MOST:
            self._end(503, WorkerError("Too many connections at a time.", "Try again later."))
        else:
            self._watch()

    def data_received(self, data: bytes) -> None:
        """Take what came; a header must be whole within some seconds."""
        if not self.transport.is_closing():
            super().data_received(data)
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let those know who wait for something else."""
        super().connection_lost(exc)
        self._lost.set()
        self._unwatch()

    def send_400_response(self, msg: str) -> None:
        """Say that this is no request."""
        self._end(400, ParameterError("This is no request that the worker understands."))

    def _watch(self) -> None:
        between = self.cycle is None or self.cycle.response_complete
        if not between or self.transport.is_closing():
            self._unwatch()
        elif self._limit is None:
            self._limit = self.loop.call_later(HEADER_SECONDS, self._too_slow)

    def _unwatch(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def _too_slow(self) -> None:
        self._end(408, WorkerError("No request came in time."))

    def _end(self, status: int, error: RestoreError) -> None:
        """Answer and close, whatever the state of the conversation."""
        if self.transport.is_closing():
            return
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            body = json.dumps({"error": told(error)}).encode()
            self.transport.write(
                b"HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
                b"Connection: close\r\n\r\n%s" % (status, b"Refused", len(body), body)
            )
        self.transport.close()


def _own() -> int | None:
    return os.getuid() if hasattr(os, "getuid") else None


def _user(peer: Any) -> int | None:
    """Return whose process is at the other end of a Unix socket; None if that is not known."""
    if peer.family != getattr(socket, "AF_UNIX", None) or not sys.platform.startswith("linux"):
        return None
    user: int = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1]
    return user
