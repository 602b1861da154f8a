"""From what a person names (files, folders, patterns) to photos."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from restore.errors import PhotoError
from restore.photo import FORMATS, Format, suffixes

__all__ = ["Found", "Input", "expand", "same_file_key"]


@dataclass(frozen=True)
class Input:
    """A photo to work on.

    Attributes:
        path: The file.
        folder: The folder that was named and in which it was found; None if it was named itself.
    """

    path: Path
    folder: Path | None = None


@dataclass(frozen=True)
class Found:
    """All photos, each once, in the order in which they were named."""

    photos: tuple[Input, ...]
    skipped: int


def expand(
    names: Sequence[str],
    *,
    recursive: bool = False,
    without: Sequence[Path] = (),
    formats: Sequence[Format] = FORMATS,
) -> Found:
    """Find the photos that are meant.

    A file that is named is taken whatever it is called; in a folder, or where a pattern matches,
    only what is named like a photo counts. Hidden files are passed over.

    Args:
        names: Files, folders and patterns (`*`, `?`, `[…]`, `**`), for shells that expand none.
        recursive: Look into the folders within folders too.
        without: Files, and folders with all that is in them, which are no photos unless named.
        formats: Whose endings count.

    Raises:
        PhotoError: Something is missing, or a folder or pattern holds no photo.
    """
    photos: dict[str, Input] = {}
    missing: list[str] = []
    endings = suffixes(formats)
    skipped = 0
    for name in names:
        path = Path(name)
        if path.is_dir():
            found, others = _in_folder(path, recursive, without, endings)
        elif path.exists():
            found, others = [Input(path)], 0
        elif glob.has_magic(name):
            found, others = _matching(name, endings)
        else:
            missing.append(name)
            continue
        skipped += others
        for photo in found:
            photos.setdefault(same_file_key(photo.path), photo)
    if missing:
        raise PhotoError(_missing(missing), _near(missing[0]))
    return Found(tuple(photos.values()), skipped)


def same_file_key(path: Path) -> str:
    """Return a text that is equal for two spellings of one path."""
    return os.path.normcase(path.resolve())


def _in_folder(
    folder: Path, recursive: bool, without: Sequence[Path], endings: Sequence[str]
) -> tuple[list[Input], int]:
    files = sorted(folder.rglob("*") if recursive else folder.glob("*"))
    left_out = {same_file_key(path) for path in without}
    photos, others = _photos((p for p in files if not _lies_in(p, left_out)), endings)
    if not photos:
        hint = "" if recursive else "-r looks into the folders within it too."
        raise PhotoError(f"There is no photo in {folder}.", hint)
    return [Input(path, folder) for path in photos], others


def _matching(pattern: str, endings: Sequence[str]) -> tuple[list[Input], int]:
    names = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 (a Path globs no absolute pattern)
    photos, others = _photos((Path(name) for name in names), endings)
    if not photos:
        raise PhotoError(f"No photo matches {pattern}.")
    return [Input(path, path.parent) for path in photos], others


def _lies_in(path: Path, keys: set[str]) -> bool:
    return bool(keys) and any(same_file_key(p) in keys for p in (path, *path.parents))


def _photos(paths: Iterable[Path], endings: Sequence[str]) -> tuple[list[Path], int]:
    files = [p for p in paths if not p.name.startswith(".") and p.is_file()]
    photos = [p for p in files if p.suffix.lower() in endings]
    return photos, len(files) - len(photos)


def _missing(names: list[str]) -> str:
    if len(names) == 1:
        return f"There is no file {names[0]}."
    shown = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
    return f"{len(names)} files are missing: {shown}"


def _near(name: str) -> str:
    folder = Path(name).parent
    if not folder.is_dir():
        return f"There is no folder {folder} either."
    near = get_close_matches(Path(name).name, sorted(p.name for p in folder.iterdir()), n=1)
    return f"Did you mean {folder / near[0]}?" if near else ""
