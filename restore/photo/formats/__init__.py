"""A module a file format, with its `FORMAT`: decode bytes into a picture, encode a photo."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import BinaryIO

import numpy as np

from restore.photo.colour.gain_map import GainMap
from restore.photo.colour.transfer import Transfer
from restore.photo.metadata import Metadata
from restore.photo.photo import Photo, Pixels
from restore.photo.source import Source
from restore.photo.strips import Strips

__all__ = [
    "NO_LIMIT",
    "TRUNCATED",
    "Decoded",
    "Format",
    "Header",
    "RefusedError",
    "Stored",
    "check_finite",
    "check_size",
]

NO_LIMIT = 2**31 - 1
"""Pixels a side, where a format itself sets no limit."""

TRUNCATED = "It was cut short or damaged on the way; copy it again from where it came from."


class RefusedError(Exception):
    """A file cannot be read; the reader adds its name.

    Args:
        message: What is wrong with it, to follow the file's name.
        hint: What to do next.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True)
class Header:
    """What a file says of its picture before it is decoded; nothing of it has been checked.

    Attributes:
        size: Width and height as stored.
        channels: 1 to 4, alpha included.
        type: The finest type of pixels that it can turn out to have.
    """

    size: tuple[int, int]
    channels: int
    type: type[np.generic] = np.uint8


@dataclass(frozen=True)
class Decoded:
    """A file as it is stored: not yet upright.

    Attributes:
        samples: (H, W, 1 to 4): gray or RGB, then alpha if there are 2 or 4.
        metadata: As in the file.
        source: Format and compression.
        orientation: What the container says by itself; None leaves it to the EXIF block.
        transfer: "linear" if the container itself says that values are proportional to light; None
            leaves it to the profile.
        premultiplied: Whether colours are multiplied by alpha.
        gain_map: Its HDR gain map, if it has one.
        notes: What had to be done to the samples, sentences for the person.
        faults: A sentence on each part of the metadata that is left out.
    """

    samples: Pixels
    metadata: Metadata = field(default_factory=Metadata)
    source: Source = field(default_factory=Source)
    orientation: int | None = None
    transfer: Transfer | None = None
    premultiplied: bool = False
    gain_map: GainMap | None = None
    notes: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stored:
    """An open file whose rows can be read apart; as `Decoded` otherwise.

    Attributes:
        size: Width and height as stored.
        read: Returns the samples of the rows from a first up to a last, which is left out. It need
            not be fast but for rows that follow each other.
        metadata: As in the file.
        source: Format and compression.
        orientation: What the container says by itself; None leaves it to the EXIF block.
        premultiplied: Whether colours are multiplied by alpha.
        faults: A sentence on each part of the metadata that is left out.
    """

    size: tuple[int, int]
    read: Callable[[int, int], Pixels]
    metadata: Metadata = field(default_factory=Metadata)
    source: Source = field(default_factory=Source)
    orientation: int | None = None
    premultiplied: bool = False
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Format:
    """A file format: how it is known, what it holds, how it is read and written.

    Attributes:
        name: As people know it, such as "JPEG"; unique.
        suffixes: Endings of file names, in lower case with the dot, the usual one first.
        recognises: Whether a file that begins with these bytes, the first 4096, is of this format.
        decode: Reads all bytes of a file of at most so many pixels; raises `RefusedError`, or
            anything at all if the bytes make no sense. None if it cannot be read.
        encode: Writes a photo of one of the `types` with a quality of 1 to 100, None being left to
            the format. None if it cannot be written.
        types: Types of pixels that it can be given to write, the finest last.
        lossy: Whether `quality` means something.
        alpha: Whether it can be given alpha.
        premultiplied: Whether it can be given colours that are multiplied by alpha; if it is
            linear too, it is given no others.
        gain_maps: Whether it can be given a gain map.
        linear: Whether its values are proportional to light by definition, as in OpenEXR.
        max_side: Width and height that it holds at most.
        header: Reads the header of an open file; may raise anything. None if it takes decoding.
        open_strips: Opens a file of at most so many pixels to read it in strips; raises as `decode`
            does. None, or giving None, if it must be decoded as a whole.
        decode_reduced: Reads all bytes of a file at a lower resolution, at which its longer side
            still has so many pixels (or all that there are), of at most so many; raises as `decode`
            does. None, or returning None, if it must be decoded in full.
        encode_strips: Writes a photo that comes in strips into an empty file, as `encode` would.
            None if it must be encoded as a whole.
        carries: Names of the fields of `Metadata` that it can be given to write; "comment" for
            texts that are comments.
        max_block: Bytes of an EXIF block that it holds at most; an XMP packet of more than about
            so many has to be split.
        decode_page: Reads one of several pages, counted from 1, of a file. None if a file of this
            format is one picture.
        library: The module without which it can be neither read nor written, if that is not
            installed with the toolkit.
        install: What pip installs to have it, such as "restore[heic]".
        plugin: The plugin that added it; filled in when it is loaded.
    """

    name: str
    suffixes: tuple[str, ...]
    recognises: Callable[[bytes], bool]
    decode: Callable[[bytes, int], Decoded] | None
    encode: Callable[[Photo, int | None], bytes] | None = None
    types: tuple[type[np.generic], ...] = (np.uint8,)
    lossy: bool = False
    alpha: bool = True
    premultiplied: bool = False
    gain_maps: bool = False
    linear: bool = False
    max_side: int = NO_LIMIT
    header: Callable[[BinaryIO], Header] | None = None
    open_strips: Callable[[BinaryIO, int], AbstractContextManager[Stored | None]] | None = None
    decode_reduced: Callable[[bytes, int, int], Decoded | None] | None = None
    encode_strips: Callable[[BinaryIO, Strips], None] | None = None
    carries: frozenset[str] = frozenset({"icc", "exif", "xmp"})
    max_block: int = NO_LIMIT
    decode_page: Callable[[bytes, int, int | None], Decoded] | None = None
    library: str = ""
    install: str = ""
    plugin: str = ""

    @property
    def missing(self) -> str:
        """What to install before it can be read or written; empty if nothing is missing."""
        if not self.library or find_spec(self.library) is not None:
            return ""
        return self.install or self.library


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Refuse a picture that is empty or too large, before memory is taken for it.

    Raises:
        RefusedError: It is.
    """
    if width < 1 or height < 1:
        raise RefusedError(f"claims to be {width}×{height} pixels.", TRUNCATED)
    if width * height > max_pixels:
        raise RefusedError(
            f"claims to be {width}×{height} pixels; the limit is {max_pixels / 1e6:g} million.",
            "If the file is genuine, raise max_pixels.",
        )


def check_finite(samples: Pixels) -> Pixels:
    """Return floats as they are.

    Raises:
        RefusedError: One is NaN or infinite.
    """
    if not np.isfinite(samples).all():
        raise RefusedError(
            "holds values that are not finite (NaN or infinity).",
            "Replace them in the program that it came from.",
        )
    return samples
