"""Giving files their names: whole or not at all, and never in the place of another unasked."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from restore.errors import PhotoError
from restore.photo.atomic import sync_folder
from restore.photo.reading import MAX_PIXELS, check_length

__all__ = ["UnreadableError", "hash_of", "put", "snapshot"]

CHUNK = 1 << 20
_ELSEWHERE = (errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)


class UnreadableError(PhotoError):
    """The system, not the content, keeps a file from being read (exit code 3)."""


def hash_of(path: Path) -> str | None:
    """Return the SHA-256 of a regular file; None if there is none. No link is followed.

    Raises:
        PhotoError: It is too large for a photo, or cannot be read.
    """
    return _read(path, None)


def snapshot(path: Path, copy: Path) -> str | None:
    """Copy a regular file as it is now, with its times and permissions.

    Args:
        path: The file; no link is followed.
        copy: The copy; replaced if it is there.

    Returns:
        The SHA-256 of what was copied; None if the file is not there or not regular.

    Raises:
        PhotoError: It is too large for a photo, or cannot be read.
        OSError: The copy cannot be written.
    """
    return _read(path, copy)


def _read(path: Path, copy: Path | None) -> str | None:
    try:
        number = os.open(path, _FLAGS)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP, errno.ENOTDIR, errno.ENXIO):
            return None
        raise _unreadable(path, error) from error
    with os.fdopen(number, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            return None
        check_length(path, status.st_size, MAX_PIXELS)
        digest = hashlib.sha256()
        if copy is None:
            for chunk in _chunks(path, file):
                digest.update(chunk)
            return digest.hexdigest()
        copy.unlink(missing_ok=True)
        with copy.open("xb") as written:
            for chunk in _chunks(path, file):
                digest.update(chunk)
                written.write(chunk)
        with suppress(OSError):
            shutil.copystat(path, copy)
            os.utime(copy, ns=(status.st_atime_ns, status.st_mtime_ns))
        return digest.hexdigest()


def _chunks(path: Path, file: BinaryIO) -> Iterator[bytes]:
    while True:
        try:
            chunk = file.read(CHUNK)
        except OSError as error:
            raise _unreadable(path, error) from error
        if not chunk:
            return
        yield chunk


def _unreadable(path: Path, error: OSError) -> UnreadableError:
    return UnreadableError(f"{path} cannot be read: {error.strerror}.", "See that it may be read.")


def put(source: Path, target: Path, *, replace: bool = False) -> None:
    """Give a file that is whole a name more, on whatever disk; its old name stays.

    Args:
        source: The file.
        target: The new name.
        replace: Whether a file of this name is replaced.

    Raises:
        FileExistsError: The name is taken.
        OSError: The system refuses.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if not replace and os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    beside = target.parent / f".restore-watch-{source.name[:40]}.tmp"
    beside.unlink(missing_ok=True)
    try:
        try:
            os.link(source, beside if replace else target, follow_symlinks=False)
        except OSError as error:
            if error.errno not in _ELSEWHERE:
                raise
            shutil.copy2(source, beside)
            with beside.open("rb+") as file:
                os.fsync(file.fileno())
        if beside.exists():
            if replace:
                beside.replace(target)
            else:
                _take_name(beside, target)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
    sync_folder(target.parent)


def _take_name(beside: Path, target: Path) -> None:
    """Rename without replacing; without links only as safely as the system allows."""
    try:
        os.link(beside, target)
    except OSError as error:
        if error.errno not in _ELSEWHERE:
            raise
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from error
        beside.rename(target)
