"""Asking a worker something small: whether it is there, how it is, that it may go.

And finding one that hangs, which cannot be asked.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from typing import Any

from restore.errors import WorkerError
from restore.worker import PROTOCOL
from restore.worker.folder import Folder

__all__ = ["call", "holder"]

TIMEOUT = 5.0


def call(folder: Folder, method: str, path: str) -> dict[str, Any] | None:
    """Ask the worker of a folder.

    Returns:
        Its answer; None if there is no worker.

    Raises:
        WorkerError: The folder is not the user's alone, or the worker refuses or does not answer.
    """
    if not folder.path.exists():
        return None
    folder.check()
    headers = {"Restore-Protocol": str(PROTOCOL)}
    connection: http.client.HTTPConnection
    if folder.socket.exists():
        connection = _OnSocket(folder)
    elif address := folder.read_address():
        connection = http.client.HTTPConnection("127.0.0.1", address.port, timeout=TIMEOUT)
        headers["Authorization"] = f"Bearer {address.token}"
    else:
        return None
    try:
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        answer: dict[str, Any] = json.loads(response.read())
    except (ConnectionRefusedError, FileNotFoundError):
        return None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise WorkerError(
            f"The worker in {folder.path} does not answer: {error}.",
            "If it lasts, end it: restore worker stop --now",
        ) from error
    finally:
        connection.close()
    if response.status != 200:
        said = answer.get("error", {})
        raise WorkerError(said.get("message", "The worker refuses."), said.get("hint", ""))
    return answer


def holder(folder: Folder) -> int | None:
    """Return the number of the process that listens for a folder, even if it answers nobody.

    Returns:
        None if no process of this user does.
    """
    import psutil

    address = folder.read_address()
    places: list[object] = [str(folder.socket)]
    if address is not None:
        places.append(("127.0.0.1", address.port))
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):  # another user's, or gone meanwhile
            for end in process.net_connections("all"):
                if end.laddr in places and end.status in (psutil.CONN_LISTEN, psutil.CONN_NONE):
                    return int(process.pid)
    return None


class _OnSocket(http.client.HTTPConnection):
    def __init__(self, folder: Folder) -> None:
        super().__init__("localhost", timeout=TIMEOUT)
        self._path = folder.socket

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))
