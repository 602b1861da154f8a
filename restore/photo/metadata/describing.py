"""Making metadata true of the picture that they are written with: its size and its thumbnail."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from restore.photo.depth import from_unit, to_unit
from restore.photo.metadata.exif_edit import (
    sized,
    thumbnail_of,
    with_thumbnail,
    without_thumbnail,
)
from restore.photo.photo import Photo, Pixels

__all__ = ["described"]

_THUMBNAIL_SIDES = range(32, 513)
_USUAL_SIDE = 160
_QUALITIES = (90, 80, 65, 45, 25)
_XMP_NUMBER = rb"(%s(?:\s*=\s*[\"']|\s*>)\s*)\d+(?=\s*[\"'<])"
_XMP_WIDTH = re.compile(_XMP_NUMBER % rb"(?:tiff:ImageWidth|exif:PixelXDimension)")
_XMP_HEIGHT = re.compile(_XMP_NUMBER % rb"(?:tiff:ImageLength|exif:PixelYDimension)")


def described(photo: Photo, tell: Callable[[str], None]) -> Photo:
    """Return a photo whose metadata tell its own size, with a thumbnail made of its own pixels.

    An EXIF thumbnail is made anew in the room of the old one, or removed where that is too small or
    holds no JPEG; there is none where there was none. No other byte of the EXIF block changes.

    Args:
        photo: The photo.
        tell: Is told what could not be done.
    """
    meta = photo.metadata
    width, height = photo.size
    if meta.exif:
        try:
            exif = _thumbnailed(sized(meta.exif, width, height), photo)
            meta = replace(meta, exif=exif)
        except Exception as error:
            tell(f"The EXIF block is left as it was: {error}.")
    if meta.xmp:
        xmp = _XMP_WIDTH.sub(rb"\g<1>%d" % width, meta.xmp)
        meta = replace(meta, xmp=_XMP_HEIGHT.sub(rb"\g<1>%d" % height, xmp))
    return replace(photo, metadata=meta)


def _thumbnailed(block: bytes, photo: Photo) -> bytes:
    before = thumbnail_of(block)
    if before is None:
        return block
    small = _reduced(photo.pixels, _side(before))
    for quality in _QUALITIES if before else ():
        picture = _jpeg(small, quality)
        if len(picture) <= len(before):
            return with_thumbnail(block, picture)
    return without_thumbnail(block)


def _side(picture: bytes) -> int:
    """Return the longer side of a thumbnail."""
    from PIL.JpegImagePlugin import JpegImageFile

    try:
        side = max(JpegImageFile(io.BytesIO(picture)).size)
    except Exception:
        # Pillow raises nearly anything when the bytes make no sense.
        return _USUAL_SIDE
    return side if side in _THUMBNAIL_SIDES else _USUAL_SIDE


def _reduced(pixels: Pixels, side: int) -> Pixels:
    """Return 8-bit pixels, the longer side at most so long."""
    from PIL import Image

    step = max(1, max(pixels.shape[:2]) // (4 * side))
    near = from_unit(to_unit(pixels[::step, ::step]), np.dtype(np.uint8))
    image = Image.fromarray(near[:, :, 0] if near.shape[2] == 1 else near)
    image.thumbnail((side, side))
    return np.asarray(image)


def _jpeg(pixels: Pixels, quality: int) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, optimize=True)
    return file.getvalue()
