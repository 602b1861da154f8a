"""What a camera wrote beside its picture: one EXIF block, whatever the maker's container.

DNG, CR2, NEF, ARW, PEF and SRW are TIFF files; ORF and RW2 are too, under another signature. CR3
keeps its directories in boxes (`CMT1` main, `CMT2` EXIF, `CMT4` GPS), RAF in its preview's JPEG.
"""

from __future__ import annotations

import logging
import struct

from restore.photo import Metadata
from restore.photo.exif import (
    DESCRIPTIVE,
    EXIF_IFD,
    GPS_IFD,
    ORIENTATION,
    PREFIX,
    Entry,
    ExifError,
    Ifd,
    Order,
    first_ifd,
    pack_block,
    read_ifd,
)
from restore.photo.isobmff import boxes
from restore.photo.orientation import upright_xmp

__all__ = ["read_metadata"]

log = logging.getLogger("restore")

_XMP, _MAKER_NOTE, _COLOUR_SPACE, _SRGB = 700, 37500, 40961, 1
_LONGEST = 60_000
_CANON = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_PARTS = {b"CMT2": EXIF_IFD, b"CMT4": GPS_IFD}


def read_metadata(data: bytes) -> Metadata:
    """Return EXIF (with GPS) and XMP for the developed picture, which is upright and sRGB.

    A maker's note so long that no JPEG could hold the block is left out. What is damaged is left
    out too, with a warning.
    """
    try:
        ifd, order = _main_directory(data)
    except (ExifError, EOFError, ValueError, struct.error) as error:
        log.warning("The metadata of the raw file are damaged (%s) and are left out.", error)
        return Metadata()
    xmp = ifd.get(_XMP)
    about: Ifd = {tag: entry for tag, entry in ifd.items() if tag in DESCRIPTIVE}
    about.pop(ORIENTATION, None)
    below = about.get(EXIF_IFD)
    if isinstance(below, dict):
        about[EXIF_IFD] = _of_the_picture(below, order)
    return Metadata(
        exif=pack_block(about, order) if about else None,
        xmp=upright_xmp(xmp.value) if isinstance(xmp, Entry) else None,
    )


def _main_directory(data: bytes) -> tuple[Ifd, Order]:
    if data[4:8] == b"ftyp":
        return _canon(data)
    if data.startswith(b"FUJIFILM"):
        data = _preview(data)
    elif data[:2] in (b"II", b"MM"):
        data = (b"II*\0" if data[:2] == b"II" else b"MM\0*") + data[4:]
    offset, order, big = first_ifd(data)
    return read_ifd(data, offset, order, big), order


def _canon(data: bytes) -> tuple[Ifd, Order]:
    """Return the directories of a CR3 file as one."""
    found: dict[bytes, tuple[Ifd, Order]] = {}
    for movie in (box for box in boxes(data) if box.type == b"moov"):
        for box in boxes(data, movie.content, movie.end):
            if box.type != b"uuid" or data[box.content : box.content + 16] != _CANON:
                continue
            for part in boxes(data, box.content + 16, box.end):
                if part.type in (b"CMT1", *_PARTS):
                    block = part.of(data)
                    offset, order, _ = first_ifd(block)
                    found[part.type] = read_ifd(block, offset, order), order
    if b"CMT1" not in found:
        raise ValueError("no directory")
    ifd, order = found[b"CMT1"]
    ifd |= {tag: found[name][0] for name, tag in _PARTS.items() if name in found}
    return ifd, order


def _preview(data: bytes) -> bytes:
    """Return the EXIF block of the JPEG that a RAF file begins with."""
    start, length = struct.unpack_from(">II", data, 84)
    at = data.find(PREFIX, start, start + min(length, 1 << 16))
    if at < 2:
        raise ValueError("no EXIF block")
    (size,) = struct.unpack_from(">H", data, at - 2)
    return data[at + len(PREFIX) : at - 2 + size]


def _of_the_picture(ifd: Ifd, order: Order) -> Ifd:
    """Return an EXIF directory that is true of the developed picture."""
    ifd = dict(ifd)
    note = ifd.get(_MAKER_NOTE)
    if isinstance(note, Entry) and len(note.value) > _LONGEST:
        log.info("The maker's note of the raw file (%d bytes) is left out.", len(note.value))
        del ifd[_MAKER_NOTE]
    if _COLOUR_SPACE in ifd:
        ifd[_COLOUR_SPACE] = Entry(3, 1, struct.pack(order + "H", _SRGB))
    return ifd
