"""Reading photos: what a file is decided by its content, never by its name."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from restore.errors import PhotoError
from restore.photo.formats import TRUNCATED, Format, RefusedError
from restore.photo.formats.registry import FORMATS, listed, of_file
from restore.photo.orientation import upright
from restore.photo.photo import Photo

__all__ = ["MAX_PIXELS", "open_regular", "read"]

MAX_PIXELS = 500_000_000
"""The largest photo that is read unless told otherwise: larger than any camera's."""

_MAX_BYTES_PER_PIXEL = 32
_MAX_OVERHEAD = 1 << 26
_CONVERT = "Convert it to JPEG, PNG, TIFF or WebP first."

_UNREADABLE = (
    (0, b"GIF8", "GIF"),
    (0, b"BM", "BMP"),
    (0, b"8BPS", "Photoshop"),
    (0, b"%PDF", "PDF"),
    (0, b"\xff\x0a", "JPEG XL"),
    (4, b"JXL ", "JPEG XL"),
    (4, b"jP  ", "JPEG 2000"),
    (4, b"ftypavif", "AVIF"),
    (4, b"ftyp", "HEIC or film"),
    (0, b"FUJIFILM", "camera raw"),
    (0, b"IIRO", "camera raw"),
    (0, b"IIU\0", "camera raw"),
)


def read(
    path: str | Path,
    *,
    max_pixels: int = MAX_PIXELS,
    formats: Sequence[Format] = FORMATS,
) -> Photo:
    """Read a photo, upright, at its own bit depth.

    Profile, EXIF, XMP and resolution are carried along; the orientation is applied to the pixels
    and set to 1 in the EXIF block, of which nothing else changes. (A preview that a camera put
    into the EXIF block stays as it was.) Metadata that are damaged are left out, with a warning to
    the logger “restore”.

    Args:
        path: The file.
        max_pixels: Width times height that is refused beyond, before memory is taken.
        formats: What it may be.

    Raises:
        PhotoError: There is no such photo, or it is of another kind, animated, damaged, cut short
            or too large.
    """
    path = Path(path)
    data = _load(path, max_pixels)
    kind = of_file(data, formats)
    if kind is None or kind.decode is None:
        raise _unreadable(path, data, formats)
    try:
        decoded = kind.decode(data, max_pixels)
        samples = decoded.samples
        alpha = None
        if samples.shape[2] in (2, 4):
            samples, alpha = samples[:, :, :-1], samples[:, :, -1]
        photo = upright(samples, alpha, decoded.metadata, decoded.orientation)
    except RefusedError as refusal:
        raise PhotoError(f"{path} {refusal.message}", refusal.hint) from refusal
    except MemoryError as error:
        raise PhotoError(f"{path} does not fit into memory.", "Close other programs.") from error
    except Exception as error:
        # The decoders raise nearly anything when the bytes make no sense.
        reason = str(error) or type(error).__name__
        raise PhotoError(f"{path} is a damaged {kind.name} file: {reason}.", TRUNCATED) from error
    return replace(photo, source=replace(decoded.source, path=path))


def _unreadable(path: Path, data: bytes, formats: Sequence[Format]) -> PhotoError:
    found = next((name for at, magic, name in _UNREADABLE if data.startswith(magic, at)), "")
    if found:
        return PhotoError(f"{path} is a {found} file, which cannot be read.", _CONVERT)
    names = listed([f.name for f in formats if f.decode])
    return PhotoError(f"{path} is not a photo.", f"It must be {names}.")


def _load(path: Path, max_pixels: int) -> bytes:
    with open_regular(path, max_pixels) as file, _told_of(path):
        data = file.read(os.fstat(file.fileno()).st_size)
    if not data:
        raise PhotoError(f"{path} is empty.", TRUNCATED)
    return data


def open_regular(path: Path, max_pixels: int) -> BinaryIO:
    """Open a regular file; a pipe or a device is refused without waiting for it.

    Raises:
        PhotoError: It is no such file, cannot be read, or is longer than so many pixels can be.
    """
    with _told_of(path):
        _check_regular(path, path.stat())
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with ExitStack() as stack:
            # Unlike a descriptor's, this file knows its name, which decoders ask for.
            opened = open(path, "rb", opener=lambda name, _: os.open(name, flags))  # noqa: SIM115
            file = stack.enter_context(opened)
            status = os.fstat(file.fileno())
            _check_regular(path, status)
            if status.st_size > max_pixels * _MAX_BYTES_PER_PIXEL + _MAX_OVERHEAD:
                raise PhotoError(
                    f"{path} is too large ({status.st_size / 1e9:.1f} GB).",
                    "If the file is genuine, raise max_pixels.",
                )
            stack.pop_all()
            return file


@contextmanager
def _told_of(path: Path) -> Iterator[None]:
    """Say of what the system refuses which file it was."""
    try:
        yield
    except FileNotFoundError as error:
        raise PhotoError(f"{path} does not exist.", "Check the name.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        hint = "Check its name and permissions."
        raise PhotoError(f"{path} cannot be read: {reason}.", hint) from error


def _check_regular(path: Path, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise PhotoError(f"{path} is a folder.", "Name a photo in it.")
    if not stat.S_ISREG(status.st_mode):
        raise PhotoError(f"{path} is a pipe or a device.", "Save the photo to a file first.")
