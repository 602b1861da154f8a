"""What results are called and where they go."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import count
from pathlib import Path, PurePosixPath

from restore.photo import Format
from restore.photo.formats.registry import by_name, by_suffix, suffix_of_result
from restore_watch.recipe import Folder

__all__ = ["LONGEST", "numbered", "target_of"]

LONGEST = 255
"""Bytes of a name that file systems take."""


def target_of(
    folder: Folder, path: PurePosixPath, mtime_ns: int, formats: Sequence[Format]
) -> PurePosixPath:
    """Return where the result of a photo goes, within the output folder.

    Args:
        folder: What the recipe says of it.
        path: The photo, within the watched folder.
        mtime_ns: When it was last changed, in nanoseconds since 1970; gives its date.
        formats: What can be read and written.
    """
    date = datetime.fromtimestamp(max(mtime_ns, 0) / 1e9)
    name = folder.name.format(
        stem=path.stem,
        actions="-".join(step.action for step in folder.step),
        year=f"{date:%Y}",
        month=f"{date:%m}",
        day=f"{date:%d}",
    )
    return path.parent / f"{name}{_ending(folder, path.suffix, formats)}"


def numbered(path: Path) -> Iterator[Path]:
    """Return the path and then, with 2, 3 and so on before the ending, what to call it instead."""
    yield path
    for number in count(2):
        ending = f"-{number}{path.suffix}"
        room = LONGEST - len(os.fsencode(ending))
        stem = os.fsdecode(os.fsencode(path.stem)[:room])
        yield path.with_name(f"{stem}{ending}")


def _ending(folder: Folder, suffix: str, formats: Sequence[Format]) -> str:
    kind = by_name(folder.format, formats) if folder.format is not None else None
    if kind is None:
        return suffix_of_result(suffix, formats)
    return suffix if by_suffix(suffix, formats) is kind else kind.suffixes[0]
