"""A folder is there complete or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from restore.errors import WriteError

__all__ = ["check_folder", "new_folder"]


def check_folder(target: Path, overwrite: bool) -> None:
    """Refuse a folder that could not be written in the end.

    Raises:
        WriteError: It exists and may not be replaced, is no folder, or what it lies in is missing
            or closed.
    """
    if target.is_dir() and not overwrite:
        raise WriteError(f"{target} already exists.", "Choose another name, or --overwrite it.")
    if os.path.lexists(target) and (target.is_symlink() or not target.is_dir()):
        raise WriteError(f"{target} is not a folder.", "Choose another name.")
    if not target.parent.is_dir():
        raise WriteError(f"The folder {target.parent} does not exist.", "Make it first.")
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise WriteError(f"The folder {target.parent} cannot be written to.")


@contextmanager
def new_folder(target: Path, overwrite: bool = False) -> Iterator[Path]:
    """Give a folder to fill, which gets its name when the block ends without an error.

    Until then an existing folder stands as it was. Killed, the process can leave only a hidden
    folder “.restore-…” beside it.

    Args:
        target: The folder.
        overwrite: Whether an existing one may be replaced, with all that is in it.

    Yields:
        An empty folder beside the target.

    Raises:
        WriteError: See `check_folder`; or the system refuses.
    """
    check_folder(target, overwrite)
    target = target.absolute()
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=target.parent) as staging:
        folder, old = Path(staging) / "new", Path(staging) / "old"
        folder.mkdir()
        yield folder
        check_folder(target, overwrite)
        try:
            for path in (*folder.rglob("*"), folder):
                _sync(path)
            if target.exists():
                target.rename(old)
            try:
                folder.rename(target)
            except OSError:
                if old.exists():
                    old.rename(target)
                raise
            _sync(target.parent)
        except OSError as error:
            raise WriteError(f"{target} cannot be written: {error.strerror}.") from error


def _sync(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
