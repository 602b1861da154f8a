"""Writing TIFF (TIFF 6.0; Adobe TIFF technical notes 1 and 3 for Deflate and the predictors).

The file grows out of the photo's EXIF block: the block stands at its very beginning as it is, and
the directories in it stay where they are. So every offset in it holds, also those that camera
makers hide in their own notes.
"""

from __future__ import annotations

import logging
import struct

import numpy as np

from restore.errors import WriteError
from restore.photo.depth import rescaled
from restore.photo.exif import (
    DESCRIPTIVE,
    EXIF_IFD,
    GPS_IFD,
    RESOLUTION,
    Entry,
    Ifd,
    Order,
    first_ifd,
    locate,
    pack_ifd,
    rational,
    read_ifd,
)
from restore.photo.metadata import Metadata
from restore.photo.metadata.exif_edit import without_thumbnail
from restore.photo.metadata.photoshop import iptc_of, without_iptc
from restore.photo.photo import Photo, Pixels

__all__ = ["encode"]

log = logging.getLogger("restore")

_SHORT, _LONG, _RATIONAL, _BYTE, _UNDEFINED = 3, 4, 5, 1, 7
_ADOBE_DEFLATE, _HORIZONTAL, _FLOATING_POINT = 8, 2, 3
_SIGNATURES = (b"ExifMeta", b"CR")
"""What would let a TIFF be taken for a mere EXIF block, or for a camera's raw file."""

_STRIP = 1 << 20
_LIMIT = 2**32 - 2
_HALF = 16


def encode(photo: Photo, quality: int | None) -> bytes:
    """Write a photo as TIFF, losslessly at its own depth: Deflate with a predictor.

    Raises:
        WriteError: It does not fit into the 4 GiB that a TIFF can hold.
    """
    del quality
    meta = photo.metadata
    block, order, carried = _beginning(meta.exif)
    samples = _as_in_source(photo)
    rows = max(1, _STRIP // samples[:1].nbytes)
    strips = [_strip(samples[i : i + rows], order) for i in range(0, len(samples), rows)]
    counts = [len(strip) for strip in strips]
    offsets = np.cumsum([len(block), *counts])
    if offsets[-1] + len(meta.icc or b"") + len(meta.xmp or b"") + (1 << 20) > _LIMIT:
        raise WriteError(
            "The photo does not fit into a TIFF, which holds at most 4 GiB.", "Write a PNG."
        )
    ifd = carried | _layout(samples, rows, order) | _described(meta, order)
    if photo.alpha is not None:
        ifd[338] = _numbers(_SHORT, 1 if photo.premultiplied else 2, order=order)
    if photo.source.peak and samples.dtype == np.uint16:
        white = [photo.source.peak] * samples.shape[2]
        ifd[281] = _numbers(_SHORT, *white, order=order)
    ifd[273] = _numbers(_LONG, *offsets[:-1].tolist(), order=order)
    ifd[279] = _numbers(_LONG, *counts, order=order)
    end = int(offsets[-1]) + int(offsets[-1]) % 2
    padding = bytes(end - int(offsets[-1]))
    start = block[:4] + struct.pack(order + "I", end)
    return b"".join([start, block[8:], *strips, padding, pack_ifd(ifd, order, end)])


def _as_in_source(photo: Photo) -> Pixels:
    """Return the samples, (H, W, C), at the depth of the file that the photo was read from."""
    samples, source = photo.to_array(), photo.source
    if samples.ndim == 2:
        samples = samples[:, :, None]
    if samples.dtype == np.uint16 and source.peak:
        return rescaled(samples, np.iinfo(samples.dtype).max, source.peak)
    if samples.dtype == np.float32 and source.bits == _HALF:
        if np.abs(samples).max() <= np.finfo(np.float16).max:
            return samples.astype(np.float16)
        log.warning("The result goes beyond the range of half floats; it is written with 32 bits.")
    return samples


def _beginning(exif: bytes | None) -> tuple[bytes, Order, Ifd]:
    """Return what the file begins with, its byte order, and the tags that come from EXIF."""
    if not exif:
        return b"II*\0" + bytes(4), "<", {}
    exif = without_thumbnail(exif)
    offset, order, _ = first_ifd(exif)
    if offset >= 16 and exif[8:16].startswith(_SIGNATURES):
        exif = exif[:8] + bytes(8) + exif[16:]
    carried: Ifd = {}
    for tag, entry in read_ifd(exif, offset, order).items():
        if tag not in DESCRIPTIVE:
            log.info("The EXIF tag %d has no place in a TIFF and is left out.", tag)
        elif isinstance(entry, Entry):
            carried[tag] = entry
        elif tag in (EXIF_IFD, GPS_IFD) and (spot := locate(exif, tag)):
            (below,) = struct.unpack_from(spot[1], exif, spot[0])
            carried[tag] = _numbers(_LONG, below, order=order)
    return exif + b"\0" * (len(exif) % 2), order, carried


def _layout(samples: Pixels, rows: int, order: Order) -> Ifd:
    height, width, channels = samples.shape
    is_float = samples.dtype.kind == "f"
    bits = samples.dtype.itemsize * 8
    ifd: Ifd = {
        256: _numbers(_LONG, width, order=order),
        257: _numbers(_LONG, height, order=order),
        258: _numbers(_SHORT, *[bits] * channels, order=order),
        259: _numbers(_SHORT, _ADOBE_DEFLATE, order=order),
        262: _numbers(_SHORT, 2 if channels > 2 else 1, order=order),
        277: _numbers(_SHORT, channels, order=order),
        278: _numbers(_LONG, rows, order=order),
        284: _numbers(_SHORT, 1, order=order),
        317: _numbers(_SHORT, _FLOATING_POINT if is_float else _HORIZONTAL, order=order),
        339: _numbers(_SHORT, *[3 if is_float else 1] * channels, order=order),
    }
    return ifd


def _described(meta: Metadata, order: Order) -> Ifd:
    ifd: Ifd = {}
    if meta.icc:
        ifd[34675] = Entry(_UNDEFINED, len(meta.icc), meta.icc)
    if meta.xmp:
        ifd[700] = Entry(_BYTE, len(meta.xmp), meta.xmp)
    if iptc := iptc_of(meta.photoshop):
        # As integers, because libtiff takes nothing else; their bytes are never turned round.
        padded = iptc + bytes(-len(iptc) % 4)
        ifd[33723] = Entry(_LONG, len(padded) // 4, padded)
    if meta.photoshop and (others := without_iptc(meta.photoshop)):
        ifd[34377] = Entry(_BYTE, len(others), others)
    if meta.dpi:
        x, y = (_numbers(_RATIONAL, *rational(dots), order=order) for dots in meta.dpi)
        ifd |= zip(RESOLUTION, (x, y, _numbers(_SHORT, 2, order=order)), strict=True)
    return ifd


def _numbers(kind: int, *values: int, order: Order) -> Entry:
    letter = "H" if kind == _SHORT else "I"
    count = len(values) // 2 if kind == _RATIONAL else len(values)
    return Entry(kind, count, struct.pack(f"{order}{len(values)}{letter}", *values))


def _strip(samples: Pixels, order: Order) -> bytes:
    """Return rows of a picture, each value the difference from its left neighbour, deflated."""
    import imagecodecs

    height, width, channels = samples.shape
    if samples.dtype.kind == "f":
        size = samples.dtype.itemsize
        swapped = samples.astype(samples.dtype.newbyteorder(">"))
        planes = swapped.view(np.uint8).reshape(height, width * channels, size)
        left = np.ascontiguousarray(planes.transpose(0, 2, 1)).reshape(height, -1)
        difference = left.copy()
        difference[:, channels:] -= left[:, :-channels]
    else:
        difference = samples.copy()
        difference[:, 1:] -= samples[:, :-1]
    ordered = difference.astype(difference.dtype.newbyteorder(order), copy=False)
    return bytes(imagecodecs.deflate_encode(ordered.tobytes(), level=6))
