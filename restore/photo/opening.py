"""Opening a photo to read it in strips, so that its size does not matter to memory."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, TypeAlias

import numpy as np

from restore.errors import WriteError
from restore.photo.colour.profiles import is_linear
from restore.photo.colour.transfer import Transfer
from restore.photo.formats import Format, Stored
from restore.photo.formats.registry import FORMATS, of_file
from restore.photo.metadata import Metadata
from restore.photo.orientation import turn, upright
from restore.photo.photo import Photo, Pixels
from restore.photo.reading import MAX_PIXELS, explained, open_regular, read
from restore.photo.room import check_room
from restore.photo.strips import StripsReader, strips_of

__all__ = ["open_strips"]

log = logging.getLogger("restore")

Read: TypeAlias = Callable[[int, int], Pixels]

_SCRATCH = 1 << 26
"""Bytes that are turned at once."""


@contextmanager
def open_strips(
    path: str | Path,
    *,
    max_pixels: int = MAX_PIXELS,
    transfer: Transfer | None = None,
    page: int | None = None,
    scratch: Path | None = None,
    formats: Sequence[Format] = FORMATS,
) -> Iterator[StripsReader]:
    """Open a photo, upright, at its own bit depth; see `read`.

    A TIFF is decoded as it is read, a few rows at a time; one that lies on its side is laid down
    in a scratch file first. A photo of another format is decoded as a whole, and so is a TIFF in
    CMYK or Lab, or with a white below the largest number, or of several pages.

    Args:
        path: The file.
        max_pixels: Width times height that is refused beyond.
        transfer: As in `read`.
        page: As there.
        scratch: Folder of the scratch file, which has no name and vanishes of itself; by default
            the system's.
        formats: What it may be.

    Raises:
        PhotoError: As `read`; damage in the pixels is found when they are read.
        WriteError: There is no room for the scratch file.
    """
    path = Path(path)
    with ExitStack() as stack:
        file = stack.enter_context(open_regular(path, max_pixels))
        kind = of_file(file.read(4096), formats)
        file.seek(0)
        stored = None
        if kind is not None and kind.open_strips is not None and page is None:
            with explained(path, kind):
                stored = stack.enter_context(kind.open_strips(file, max_pixels))
        if kind is None or stored is None:
            file.close()
            whole = read(path, max_pixels=max_pixels, transfer=transfer, page=page, formats=formats)
            yield strips_of(whole)
            return
        for fault in stored.faults:
            log.warning("%s: %s", path, fault)
        with explained(path, kind):
            photo = _upright(path, kind, stored, stack, scratch)
        told: Transfer = "linear" if is_linear(photo.metadata.icc) else "encoded"
        source = replace(stored.source, path=path)
        yield replace(photo, like=replace(photo.like, source=source, transfer=transfer or told))


def _upright(
    path: Path, kind: Format, stored: Stored, stack: ExitStack, scratch: Path | None
) -> StripsReader:
    first = stored.read(0, 1)
    orientation, metadata = _orientation(stored, path)
    width, height = stored.size if orientation < 5 else stored.size[::-1]

    def turned(top: int, bottom: int) -> Pixels:
        if orientation in (3, 4):
            top, bottom = height - bottom, height - top
        return turn(stored.read(top, bottom), orientation)

    read_rows: Read = turned
    if orientation >= 5:
        folder = scratch or Path(tempfile.gettempdir())
        check_room(folder, width * height * first.itemsize * first.shape[2], f"Turning {path}")
        file = stack.enter_context(tempfile.TemporaryFile(dir=folder))  # noqa: SIM115
        read_rows = _laid_down(stored, orientation, file)

    def rows(top: int, bottom: int) -> Photo:
        with explained(path, kind):
            return _photo(read_rows(top, bottom))

    part = _photo(first)
    premultiplied = stored.premultiplied and part.alpha is not None
    like = replace(part, metadata=metadata, premultiplied=premultiplied)
    return StripsReader((width, height), like, rows=rows)


def _photo(samples: Pixels) -> Photo:
    if samples.shape[2] in (1, 3):
        return Photo(samples)
    colours, alpha = samples[:, :, :-1], samples[:, :, -1]
    return Photo(np.ascontiguousarray(colours), np.ascontiguousarray(alpha))


def _orientation(stored: Stored, path: Path) -> tuple[int, Metadata]:
    """Return the orientation that `upright` finds, and the metadata without it."""
    probe = np.arange(4, dtype=np.uint8).reshape(2, 2, 1)
    tell = partial(log.warning, "%s: %s", path)
    photo = upright(probe, None, stored.metadata, stored.orientation, tell=tell)
    found = (o for o in range(1, 9) if np.array_equal(turn(probe, o), photo.pixels))
    return next(found), photo.metadata


def _laid_down(stored: Stored, orientation: int, file: IO[bytes]) -> Read:
    """Turn a picture that lies on its side, part by part, into a file; return its rows' reader."""
    one = stored.read(0, 1)
    channels, dtype = one.shape[2], one.dtype
    width = stored.size[1]  # of the upright picture
    pixel = channels * dtype.itemsize
    step = max(1, _SCRATCH // one.nbytes)
    for first in range(0, width, step):
        last = min(first + step, width)
        columns = turn(stored.read(first, last), orientation)
        left = width - last if orientation in (6, 7) else first
        for y, part in enumerate(columns):
            file.seek((y * width + left) * pixel)
            _write(file, part.tobytes())

    def rows(top: int, bottom: int) -> Pixels:
        file.seek(top * width * pixel)
        data = file.read((bottom - top) * width * pixel)
        return np.frombuffer(data, dtype).reshape(bottom - top, width, channels)

    return rows


def _write(file: IO[bytes], data: bytes) -> None:
    try:
        file.write(data)
    except OSError as error:
        raise WriteError(
            f"The scratch file for turning a photo cannot be written: {error.strerror}.",
            "Make room on the disk of the result.",
        ) from error
