"""A photo too large to be held whole: its rows come in strips, from the top to the bottom.

Each strip is a photo of its own, as wide as the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from restore.photo.metadata import Metadata
from restore.photo.photo import Photo
from restore.photo.source import Source

__all__ = ["Strips", "StripsReader", "gathered", "strips_of"]

HEIGHT = 256
"""Rows at a time, where nothing else decides."""


@dataclass(frozen=True, eq=False)
class _Described:
    """What is known of a photo without its pixels.

    Attributes:
        size: Width and height.
        like: A part of it, which says all but the pixels: type, channels, alpha, metadata, source.
    """

    size: tuple[int, int]
    like: Photo

    @property
    def channels(self) -> int:
        """1 (gray) or 3 (RGB)."""
        return int(self.like.pixels.shape[2])

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the pixels: uint8, uint16 or float32."""
        dtype: np.dtype[Any] = self.like.pixels.dtype
        return dtype

    @property
    def alpha(self) -> bool:
        """Whether it has alpha."""
        return self.like.alpha is not None

    @property
    def metadata(self) -> Metadata:
        """Profile, EXIF, XMP and so on."""
        return self.like.metadata

    @property
    def source(self) -> Source:
        """The file that it was read from."""
        return self.like.source

    @property
    def nbytes(self) -> int:
        """Length of all pixels, alpha included."""
        return self.size[0] * self.size[1] * (self.channels + self.alpha) * self.dtype.itemsize


@dataclass(frozen=True, eq=False)
class StripsReader(_Described):
    """A photo, upright, whose rows are read when they are asked for.

    Attributes:
        rows: Returns pixels and alpha from a first row up to a last, which is left out. The further
            they follow each other, the faster; all others can be had as well.
    """

    rows: Callable[[int, int], Photo] = field(kw_only=True)

    def read(self, first: int, last: int) -> Photo:
        """Return the rows from `first` up to `last`, which is left out; what lies outside is cut.

        Raises:
            PhotoError: The file is damaged there.
        """
        first, last = max(first, 0), min(last, self.size[1])
        strip = self.rows(first, last)
        return replace(
            self.like, pixels=strip.pixels, alpha=strip.alpha, origin=(first, 0), gain_map=None
        )

    def all(self, height: int = HEIGHT) -> Strips:
        """Return all of it, so many rows at a time."""
        starts = range(0, self.size[1], height)
        return self.with_rows(self.read(top, top + height) for top in starts)

    def with_rows(self, rows: Iterator[Photo]) -> Strips:
        """Return a photo of this kind made of other rows."""
        return Strips(self.size, self.like, rows=rows)


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

    top = rows(0, 1)
    like = replace(photo, pixels=top.pixels, alpha=top.alpha)
    return StripsReader(photo.size, like, rows=rows)


def gathered(strips: Strips) -> Photo:
    """Return a photo that came in strips as a whole.

    Where the strips disagree on the source, one of them is no longer what the file held: its source
    says least of the file.
    """
    width, height = strips.size
    pixels = np.empty((height, width, strips.channels), strips.dtype)
    alpha = np.empty((height, width), strips.dtype) if strips.alpha else None
    sources, top = [strips.source], 0
    for strip in strips.rows:
        bottom = top + strip.size[1]
        pixels[top:bottom] = strip.pixels
        if alpha is not None and strip.alpha is not None:
            alpha[top:bottom] = strip.alpha
        sources.append(strip.source)
        top = bottom
    source = min(sources, key=lambda s: (len(s.jpeg_tables), len(s.significant_bits)))
    return replace(strips.like, pixels=pixels, alpha=alpha, source=source, origin=(0, 0))
