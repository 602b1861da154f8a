"""AVIF, by libavif through imagecodecs: 8, 10 and 12 bits, lossy or lossless."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from restore.photo import cicp
from restore.photo.depth import full_range, rescaled
from restore.photo.exif import resolution_block
from restore.photo.formats import TRUNCATED, Decoded, Format, RefusedError, check_size
from restore.photo.formats.avif_write import describe
from restore.photo.heif import Still, brands, read_still
from restore.photo.metadata import Metadata
from restore.photo.photo import Photo
from restore.photo.source import Source

__all__ = ["FORMAT", "container_profile"]

log = logging.getLogger("restore")

MAX_SIDE = 16384
_MAX_BITS = 12
_IDENTITY, _BT601, _UNSPECIFIED = 0, 6, 2
_SPEED = 8
"""Speed 6 takes two to three times as long and saves 1 % without loss, 7 % with it."""
_EXPORT = "Save it as an ordinary picture in the program that it came from."


def decode(data: bytes, max_pixels: int) -> Decoded:
    """Read an AVIF file: 10 and 12 bits become 16, gray stays gray.

    Of the turns only those of the container count, as the format wants it.

    Raises:
        RefusedError: It is a sequence, shows only a part of its picture, or is too large.
    """
    import imagecodecs

    if b"avis" in brands(data[:64]):
        raise RefusedError(
            "is an animated AVIF.", "Save the frame that you want as a picture of its own."
        )
    still = read_still(data)
    check_size(still.width, still.height, max_pixels)
    if still.cropped:
        raise RefusedError("is an AVIF that shows only a part of its picture.", _EXPORT)
    samples = imagecodecs.avif_decode(data, 0)
    if samples.ndim == 2:
        samples = samples[:, :, None]
    if samples.shape[:2] != (still.height, still.width):
        raise RefusedError("is an AVIF of another size than it claims.", TRUNCATED)
    bits = still.bits if samples.dtype == np.uint16 else 8
    icc, faults = container_profile(still, gray=samples.shape[2] < 3)
    metadata = Metadata(icc=icc, exif=still.exif, xmp=still.xmp)
    source = Source(format="AVIF", lossless=_is_lossless(still), bits=bits if bits > 8 else 0)
    return Decoded(
        full_range(samples, 2**bits - 1), metadata, source, still.orientation, faults=faults
    )


def encode(photo: Photo, quality: int | None) -> bytes:
    """Write an 8- or 16-bit photo as AVIF; 16 bits become the 10 of its source, otherwise 12.

    Without `quality` it is lossless, unless the photo came from a lossy file: then it is written
    at quality 95. Colours are not subsampled.
    """
    import imagecodecs

    bits, array = 8, photo.to_array()
    if array.dtype == np.uint16:
        bits = 10 if 8 < photo.source.bits <= 10 else _MAX_BITS
        if not 0 < photo.source.bits <= bits:
            log.info("AVIF holds at most %d bits; the photo's 16 are rounded.", _MAX_BITS)
        array = rescaled(array, 65535, 2**bits - 1)
    lossless = quality is None and photo.source.lossless
    gray = photo.pixels.shape[2] == 1
    options: dict[str, Any] = {"level": quality or 95, "matrix": _BT601}
    if lossless:
        options = {"level": 100, "matrix": _UNSPECIFIED if gray else _IDENTITY}
    forms = imagecodecs.AVIF.PIXEL_FORMAT
    options["pixelformat"] = forms.YUV400 if gray else forms.YUV444
    picture = imagecodecs.avif_encode(array, bitspersample=bits, speed=_SPEED, **options)
    meta = photo.metadata
    exif = meta.exif or resolution_block(meta.dpi)
    return describe(bytes(picture), icc=meta.icc, exif=exif, xmp=meta.xmp)


def container_profile(still: Still, *, gray: bool) -> tuple[bytes | None, tuple[str, ...]]:
    """Return the picture's profile, or one that says what its code points do.

    Code points of no known colour space are left out.

    Returns:
        The profile, and a sentence on each part of the metadata that is left out.
    """
    if still.icc or still.cicp is None:
        return still.icc, still.faults
    try:
        return cicp.profile(*still.cicp[:2], gray=gray), still.faults
    except ValueError as error:
        fault = f"The file names a colour space that is not known ({error}); it is left out."
        return None, (*still.faults, fault)


def _is_lossless(still: Still) -> bool:
    """Whether the colours are stored unconverted, which only lossless files do.

    Gray is never converted; it counts as lossless where no conversion is named.
    """
    matrix = still.cicp[2] if still.cicp else _BT601
    return matrix == _IDENTITY or (still.channels == 1 and matrix == _UNSPECIFIED)


FORMAT = Format(
    "AVIF",
    (".avif",),
    lambda head: bool({b"avif", b"avis"} & set(brands(head[:64]))),
    decode,
    encode,
    types=(np.uint8, np.uint16),
    lossy=True,
    max_side=MAX_SIDE,
)
