"""Turning a photo upright, and its metadata with it."""

from __future__ import annotations

import logging
import re
import struct
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from restore.photo.colour.gain_map import GainMap, pointed_at, unmarked
from restore.photo.exif import (
    ORIENTATION,
    PREFIX,
    ExifError,
    first_ifd,
    locate,
    read_ifd,
    resolution,
)
from restore.photo.metadata import Metadata
from restore.photo.photo import Photo, Pixels

__all__ = ["turn", "upright", "upright_xmp"]

log = logging.getLogger("restore")

_XMP_ORIENTATION = re.compile(rb"(tiff:Orientation(?:\s*=\s*[\"']|\s*>)\s*)[2-8](?=\s*[\"'<])")


def turn(array: Pixels, orientation: int) -> Pixels:
    """Turn an array (H, W, …) upright that was stored with an orientation of 1 to 8.

    EXIF 2.32, tag 274: the sides of the scene that the stored first row and first column are.
    """
    if orientation >= 5:
        array = array.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        array = array[::-1]
    if orientation in (2, 3, 6, 7):
        array = array[:, ::-1]
    return np.ascontiguousarray(array)


def upright(
    pixels: Pixels,
    alpha: Pixels | None,
    metadata: Metadata,
    orientation: int | None = None,
    gain_map: GainMap | None = None,
    tell: Callable[[str], None] = log.warning,
) -> Photo:
    r"""Make an upright photo of pixels and metadata as they stood in a file.

    The orientation is set to 1 in place, in the EXIF block and in the XMP packet; nothing else in
    them changes. A damaged EXIF block is dropped with a warning. A resolution that only the EXIF
    block tells is taken from there.

    Args:
        pixels: (H, W, C).
        alpha: (H, W) or None.
        metadata: As in the file; an EXIF block may have its "Exif\0\0" prefix.
        orientation: What the container itself says; None asks the EXIF block.
        gain_map: As in the file.
        tell: Is told what is left out.
    """
    exif, found, exif_dpi = _reset(metadata.exif, tell)
    orientation = orientation or found
    xmp, dpi = metadata.xmp, metadata.dpi or exif_dpi
    if xmp and orientation != 1:
        xmp = upright_xmp(xmp)
    if dpi and orientation >= 5:
        dpi = dpi[::-1]
    photo = Photo(
        turn(pixels, orientation),
        None if alpha is None else turn(alpha, orientation),
        replace(metadata, exif=exif, xmp=xmp, dpi=dpi),
    )
    return photo if gain_map is None else _with_gain_map(photo, gain_map, orientation)


def upright_xmp(xmp: bytes) -> bytes:
    """Return an XMP packet with orientation 1, if it names one."""
    return _XMP_ORIENTATION.sub(rb"\g<1>1", xmp)


def _with_gain_map(photo: Photo, gain_map: GainMap, orientation: int) -> Photo:
    """Return an upright photo with its gain map turned as it was."""
    try:
        if orientation != 1:
            gain_map = gain_map.redrawn(lambda array: turn(array, orientation), photo.size)
    except (ValueError, OSError, EOFError) as error:
        log.warning("The HDR gain map is damaged (%s) and is left out.", error)
        return replace(photo, metadata=replace(photo.metadata, xmp=unmarked(photo.metadata.xmp)))
    xmp = pointed_at(photo.metadata.xmp, gain_map)
    return replace(photo, metadata=replace(photo.metadata, xmp=xmp), gain_map=gain_map)


def _reset(
    block: bytes | None, tell: Callable[[str], None]
) -> tuple[bytes | None, int, tuple[float, float] | None]:
    """Return an EXIF block with orientation 1 (None if damaged), what it was, the resolution."""
    if not block:
        return None, 1, None
    block = block.removeprefix(PREFIX)
    orientation = 1
    try:
        if spot := locate(block, ORIENTATION):
            where, form = spot
            (orientation,) = struct.unpack_from(form, block, where)
            if 1 <= orientation <= 8:
                one = struct.pack(form, 1)
                block = block[:where] + one + block[where + len(one) :]
            else:
                orientation = 1
        offset, order, big = first_ifd(block)
        if big:
            raise ExifError("a BigTIFF header")
        return block, orientation, resolution(read_ifd(block, offset, order), order)
    except ExifError as error:
        tell(f"The EXIF block is damaged ({error}) and is left out.")
        return None, orientation, None
