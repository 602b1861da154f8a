"""The record of what was put where, so that it can be brought up to date and taken away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from restore.errors import RestoreError, WriteError
from restore.hooks.host import Installed
from restore_editors.copying import write_whole

__all__ = ["Record"]


class Record:
    """A file of JSON; what is installed in a profile stands in it once for each host."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file

    @property
    def file(self) -> Path:
        """The file, by default among this user's data."""
        if self._file is not None:
            return self._file
        import platformdirs

        return platformdirs.user_data_path("restore") / "installations.json"

    def read(self, host: str) -> list[Installed]:
        """Return the installations of a host.

        Raises:
            RestoreError: The file cannot be read, or is not what was written.
        """
        return [installed for installed in self._all() if installed.host == host]

    @contextmanager
    def change(self) -> Iterator[None]:
        """Let nobody else install, refresh or uninstall meanwhile.

        Raises:
            RestoreError: Somebody else is at it, or the folder cannot be written.
        """
        from filelock import FileLock, Timeout

        lock = FileLock(f"{self.file}.lock", timeout=60)
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout:
            raise RestoreError(
                "Another program is installing just now.", "Wait for it, then try again."
            ) from None
        except OSError as error:
            raise WriteError(f"{self.file} cannot be written: {error.strerror}.") from None
        try:
            yield
        finally:
            lock.release()

    def add(self, installed: Installed) -> None:
        """Write an installation down, in the place of an earlier one."""
        self._write([*self._others(installed), installed])

    def remove(self, installed: Installed) -> None:
        """Strike an installation out."""
        self._write(self._others(installed))

    def _others(self, installed: Installed) -> list[Installed]:
        key = (installed.host, installed.plugin)
        return [other for other in self._all() if (other.host, other.plugin) != key]

    def _all(self) -> list[Installed]:
        from pydantic import TypeAdapter, ValidationError

        try:
            return TypeAdapter(list[Installed]).validate_json(self.file.read_bytes())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise RestoreError(f"{self.file} cannot be read: {error.strerror}.") from None
        except ValidationError:
            raise RestoreError(
                f"{self.file}, the record of what is installed in editors, is damaged.",
                "Remove it, then install again; that finds the plug-ins which are there.",
            ) from None

    def _write(self, all_of_them: list[Installed]) -> None:
        from pydantic import TypeAdapter

        text = TypeAdapter(list[Installed]).dump_json(all_of_them, indent=1)
        try:
            write_whole(self.file, text)
        except OSError as error:
            raise WriteError(f"{self.file} cannot be written: {error.strerror}.") from None
