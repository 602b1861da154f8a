"""Writing TIFF (TIFF 6.0; Adobe TIFF technical notes 1 and 3 for Deflate and the predictors).

The file grows out of the photo's EXIF block: the block stands at its very beginning as it is, and
the directories in it stay where they are. So every offset in it holds, also those that camera
makers hide in their own notes. The strips follow as they come, the main directory ends the file.
"""

from __future__ import annotations

import io
import logging
import struct
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

from restore.photo.depth import fits_half, rescaled
from restore.photo.exif import (
    DESCRIPTIVE,
    EXIF_IFD,
    GPS_IFD,
    MAKER_NOTE,
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
from restore.photo.strips import Strips, strips_of

__all__ = ["encode", "encode_strips"]

log = logging.getLogger("restore")

_SHORT, _LONG, _RATIONAL, _BYTE, _UNDEFINED, _LONG8 = 3, 4, 5, 1, 7, 16
_ADOBE_DEFLATE, _HORIZONTAL, _FLOATING_POINT = 8, 2, 3
_SIGNATURES = (b"ExifMeta", b"CR")
"""What would let a TIFF be taken for a mere EXIF block, or for a camera's raw file."""

_STRIP = 1 << 20
_LIMIT = 2**32 - 2
_SLACK = 1 << 24
"""Room for the directories and for what Deflate adds to noise."""
_HALF = 16


def encode(photo: Photo, quality: int | None) -> bytes:
    """Write a photo as TIFF, losslessly at its own depth: Deflate with a predictor."""
    del quality
    file = io.BytesIO()
    encode_strips(file, strips_of(photo).all(), half=_fits_half(photo))
    return file.getvalue()


def encode_strips(
    file: BinaryIO, photo: Strips, *, big: bool | None = None, half: bool = False
) -> None:
    """Write a photo that comes in strips as TIFF, losslessly at its own depth.

    What may not fit into 4 GiB becomes a BigTIFF, in which the directories of the EXIF block are
    laid out anew: offsets that a camera maker hid in its notes do not hold there.

    Args:
        file: An empty file.
        photo: The photo.
        big: Whether to write a BigTIFF; None if that is needed.
        half: Whether floats are written as half floats, which hold no more than 65504.
    """
    meta = photo.metadata
    if big is None:
        big = photo.nbytes + len(meta.icc or b"") + len(meta.xmp or b"") + _SLACK > _LIMIT
    block, order, carried = _big_beginning(meta.exif) if big else _beginning(meta.exif)
    file.write(block)
    channels = photo.channels + photo.alpha
    dtype = np.dtype(np.float16) if half else photo.dtype
    rows = max(1, _STRIP // (photo.size[0] * channels * dtype.itemsize))
    offsets, counts = [], []
    for samples in _in_rows(photo.rows, rows, dtype):
        strip = _strip(samples, order)
        offsets.append(file.tell())
        counts.append(file.write(strip))
    file.write(bytes(file.tell() % 2))
    end = file.tell()
    long = _LONG8 if big else _LONG
    ifd = carried | _layout(photo.size, channels, dtype, rows, order)
    ifd |= _described(meta, order)
    if photo.alpha:
        ifd[338] = _numbers(_SHORT, 1 if photo.like.premultiplied else 2, order=order)
    if photo.source.peak and dtype == np.uint16:
        ifd[281] = _numbers(_SHORT, *[photo.source.peak] * channels, order=order)
    ifd[273] = _numbers(long, *offsets, order=order)
    ifd[279] = _numbers(long, *counts, order=order)
    file.write(pack_ifd(ifd, order, end, big=big))
    file.seek(8 if big else 4)
    file.write(struct.pack(order + ("Q" if big else "I"), end))


def _fits_half(photo: Photo) -> bool:
    """Whether a photo came as half floats and can be written so."""
    came = photo.pixels.dtype == np.float32 and photo.source.bits == _HALF
    return came and fits_half(photo.to_array())


def _in_rows(strips: Iterator[Photo], rows: int, dtype: np.dtype[Any]) -> Iterator[Pixels]:
    """Yield samples (rows, W, C), so many rows at a time whatever the heights of the strips.

    White is the number that stood for it in the file that the photo was read from.
    """
    left: Pixels | None = None
    for strip in strips:
        samples = strip.pixels
        if strip.alpha is not None:
            samples = np.concatenate([samples, strip.alpha[:, :, None]], axis=2)
        if dtype == np.uint16 and strip.source.peak:
            samples = rescaled(samples, np.iinfo(dtype).max, strip.source.peak)
        samples = samples.astype(dtype, copy=False)
        if left is not None and len(left):
            samples = np.concatenate([left, samples])
        whole = len(samples) // rows * rows
        for top in range(0, whole, rows):
            yield samples[top : top + rows]
        left = samples[whole:].copy()
    if left is not None and len(left):
        yield left


def _big_beginning(exif: bytes | None) -> tuple[bytes, Order, Ifd]:
    """Return what a BigTIFF begins with, its byte order, and the tags that come from EXIF."""
    if not exif:
        return b"II+\0" + struct.pack("<HHQ", 8, 0, 0), "<", {}
    exif = without_thumbnail(exif)
    offset, order, _ = first_ifd(exif)
    carried: Ifd = {
        tag: e for tag, e in read_ifd(exif, offset, order).items() if tag in DESCRIPTIVE
    }
    below = carried.get(EXIF_IFD)
    if isinstance(below, dict) and MAKER_NOTE in below:
        log.warning("The photo needs a BigTIFF, in which its maker note may not be readable.")
    mark = b"II+\0" if order == "<" else b"MM\0+"
    return mark + struct.pack(order + "HHQ", 8, 0, 0), order, carried


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
    block = exif[:4] + bytes(4) + exif[8:]
    return block + b"\0" * (len(exif) % 2), order, carried


def _layout(
    size: tuple[int, int], channels: int, dtype: np.dtype[Any], rows: int, order: Order
) -> Ifd:
    width, height = size
    is_float = dtype.kind == "f"
    bits = dtype.itemsize * 8
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
    letter = {_SHORT: "H", _LONG8: "Q"}.get(kind, "I")
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
