"""A photo too large to be held whole: its rows come in strips, from the top to the bottom.

Each strip is a photo of its own, as wide as the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from restore.photo.colour.transfer import Transfer
from restore.photo.metadata import Metadata
from restore.photo.photo import Photo, Source

__all__ = ["Strips", "StripsReader", "gathered", "strips_of"]

HEIGHT = 256
"""Rows at a time, where nothing else decides."""


@dataclass(frozen=True, eq=False)
class _Described:
    """What is known of a photo without its pixels.

    Attributes:
        size: Width and height.
        channels: 1 (gray) or 3 (RGB).
        dtype: uint8, uint16 or float32.
        alpha: Whether it has alpha.
        metadata: Profile, EXIF, XMP, resolution.
        source: The file that it was read from.
        transfer: As of a `Photo`, like what follows.
        premultiplied: As there.
        notes: As there.
    """

    size: tuple[int, int]
    channels: int
    dtype: np.dtype[Any]
    alpha: bool
    metadata: Metadata = field(default_factory=Metadata)
    source: Source = field(default_factory=Source)
    transfer: Transfer = "encoded"
    premultiplied: bool = False
    notes: tuple[str, ...] = ()

    @property
    def nbytes(self) -> int:
        """Length of all pixels, alpha included."""
        return self.size[0] * self.size[1] * (self.channels + self.alpha) * self.dtype.itemsize


@dataclass(frozen=True, eq=False)
class StripsReader(_Described):
    """A photo, upright, whose rows are read when they are asked for.

    Attributes:
        rows: Returns the rows from a first up to a last, which is left out. The further they
            follow each other, the faster; all others can be had as well.
    """

    rows: Callable[[int, int], Photo] = field(kw_only=True)

    def read(self, first: int, last: int) -> Photo:
        """Return the rows from `first` up to `last`, which is left out; what lies outside is cut.

        Raises:
            PhotoError: The file is damaged there.
        """
        first = max(first, 0)
        strip = self.rows(first, min(last, self.size[1]))
        return replace(
            strip,
            metadata=self.metadata,
            source=self.source,
            transfer=self.transfer,
            premultiplied=self.premultiplied,
            origin=(first, 0),
        )

    def all(self, height: int = HEIGHT) -> Strips:
        """Return all of it, so many rows at a time."""
        starts = range(0, self.size[1], height)
        return self.with_rows(self.read(top, top + height) for top in starts)

    def with_rows(self, rows: Iterator[Photo], size: tuple[int, int] | None = None) -> Strips:
        """Return a photo of this kind made of other rows."""
        known = {f.name: getattr(self, f.name) for f in fields(_Described)}
        return Strips(**{**known, "size": size or self.size}, rows=rows)


@dataclass(frozen=True, eq=False)
class Strips(_Described):
    """A photo, upright, that comes once, in strips from the top to the bottom.

    Attributes:
        rows: The strips, of any heights.
    """

    rows: Iterator[Photo] = field(kw_only=True)


def strips_of(photo: Photo) -> StripsReader:
    """Return a photo in memory as one that is read in strips."""
    pixels, alpha = photo.pixels, photo.alpha

    def rows(first: int, last: int) -> Photo:
        return Photo(pixels[first:last], None if alpha is None else alpha[first:last])

    return StripsReader(
        photo.size,
        pixels.shape[2],
        pixels.dtype,
        alpha is not None,
        photo.metadata,
        photo.source,
        photo.transfer,
        photo.premultiplied,
        photo.notes,
        rows=rows,
    )


def gathered(strips: Strips) -> Photo:
    """Return a photo that came in strips as a whole.

    Its source is that of its strips: of the file, unless one strip is no longer what the file held.
    """
    width, height = strips.size
    pixels = np.empty((height, width, strips.channels), strips.dtype)
    alpha = np.empty((height, width), strips.dtype) if strips.alpha else None
    source, top = strips.source, 0
    for strip in strips.rows:
        bottom = top + strip.size[1]
        pixels[top:bottom] = strip.pixels
        if alpha is not None and strip.alpha is not None:
            alpha[top:bottom] = strip.alpha
        if strip.source != strips.source:
            source = strip.source
        top = bottom
    return Photo(
        pixels,
        alpha,
        strips.metadata,
        source,
        transfer=strips.transfer,
        premultiplied=strips.premultiplied,
        notes=strips.notes,
    )
