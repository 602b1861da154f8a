"""Putting a plug-in's files into a profile as a whole, and taking exactly these away again."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from restore.errors import WriteError
from restore.hooks.host import Toolkit

__all__ = ["INSTALLATION", "Layout", "Put", "is_ours", "put", "take_away", "write_whole"]

INSTALLATION = "restore.json"
CLIENT = Path(__file__).with_name("restore_client.py")
CACHE = "__pycache__"


@dataclass(frozen=True)
class Layout:
    """What is copied where.

    Attributes:
        source: A folder with the plug-in's own folder, and loose files that belong beside it.
        into: The folder of a profile that they are copied into.
        name: Of the plug-in's own folder; the client and `restore.json` join it.
    """

    source: Path
    into: str
    name: str

    def files(self, toolkit: Toolkit) -> dict[Path, bytes]:
        """Return what is written, by its path within `into`."""
        written = {
            path.relative_to(self.source): path.read_bytes()
            for path in sorted(self.source.rglob("*"))
            if path.is_file() and CACHE not in path.parts
        }
        own = Path(self.name)
        written[own / CLIENT.name] = CLIENT.read_bytes()
        written[own / INSTALLATION] = toolkit.as_text().encode()
        return written


@dataclass(frozen=True)
class Put:
    """Files that were written and folders that were made for them, all absolute."""

    files: tuple[Path, ...]
    made: tuple[Path, ...]


def put(layout: Layout, profile: Path, toolkit: Toolkit, before: Sequence[Path] = ()) -> Put:
    """Copy a plug-in into a profile: whoever looks finds the old one or the new one, whole.

    Between two renames, for a moment, there is none; a call that is killed just then is made good
    by the next one.

    Args:
        layout: What is copied where.
        profile: The profile's folder.
        toolkit: What the plug-in has to know.
        before: Files of the installation that this one replaces. Other files in the plug-in's
            folder are the person's, and kept.

    Raises:
        WriteError: Something that is not ours is in the way, or the disk refuses.
    """
    into = profile / layout.into
    own = into / layout.name
    written = layout.files(toolkit)
    if own.is_symlink() or (own.exists() and not is_ours(own)):
        raise WriteError(
            f"{own} is there already, and was not put there by restore.",
            "Look at what it is, and remove it; then install again.",
        )
    made: tuple[Path, ...] = ()
    try:
        made = _make(into)
        _tidy(own)
        new = Path(tempfile.mkdtemp(prefix=f".{layout.name}-new-", dir=into))
        try:
            new.chmod(0o755)
            for path, data in written.items():
                inside = path.relative_to(layout.name) if path.parts[0] == layout.name else None
                if inside is not None:
                    _write(new / inside, data)
            _keep(own, new, before)
            _swap(new, own)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        for path, data in written.items():
            if path.parts[0] != layout.name:
                write_whole(into / path, data)
    except OSError as error:
        _unmake(made)
        raise WriteError(
            f"{error.filename or own} cannot be written: {error.strerror}.",
            "Close the editor, and see that the folder is yours and its disk is not full.",
        ) from None
    return Put(tuple(into / path for path in written), made)


def take_away(plugin: Path, files: Iterable[Path], made: Iterable[Path]) -> list[Path]:
    """Remove these files, what Python made of them, and the folders that are then empty.

    Returns:
        What is left in the plug-in's folder: files that somebody else put there.

    Raises:
        WriteError: A file cannot be removed.
    """
    folders = {plugin, *made}
    try:
        for file in files:
            file.unlink(missing_ok=True)
            if file.suffix == ".py":
                for compiled in (file.parent / CACHE).glob(f"{file.stem}.*.pyc"):
                    compiled.unlink()
            if plugin in file.parents:
                folders |= {file.parent, file.parent / CACHE}
        for folder in sorted(folders, key=lambda folder: len(folder.parts), reverse=True):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
    except OSError as error:
        raise WriteError(
            f"{error.filename} cannot be removed: {error.strerror}.",
            "Close the editor and try again.",
        ) from None
    return sorted(path for path in plugin.rglob("*") if not path.is_dir())


def is_ours(plugin: Path) -> bool:
    """Whether a folder holds a plug-in that the toolkit put there."""
    try:
        told = json.loads((plugin / INSTALLATION).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(told, dict) and {"protocol", "command", "folder"} <= set(told)


def write_whole(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file under another name, then give it its own.

    Args:
        path: The file.
        data: What it holds.
        mode: Who may read and write it.

    Raises:
        OSError: The disk refuses; what was there before is untouched.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    new = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        new.chmod(mode)
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(0o755 if data.startswith(b"#!") else 0o644)


def _make(folder: Path) -> tuple[Path, ...]:
    """Make a folder and those above it; return the new ones, the outer ones first."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(reversed(missing))


def _unmake(folders: Sequence[Path]) -> None:
    """Remove new folders in which nothing was put."""
    with contextlib.suppress(OSError):
        for folder in reversed(folders):
            folder.rmdir()


def _keep(old: Path, new: Path, before: Sequence[Path]) -> None:
    """Copy what a person added to the old folder into the new one."""
    for path in sorted(old.rglob("*")):
        there = new / path.relative_to(old)
        ours = path in before or CACHE in path.parts or there.exists()
        if path.is_file() and not ours:
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, there)


def _tidy(own: Path) -> None:
    """Mend what a call that was killed has left."""
    for old in own.parent.glob(f".{own.name}-old-*"):
        if own.exists():
            shutil.rmtree(old)
        else:
            old.rename(own)
    for new in own.parent.glob(f".{own.name}-new-*"):
        shutil.rmtree(new)


def _swap(new: Path, own: Path) -> None:
    old = own.with_name(f".{own.name}-old-{os.getpid()}")
    if own.exists():
        own.rename(old)
    try:
        new.rename(own)
    except OSError:
        if old.exists():
            old.rename(own)
        raise
    shutil.rmtree(old, ignore_errors=True)
