"""Asking a worker something small: whether it is there, how it is, that it may go."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any

from restore.errors import WorkerError
from restore.worker import PROTOCOL
from restore.worker.folder import Folder

__all__ = ["call"]

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
        raise WorkerError(f"The worker in {folder.path} does not answer: {error}.") from error
    finally:
        connection.close()
    if response.status != 200:
        said = answer.get("error", {})
        raise WorkerError(said.get("message", "The worker refuses."), said.get("hint", ""))
    return answer


class _OnSocket(http.client.HTTPConnection):
    def __init__(self, folder: Folder) -> None:
        super().__init__("localhost", timeout=TIMEOUT)
        self._path = folder.socket

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))
