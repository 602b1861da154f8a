"""Making metadata true of the picture that they are written with: its size and its thumbnail."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from restore.photo.depth import from_unit
from restore.photo.metadata import Metadata
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


def described(
    metadata: Metadata, size: tuple[int, int], photo: Photo | None, tell: Callable[[str], None]
) -> Metadata:
    """Return metadata that tell a picture's own size, with a thumbnail made of its own pixels.

    An EXIF thumbnail is made anew in the room of the old one, or removed where that is too small or
    holds no JPEG; there is none where there was none. No other byte of the EXIF block changes.

    Args:
        metadata: The metadata.
        size: Width and height of the picture.
        photo: Its pixels; None, where they are not all there, removes the thumbnail.
        tell: Is told what could not be done.
    """
    width, height = size
    if metadata.exif:
        try:
            exif = _thumbnailed(sized(metadata.exif, width, height), photo)
            metadata = replace(metadata, exif=exif)
        except Exception as error:
            tell(f"The EXIF block is left as it was: {error}.")
    if metadata.xmp:
        xmp = _XMP_WIDTH.sub(rb"\g<1>%d" % width, metadata.xmp)
        metadata = replace(metadata, xmp=_XMP_HEIGHT.sub(rb"\g<1>%d" % height, xmp))
    return metadata


def _thumbnailed(block: bytes, photo: Photo | None) -> bytes:
    before = thumbnail_of(block)
    if before is None:
        return block
    if before and photo is not None:
        small = _reduced(photo, _side(before))
        for quality in _QUALITIES:
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


def _reduced(photo: Photo, side: int) -> Pixels:
    """Return 8-bit pixels, the longer side at most so long."""
    from PIL import Image

    step = max(1, max(photo.size) // (4 * side))
    alpha = None if photo.alpha is None else photo.alpha[::step, ::step]
    near = replace(photo, pixels=photo.pixels[::step, ::step], alpha=alpha).to_float()
    pixels = from_unit(near, np.dtype(np.uint8))
    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    image.thumbnail((side, side))
    return np.asarray(image)


def _jpeg(pixels: Pixels, quality: int) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, optimize=True)
    return file.getvalue()
