"""Something that listens where the worker should, and answers what a test wants."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

__all__ = ["chunks", "frame", "http", "impostor"]

Answer = bytes | Callable[[socket.socket], None]


@contextmanager
def impostor(folder: Path, answers: dict[str, Answer]) -> Iterator[list[str]]:
    """Listen on the socket of a folder until left; yields the paths that are asked for.

    Args:
        folder: Of the worker; it is made.
        answers: By path: bytes to be sent, or a function of the connection. A path that is not
            among them closes the connection. "/quit" also ends the listening.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / "worker.sock"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    asked: list[str] = []
    leaving = threading.Event()

    def serve() -> None:
        while not leaving.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                head = b""
                while b"\r\n\r\n" not in head and (part := connection.recv(1 << 16)):
                    head += part
                where = head.split(b" ")[1].decode() if head else ""
                asked.append(where)
                if where == "/quit":
                    path.unlink()
                    leaving.set()
                answer = answers.get(where, b"")
                with suppress(OSError):
                    answer(connection) if callable(answer) else connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield asked
    finally:
        if not leaving.is_set():
            path.unlink()  # else it is another's by now
        leaving.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(30)


def http(body: Any, status: int = 200) -> bytes:
    """Return an answer in JSON."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(text), text)


def chunks(*parts: bytes, end: bool = True) -> bytes:
    """Return an answer in chunks, whole or torn off."""
    body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + body + (b"0\r\n\r\n" if end else b"")


def frame(header: Any, payload: bytes = b"") -> bytes:
    """Return a frame."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("!IQ", len(text), len(payload)) + text + payload
