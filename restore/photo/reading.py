"""Reading photos: what a file is decided by its content, never by its name."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from restore.errors import ParameterError, PhotoError, RestoreError
from restore.photo.colour.profiles import is_linear
from restore.photo.colour.transfer import Transfer
from restore.photo.formats import TRUNCATED, Decoded, Format, RefusedError
from restore.photo.formats.registry import FORMATS, listed, of_file
from restore.photo.orientation import upright
from restore.photo.photo import Photo

__all__ = ["MAX_PIXELS", "check_length", "explained", "open_regular", "read"]

log = logging.getLogger("restore")

MAX_PIXELS = 500_000_000
"""The largest photo that is read unless told otherwise: larger than any camera's."""

_MAX_BYTES_PER_PIXEL = 32
_MAX_OVERHEAD = 1 << 26
_CONVERT = "Convert it to JPEG, PNG or TIFF first."

_SENSELESS = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError)
"""Errors whose text speaks of the decoder, not of the file."""

_UNREADABLE = (
    (0, b"GIF8", "GIF"),
    (0, b"8BPS", "Photoshop"),
    (0, b"%PDF", "PDF"),
    (4, b"ftypcrx", "camera raw"),
    (4, b"ftyp", "film"),
    (0, b"FUJIFILM", "camera raw"),
    (0, b"IIRO", "camera raw"),
    (0, b"IIU\0", "camera raw"),
)


def read(
    path: str | Path,
    *,
    max_pixels: int = MAX_PIXELS,
    transfer: Transfer | None = None,
    page: int | None = None,
    formats: Sequence[Format] = FORMATS,
) -> Photo:
    """Read a photo, upright, at its own bit depth.

    Profile, EXIF, XMP, IPTC, texts and resolution are carried along; the orientation is applied to
    the pixels and set to 1 in the EXIF block, of which nothing else changes. Metadata that are
    damaged are left out, with a warning to the logger “restore” that names file and part.

    Args:
        path: The file.
        max_pixels: Width times height that is refused beyond, before memory is taken.
        transfer: "encoded" or "linear" (proportional to light), instead of what the file says:
            OpenEXR and PFM are linear, others where their profile is, a TIFF of floats without a
            profile is not.
        page: Which of several pages of a TIFF, from 1; None if there has to be only one.
        formats: What it may be.

    Raises:
        ParameterError: The page is less than 1.
        PhotoError: There is no such photo or page, it is of another kind or of one whose library is
            not installed, animated, damaged, cut short or too large.
    """
    path = Path(path)
    if page is not None and page < 1:
        raise ParameterError(f"There is no page {page}.", "Pages are counted from 1.")
    data = _load(path, max_pixels)
    kind = of_file(data, formats)
    if kind is None or kind.decode is None:
        raise _unreadable(path, data, formats)
    if kind.missing:
        raise PhotoError(
            f"{path} is {kind.name}, and what reads that is not installed.",
            f"Install it: pip install '{kind.missing}'",
        )
    with explained(path, kind):
        decoded = _decoded(kind, data, max_pixels, page)
        samples = decoded.samples
        alpha = None
        if samples.shape[2] in (2, 4):
            samples, alpha = samples[:, :, :-1], samples[:, :, -1]
        tell = partial(log.warning, "%s: %s", path)
        for fault in decoded.faults:
            tell(fault)
        photo = upright(
            samples, alpha, decoded.metadata, decoded.orientation, decoded.gain_map, tell
        )
    told = decoded.transfer or ("linear" if is_linear(photo.metadata.icc) else "encoded")
    return replace(
        photo,
        source=replace(decoded.source, path=path),
        transfer=transfer or told,
        premultiplied=decoded.premultiplied and alpha is not None,
        notes=decoded.notes,
    )


@contextmanager
def explained(path: Path, kind: Format) -> Iterator[None]:
    """Say of what a decoder raises which file it was, as a `PhotoError`."""
    try:
        yield
    except RefusedError as refusal:
        raise PhotoError(f"{path} {refusal.message}", refusal.hint) from refusal
    except MemoryError as error:
        raise PhotoError(f"{path} does not fit into memory.", "Close other programs.") from error
    except RestoreError as error:
        raise type(error)(f"{path}: {error.message}", error.hint) from error
    except Exception as error:
        # The decoders raise nearly anything when the bytes make no sense.
        text = "" if isinstance(error, _SENSELESS) else str(error).rstrip(".")
        reason = f": {text}" if text else ""
        raise PhotoError(f"{path} is a damaged {kind.name} file{reason}.", TRUNCATED) from error


def _decoded(kind: Format, data: bytes, max_pixels: int, page: int | None) -> Decoded:
    if kind.decode_page is not None and page is not None:
        return kind.decode_page(data, max_pixels, page)
    if page not in (None, 1):
        raise RefusedError(f"has no page {page}; it holds one picture.", "Leave out the page.")
    assert kind.decode is not None
    return kind.decode(data, max_pixels)


def _unreadable(path: Path, data: bytes, formats: Sequence[Format]) -> PhotoError:
    found = next((name for at, magic, name in _UNREADABLE if data.startswith(magic, at)), "")
    if found:
        return PhotoError(f"{path} is a {found} file, which cannot be read.", _CONVERT)
    names = listed(sorted(f.name for f in formats if f.decode))
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
            check_length(path, status.st_size, max_pixels)
            stack.pop_all()
            return file


def check_length(path: Path, length: int, max_pixels: int) -> None:
    """Refuse a file that is longer than so many pixels can be.

    Raises:
        PhotoError: It is.
    """
    if length > max_pixels * _MAX_BYTES_PER_PIXEL + _MAX_OVERHEAD:
        raise PhotoError(
            f"{path} is too large ({length / 1e9:.1f} GB).",
            "If the file is genuine, raise max_pixels.",
        )


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
