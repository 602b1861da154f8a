"""A file is there complete or not at all, and nothing is replaced unasked."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from restore.errors import WriteError
from restore.photo.inheritance import NOTHING, Inheritance, of
from restore.photo.room import check_room

__all__ = ["check_target", "replacing", "sync_folder", "write_bytes"]

_EXISTS = "Choose another name, or allow overwriting."
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


def check_target(path: Path, overwrite: bool) -> Path:
    """Return the file to write, with links followed.

    Raises:
        WriteError: Its folder is missing or closed, it is no regular file, or it exists and may
            not be overwritten.
    """
    try:
        target = Path(os.path.realpath(path))
        folder = target.parent
        if not folder.is_dir():
            raise WriteError(f"The folder {folder} does not exist.", "Make it first.")
        if target.is_dir():
            raise WriteError(f"{path} is a folder.", "Name a file in it.")
        if os.path.lexists(target):
            if not overwrite:
                raise WriteError(f"{path} already exists.", _EXISTS)
            if not stat.S_ISREG(target.lstat().st_mode):
                raise WriteError(f"{path} is not a regular file.", "Choose another name.")
    except (OSError, ValueError) as error:
        raise WriteError(f"{path} cannot be written: {_reason(error)}.", _hint(error)) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise WriteError(
            f"The folder {folder} cannot be written to.",
            "Choose another folder, or change its permissions.",
        )
    return target


@contextmanager
def replacing(
    path: Path, *, overwrite: bool = False, inheritance: Inheritance = NOTHING
) -> Iterator[BinaryIO]:
    """Open a file to be written atomically: a temporary one beside it, which then takes its name.

    Whatever goes wrong, also an interruption, the temporary file is removed and an existing file
    stands as it was. Killed, the process can leave only a hidden “.restore-….tmp” behind.

    Args:
        path: The file.
        overwrite: Whether an existing file may be replaced.
        inheritance: Permissions, times and the like of the new file.

    Yields:
        The temporary file, which can be written and sought in.

    Raises:
        WriteError: The file exists and may not be overwritten, even if it appeared just now; or
            the system refuses.
    """
    target = check_target(path, overwrite)
    temporary = target.parent / f".restore-{secrets.token_hex(8)}.tmp"
    try:
        try:
            with _opened(temporary, inheritance) as file:
                yield file
                file.flush()
                inheritance.pass_on(temporary)
                os.fsync(file.fileno())
            if overwrite:
                temporary.replace(target)
            else:
                _publish(temporary, target)
        finally:
            try:
                temporary.unlink(missing_ok=True)
            except KeyboardInterrupt:
                temporary.unlink(missing_ok=True)
                raise
        sync_folder(target.parent)
    except FileExistsError as error:
        raise WriteError(f"{path} already exists.", _EXISTS) from error
    except OSError as error:
        raise WriteError(f"{path} cannot be written: {_reason(error)}.", _hint(error)) from error


def write_bytes(
    path: Path, data: bytes, *, overwrite: bool = False, source: Path | None = None
) -> None:
    """Write a file atomically; see `replacing`.

    Args:
        path: The file.
        data: All that it is going to hold.
        overwrite: Whether an existing file may be replaced.
        source: The file that it was made of; see `inheritance.of`.

    Raises:
        WriteError: As `replacing`; or there is less room on the disk.
    """
    target = check_target(path, overwrite)
    check_room(target.parent, len(data), str(path))
    with replacing(path, overwrite=overwrite, inheritance=of(target, source)) as file:
        file.write(data)


def _opened(temporary: Path, inheritance: Inheritance) -> BinaryIO:
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    mode = 0o600 if inheritance.exact else inheritance.mode
    return os.fdopen(os.open(temporary, flags, mode), "w+b")


def _publish(temporary: Path, target: Path) -> None:
    """Give a file its name unless the name is taken.

    Raises:
        FileExistsError: It is.
    """
    if os.name == "nt":
        temporary.rename(target)
        return
    try:
        os.link(temporary, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # A file system without links: take the name with an empty file, then replace that.
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        try:
            temporary.replace(target)
        except BaseException:
            target.unlink(missing_ok=True)
            raise


def sync_folder(folder: Path) -> None:
    """Make the name itself durable, where the system can."""
    if os.name == "nt":
        return
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _hint(error: Exception) -> str:
    match getattr(error, "errno", None):
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            return "Make room on the disk, or choose another folder."
        case errno.ENAMETOOLONG:
            return "Choose a shorter name."
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return "Choose another folder, or change its permissions."
    return "Choose another name or folder."
