"""Where a photo came from: what its file was like, and what of that still holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

__all__ = ["Source"]

_FINE = 10
"""Mean step of a JPEG table that costs nothing visible; about quality 91."""

_WHOLE = 8
"""Bits below which a depth is a matter of saving room, not of the camera."""


@dataclass(frozen=True)
class Source:
    """Where a photo came from.

    Attributes:
        path: The file, if there was one.
        format: Name of its format, such as "JPEG" or "TIFF"; empty if there was no file.
        lossless: Whether the file kept its pixels exactly.
        bits: Bits a sample of the file, where the photo has more: 9 to 15 in 16, or the 16 of a
            half float in 32; 0 where they are the same.
        jpeg_tables: The quantisation tables, each 64 numbers in natural (row) order: one for
            gray, two (luma, chroma) for colour, three if Cb and Cr differ. Empty if the file is
            not a JPEG.
        jpeg_subsampling: Chroma subsampling such as "4:2:0"; empty if not a colour JPEG.
        significant_bits: How many bits of each channel, alpha included, mean something, if the
            file says so (the sBIT chunk of PNG); empty otherwise.
        peak: The number that stands for white in the file where it is not the largest of its type,
            such as 4095 in a TIFF of 16 bits; 0 otherwise. In a photo white is always the largest.
    """

    path: Path | None = None
    format: str = ""
    lossless: bool = True
    jpeg_tables: tuple[tuple[int, ...], ...] = ()
    jpeg_subsampling: str = ""
    bits: int = 0
    significant_bits: tuple[int, ...] = ()
    peak: int = 0

    def restored(self) -> Source:
        """Return the source of a photo that is no longer what the file holds.

        Coarse JPEG tables are forgotten: written with them, a restored photo would be damaged
        again, and an action that follows would take it for compressed. So are less than 8 bits:
        the new values need them all.
        """
        source = self
        if self.jpeg_tables and np.mean(self.jpeg_tables[0]) > _FINE:
            source = replace(source, jpeg_tables=(), jpeg_subsampling="")
        if self.significant_bits and min(self.significant_bits) < _WHOLE:
            source = replace(source, significant_bits=())
        return source

    def of_depth(self) -> Source:
        """Return the source of a photo that was given another type of pixels."""
        return replace(self, bits=0, significant_bits=(), peak=0)
