"""Where training photos come from: folders and zip files, listed before anything is decoded."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from restore.errors import ParameterError, PhotoError
from restore.training.data.decode import suffixes

__all__ = ["Entry", "open_sources"]

_HINT = "Name a folder of photos, or a zip file with photos in it."


@dataclass(frozen=True)
class Entry:
    """A file that, by its ending, is a photo.

    Attributes:
        name: Its own name, without folders.
        source: Where it was found: the name of the folder or the zip file, and its path in there.
        size: Bytes, uncompressed.
        mtime: When it, or the zip file that holds it, was last changed, in nanoseconds.
        open: Opens it for reading.
    """

    name: str
    source: str
    size: int
    mtime: int
    open: Callable[[], IO[bytes]]


@contextmanager
def open_sources(sources: Sequence[Path]) -> Iterator[list[Entry]]:
    """List the photos in folders, with all folders below them, and in zip files.

    Hidden files and folders are passed over, and so are links to folders. Nothing is extracted. The
    order is that of the sources, then that of the paths. Zip files stay open within the context.

    Raises:
        ParameterError: No source is given, or one is given twice.
        PhotoError: A source is missing, neither a folder nor a zip file, cannot be read, or holds
            no photo.
    """
    if not sources:
        raise ParameterError("There is nothing to take training photos from.", _HINT)
    if len({source.resolve() for source in sources}) < len(sources):
        raise ParameterError("A source of training photos is named twice.", "Name each once.")
    with ExitStack() as stack:
        entries: list[Entry] = []
        for source in sources:
            try:
                found = _from_folder(source) if source.is_dir() else _from_zip(source, stack)
            except FileNotFoundError as error:
                raise PhotoError(f"{source} does not exist.", "Check the name.") from error
            except zipfile.BadZipFile as error:
                what = f"{source} is neither a folder nor a complete zip file"
                raise PhotoError(f"{what}: {error}.", _HINT) from error
            except OSError as error:
                reason = error.strerror or error
                hint = "Check its permissions."
                raise PhotoError(f"{source} cannot be read: {reason}.", hint) from error
            if not found:
                raise PhotoError(f"There is no photo in {source}.", _HINT)
            entries += found
        yield entries


def _from_folder(folder: Path) -> list[Entry]:
    entries = []
    for root, below, files in os.walk(folder, onerror=_refuse):
        below[:] = [name for name in below if not name.startswith(".")]
        for path in (Path(root) / file for file in files):
            if _is_photo(path.name) and path.is_file():
                status = path.stat()
                inside = path.relative_to(folder).as_posix()
                entries.append(_entry(folder, inside, status.st_size, status, partial(_open, path)))
    return sorted(entries, key=lambda entry: entry.source)


def _from_zip(path: Path, stack: ExitStack) -> list[Entry]:
    status = path.stat()
    if not path.is_file():
        raise zipfile.BadZipFile("it is a pipe or a device")
    archive = stack.enter_context(zipfile.ZipFile(path))
    return [
        _entry(path, info.filename, info.file_size, status, partial(archive.open, info))
        for info in sorted(archive.infolist(), key=lambda info: info.filename)
        if not info.is_dir() and _is_photo(PurePosixPath(info.filename).name)
    ]


def _entry(
    source: Path, inside: str, size: int, status: os.stat_result, opened: Callable[[], IO[bytes]]
) -> Entry:
    label = os.fsencode(f"{source.resolve().name}/{inside}").decode("utf-8", "replace")
    return Entry(PurePosixPath(label).name, label, size, status.st_mtime_ns, opened)


def _open(path: Path) -> IO[bytes]:
    return path.open("rb")


def _is_photo(name: str) -> bool:
    return not name.startswith(".") and PurePosixPath(name).suffix.lower() in suffixes()


def _refuse(error: OSError) -> None:
    raise error
