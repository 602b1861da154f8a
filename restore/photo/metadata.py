"""What travels with the pixels of a photo."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Metadata"]


@dataclass(frozen=True)
class Metadata:
    r"""All of it, byte for byte.

    Attributes:
        icc: ICC profile.
        exif: EXIF block in TIFF form (without the "Exif\0\0" prefix); its orientation is 1.
        xmp: XMP packet.
        dpi: Resolution, horizontal and vertical.
    """

    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
