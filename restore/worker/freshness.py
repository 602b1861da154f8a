"""Whether what is installed is still what this process was started from."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TypeAlias

import restore

__all__ = ["State", "installed_now"]

State: TypeAlias = tuple[frozenset[str], tuple[int, int]]


def installed_now() -> State:
    """Return what changes when the toolkit is updated, or a plugin installed or removed.

    That is the names of all distributions, with their versions, and the identity of the package's
    first file. It takes a millisecond.
    """
    names: set[str] = set()
    for folder in map(Path, sys.path):
        if folder.name in ("site-packages", "dist-packages"):
            try:
                names.update(entry.name for entry in folder.iterdir() if _is_metadata(entry))
            except OSError:
                continue
    try:
        first = Path(restore.__file__).stat()
    except OSError:
        return frozenset(names), (0, 0)
    return frozenset(names), (first.st_ino, first.st_mtime_ns)


def _is_metadata(path: Path) -> bool:
    return path.suffix in (".dist-info", ".egg-info")
