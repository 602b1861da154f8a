"""The folders of a recipe: none may lead into another, and each must be usable."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import combinations
from pathlib import Path

from restore.errors import WriteError
from restore.photo.room import check_writable, existing
from restore_watch.places import Place
from restore_watch.recipe import Folder, Recipe

__all__ = ["faults_of_folders", "identity", "lies_in"]


def faults_of_folders(recipe: Recipe, file: Path) -> Iterator[tuple[Place, str]]:
    """Find what is wrong with the folders, by their places in the recipe.

    Args:
        recipe: What is checked.
        file: Its file, which must not lie where photos are put.
    """
    inputs = [(("folder", n), folder) for n, folder in enumerate(recipe.folder)]
    for place, folder in inputs:
        yield from (((*place, key), what) for key, what in _unusable(folder))
    for (_, one), (place, other) in combinations(inputs, 2):
        if lies_in(one.path, other.path) or lies_in(other.path, one.path):
            yield (*place, "path"), f"{other.path} and {one.path} overlap."
    for _, watched in inputs:
        if lies_in(file.absolute().parent, watched.path):
            yield (), f"the recipe lies in {watched.path}, where others may put files. Move it."
        for place, folder in inputs:
            for key, written in _written(folder):
                if lies_in(written, watched.path):
                    what = f"{written} lies in {watched.path}: results would be restored again."
                    yield (*place, key), what
                elif lies_in(watched.path, written):
                    what = f"{written} holds {watched.path}: results could land in it."
                    yield (*place, key), what


def lies_in(inner: Path, outer: Path) -> bool:
    """Whether a folder is another one or lies in it, by whatever name, link or mount.

    Folders are known by what the file system calls them. A part that does not exist yet lies where
    the nearest folder above it does.
    """
    wanted = identity(outer)
    real = Path(os.path.realpath(existing(inner)))
    if wanted is None:
        plain = [os.path.normcase(os.path.realpath(path)) for path in (inner, outer)]
        return Path(plain[0]).is_relative_to(plain[1])
    return any(identity(folder) == wanted for folder in (real, *real.parents))


def identity(folder: Path) -> tuple[int, int] | None:
    """Return what the file system calls a folder; None if there is none."""
    with suppress(OSError, ValueError):
        status = folder.stat()
        return status.st_dev, status.st_ino
    return None


def _written(folder: Folder) -> Iterator[tuple[str, Path]]:
    yield "output", folder.output
    if folder.archive is not None:
        yield "archive", folder.archive
    if folder.quarantine is not None:
        yield "quarantine", folder.quarantine


def _unusable(folder: Folder) -> Iterator[tuple[str, str]]:
    path = folder.path
    if not path.exists():
        yield "path", f"the folder {path} does not exist. Make it, or mount its disk."
    elif not path.is_dir():
        yield "path", f"{path} is a file, not a folder."
    elif not os.access(path, os.R_OK | os.X_OK):
        yield "path", f"{path} cannot be read. Change its permissions."
    elif folder.originals == "move" and not os.access(path, os.W_OK):
        yield "originals", f"nothing can be moved out of {path}. Change its permissions."
    for key, written in _written(folder):
        try:
            check_writable(written, "Name another folder.")
        except WriteError as error:
            yield key, f"{error.message} {error.hint}"
