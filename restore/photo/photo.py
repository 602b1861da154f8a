"""A photo in memory: pixels at their own depth, alpha apart, everything else carried along."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

__all__ = ["Metadata", "Photo", "Pixels", "Source"]

Pixels: TypeAlias = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Metadata:
    """What travels with the pixels, byte for byte.

    Attributes:
        icc: ICC profile.
        exif: EXIF block in TIFF form (without the "Exif\\0\\0" prefix); its orientation is 1.
        xmp: XMP packet.
        dpi: Resolution, horizontal and vertical.
    """

    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None


@dataclass(frozen=True)
class Source:
    """Where a photo came from.

    Attributes:
        path: The file, if there was one.
        format: "JPEG", "PNG", "TIFF" or "WEBP".
        jpeg_tables: The quantisation tables, each 64 numbers in natural (row) order; empty if
            the file is not a JPEG.
        jpeg_subsampling: Chroma subsampling such as "4:2:0"; empty if not a JPEG.
    """

    path: Path | None = None
    format: str = ""
    jpeg_tables: tuple[tuple[int, ...], ...] = ()
    jpeg_subsampling: str = ""


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo, upright.

    Attributes:
        pixels: (H, W, C), C = 1 (gray) or 3 (RGB), uint8, uint16 or float32; floats are nominally
            in [0, 1] and may leave it.
        alpha: (H, W) of the same type, or None.
        metadata: Profile, EXIF, XMP, resolution.
        source: The file it was read from.
    """

    pixels: Pixels
    alpha: Pixels | None = None
    metadata: Metadata = field(default_factory=Metadata)
    source: Source = field(default_factory=Source)
