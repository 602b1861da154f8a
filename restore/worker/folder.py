"""The worker's folder: its socket, its lock, its address; nobody's but the user's own."""

from __future__ import annotations

import json
import os
import socket
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from restore.errors import WorkerError

__all__ = ["Address", "Folder", "default_folder"]

HAS_UNIX_SOCKETS = hasattr(socket, "AF_UNIX") and sys.platform != "win32"
LONGEST = 103 if sys.platform == "darwin" else 107
"""Bytes of a socket's path that the system takes."""


def default_folder() -> Path:
    """Return the folder that is used unless told otherwise, below the home folder."""
    import platformdirs

    return platformdirs.user_state_path("restore", appauthor=False) / "worker"


@dataclass(frozen=True)
class Address:
    """Where a worker listens on 127.0.0.1, and what it wants to hear first."""

    port: int
    token: str


@dataclass(frozen=True)
class Folder:
    """A worker's folder; two workers never share one."""

    path: Path

    @property
    def socket(self) -> Path:
        """The Unix socket."""
        return self.path / "worker.sock"

    @property
    def address(self) -> Path:
        """The file with port and token, where there is no Unix socket."""
        return self.path / "worker.json"

    def prepare(self) -> None:
        """Make the folder, or check the one that is there.

        Raises:
            WorkerError: It cannot be made, is a link, or others can look into it.
        """
        if not self.path.is_absolute():
            raise WorkerError(f"The worker's folder must be absolute, not {self.path}.")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise _cannot("make its folder", self.path, error) from error
        self.check()

    def check(self) -> None:
        """Refuse a folder that is not the user's alone.

        Raises:
            WorkerError: It is missing, a link, or others can look into it.
        """
        try:
            found = self.path.lstat()
        except OSError as error:
            raise _cannot("look into its folder", self.path, error) from error
        if not stat.S_ISDIR(found.st_mode):
            raise WorkerError(
                f"{self.path} is no folder, or only a link to one.", "Use --folder with another."
            )
        if os.name != "posix":
            return
        if found.st_uid != os.getuid():
            raise WorkerError(
                f"{self.path} belongs to another user.", "Use --folder with one of your own."
            )
        if found.st_mode & 0o077:
            raise WorkerError(
                f"{self.path} is open to other users.", f"Close it: chmod 700 '{self.path}'"
            )
        for parent in self.path.parents:
            mode = parent.stat().st_mode
            if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
                raise WorkerError(
                    f"Everyone may write into {parent}, and so replace what lies in it.",
                    f"Close it: chmod o-w '{parent}', or use --folder with another folder.",
                )

    def check_socket(self) -> None:
        """Refuse a path that is too long for a socket.

        Raises:
            WorkerError: It is.
        """
        if len(os.fsencode(self.socket)) > LONGEST:
            raise WorkerError(
                f"{self.socket} is too long for a socket: the system takes {LONGEST} bytes.",
                "Use --folder with a shorter path.",
            )

    def door(self) -> tuple[int, int] | None:
        """Return the identity of what leads to a worker, socket or address; None without one."""
        for path in (self.socket, self.address):
            try:
                found = path.lstat()
            except OSError:
                continue
            return found.st_ino, found.st_mtime_ns
        return None

    def lock(self) -> FileLock | None:
        """Take the folder; None if another worker has it.

        Raises:
            WorkerError: The lock cannot be made.
        """
        lock = FileLock(self.path / "worker.lock", timeout=0, thread_local=False)
        try:
            lock.acquire()
        except Timeout:
            return None
        except (OSError, NotImplementedError) as error:
            raise _cannot("lock its folder", self.path, error) from error
        return lock

    def read_address(self) -> Address | None:
        """Return where a worker listens on 127.0.0.1; None if that is not told."""
        try:
            found: Any = json.loads(self.address.read_text())
            return Address(int(found["port"]), str(found["token"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write_address(self, address: Address) -> None:
        """Tell where a worker listens, to the user alone.

        Raises:
            WorkerError: It cannot be written.
        """
        text = json.dumps({"port": address.port, "token": address.token})
        temporary = self.address.with_suffix(".new")
        try:
            temporary.unlink(missing_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            with os.fdopen(os.open(temporary, flags, 0o600), "w") as file:
                file.write(text)
            temporary.replace(self.address)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise _cannot("write", self.address, error) from error


def _cannot(what: str, path: Path, error: OSError | NotImplementedError) -> WorkerError:
    why = getattr(error, "strerror", None) or str(error)
    return WorkerError(
        f"The worker cannot {what}: {path}: {why}.",
        "Make room or permit it, or use --folder with another folder.",
    )
