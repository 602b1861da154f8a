"""Who sends or reads too slowly is given up: the real server, with less patience than usual."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from restore.hooks.manager import Plugins
from restore.worker import answering, connection, server, upload
from restore.worker.folder import Folder
from tests.plugins import install
from tests.worker.host import request

PIXELS = np.zeros((4, 4, 3), np.uint8)
BODY = request(PIXELS)
HEAD = b"POST /actions/identity/run HTTP/1.1\r\nHost: localhost\r\nRestore-Protocol: 1\r\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a worker in a thread of this process."""
    monkeypatch.setattr(connection, "HEADER_SECONDS", 0.3)
    monkeypatch.setattr(upload, "STALL", 0.3)
    monkeypatch.setattr(answering, "DEAF", 0.3)
    install(tmp_path, "identity")
    monkeypatch.syspath_prepend(tmp_path)
    plugins = Plugins.load(allow=["identity"])
    path = tmp_path / "w"
    thread = threading.Thread(target=server.serve, args=(Folder(path), plugins), kwargs={"idle": 1})
    thread.start()
    while thread.is_alive():
        with suppress(OSError), connected(path):
            break
        time.sleep(0.02)
    yield path
    thread.join(20)


def connected(folder: Path) -> socket.socket:
    end = socket.socket(socket.AF_UNIX)
    end.settimeout(15)
    try:
        end.connect(str(folder / "worker.sock"))
    except OSError:
        end.close()
        raise
    return end


def everything(end: socket.socket) -> bytes:
    answer = b""
    while part := end.recv(1 << 20):
        answer += part
    return answer


def test_a_connection_that_says_nothing_is_closed(folder: Path):
    with connected(folder) as end:
        assert b" 408 " in everything(end)


def test_a_header_that_never_ends_is_given_up(folder: Path):
    with connected(folder) as end:
        end.sendall(HEAD)
        for _ in range(4):
            end.sendall(b"A: b\r\n")
            time.sleep(0.05)

        assert b" 408 " in everything(end)


def test_a_frame_that_never_comes_is_refused(folder: Path):
    with connected(folder) as end:
        end.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY[:20])
        answer = end.recv(1 << 16)
        end.close()

    assert b" 408 " in answer


def test_a_payload_that_stalls_ends_with_an_error(folder: Path):
    with connected(folder) as end:
        end.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY[:-1])
        answer = everything(end)

    assert b"sends too slowly" in answer


def test_who_reads_nothing_is_given_up(folder: Path):
    body = request(np.zeros((3000, 3000, 3), np.uint8))
    with connected(folder) as end:
        end.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        time.sleep(1.5)
        with pytest.raises((EOFError, ConnectionError)):
            read_all(end)


def read_all(end: socket.socket) -> None:
    answer = everything(end)
    if not answer.endswith(b"0\r\n\r\n"):
        raise EOFError
