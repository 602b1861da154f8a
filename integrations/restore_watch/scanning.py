"""Looking through a folder: which files are photos to be restored, and why the others are not."""

from __future__ import annotations

import fnmatch
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from restore_watch.folders import identity
from restore_watch.recipe import Folder

__all__ = ["Found", "Identity", "PassedOver", "identity_of", "scan", "shown", "temporary"]

TEMPORARY = (
    "*.part",
    "*.partial",
    "*.crdownload",
    "*.download",
    "*.opdownload",
    "*.filepart",
    "*.tmp",
    "*.temp",
    "*.swp",
    "~$*",
    "~*",
    "*~",
    "#*#",
    ".#*",
    "*.!ut",
    "*.aria2",
)
"""What browsers, synchronisers and editors call files that are not whole yet."""


@dataclass(frozen=True)
class Identity:
    """What tells one state of one file from another."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int


@dataclass(frozen=True)
class Found:
    """A file that may be a photo.

    Attributes:
        path: Within the folder.
        identity: Of what was there when it was looked at.
    """

    path: PurePosixPath
    identity: Identity


@dataclass(frozen=True)
class PassedOver:
    """A file or folder that is left alone.

    Attributes:
        path: Within the folder.
        why: The reason; empty for what nobody asks about, such as hidden files.
    """

    path: PurePosixPath
    why: str


def identity_of(status: os.stat_result) -> Identity:
    """Return the identity that a file's status tells."""
    return Identity(
        status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
    )


def scan(folder: Folder, endings: Sequence[str]) -> Iterator[Found | PassedOver]:
    """Look at everything in a folder, by name; nothing is opened, no link followed.

    Args:
        folder: Which, and what counts.
        endings: Of the names of photos, in lower case.

    Raises:
        OSError: The folder itself cannot be read.
    """
    ours = {found for path in folder.written if (found := identity(path))}
    yield from _scan(folder, endings, ours, PurePosixPath())


def temporary(name: str) -> bool:
    """Whether a file is called as programs call one that they are still writing."""
    return any(fnmatch.fnmatchcase(name.lower(), pattern) for pattern in TEMPORARY)


def shown(path: PurePosixPath | Path | str) -> str:
    """Return a name for people, on one line: what cannot be printed is written as an escape."""
    return "".join(
        letter
        if letter.isprintable()
        else letter.encode("unicode_escape", "surrogatepass").decode("ascii")
        for letter in str(path)
    )


def _scan(
    folder: Folder, endings: Sequence[str], ours: set[tuple[int, int]], inside: PurePosixPath
) -> Iterator[Found | PassedOver]:
    with os.scandir(folder.path / inside) as opened:
        entries = sorted(opened, key=lambda entry: entry.name)
    for entry in entries:
        path = inside / entry.name
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError:
            continue  # it went away meanwhile
        if stat.S_ISDIR(status.st_mode):
            yield from _within(folder, endings, ours, path, status)
            continue
        why = _why_not(folder, endings, path, status)
        yield Found(path, identity_of(status)) if why is None else PassedOver(path, why)


def _within(
    folder: Folder,
    endings: Sequence[str],
    ours: set[tuple[int, int]],
    path: PurePosixPath,
    status: os.stat_result,
) -> Iterator[Found | PassedOver]:
    if (status.st_dev, status.st_ino) in ours:
        yield PassedOver(path, "results, or originals that are done, go there")
    elif path.name.startswith("."):
        yield PassedOver(path, "")
    elif not folder.recursive:
        yield PassedOver(path, "the recipe leaves out folders within")
    elif _matches(path, folder.exclude):
        yield PassedOver(path, "excluded")
    else:
        try:
            yield from _scan(folder, endings, ours, path)
        except OSError as error:
            yield PassedOver(path, f"cannot be read: {error.strerror}")


def _why_not(
    folder: Folder, endings: Sequence[str], path: PurePosixPath, status: os.stat_result
) -> str | None:
    if stat.S_ISLNK(status.st_mode):
        return "a link; only files are opened"
    if not stat.S_ISREG(status.st_mode):
        return "not a file"
    checks: tuple[tuple[Callable[[], bool], str], ...] = (
        (lambda: path.name.startswith("."), ""),
        (lambda: temporary(path.name), "the name of a file that is still being written"),
        (lambda: path.suffix.lower() not in endings, "not a photo by its name"),
        (lambda: bool(folder.include) and not _matches(path, folder.include), "not included"),
        (lambda: _matches(path, folder.exclude), "excluded"),
        (lambda: status.st_size == 0, "empty"),
    )
    return next((why for holds, why in checks if holds()), None)


def _matches(path: PurePosixPath, patterns: Sequence[str]) -> bool:
    name, whole = path.name.lower(), str(path).lower()
    return any(
        fnmatch.fnmatchcase(whole if "/" in pattern.rstrip("/") else name, pattern.rstrip("/"))
        for pattern in (pattern.lower() for pattern in patterns)
    )
