"""Which files are camera raw: by signatures of their own, or as a TIFF of what a sensor saw."""

from __future__ import annotations

from restore.photo.exif import Entry, ExifError, Ifd, Order, first_ifd, read_ifd

__all__ = ["SUFFIXES", "recognises"]

SUFFIXES = (
    *(".dng", ".cr2", ".cr3", ".nef", ".nrw", ".arw", ".srf", ".sr2", ".raf"),
    *(".orf", ".rw2", ".pef", ".srw"),
)

_SIGNATURES = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0")
"""Fujifilm; Olympus; Panasonic."""

_CR3, _CR2 = b"ftypcrx ", b"CR"
_SUBFILE, _COMPRESSION, _PHOTOMETRIC, _BELOW, _DNG = 254, 259, 262, 330, 50706
_REDUCED, _MOSAIC = 1, 32803
_OF_CAMERAS = (32767, 34713, 65535)
"""Compressions of Sony, Nikon and Pentax."""


def recognises(head: bytes) -> bool:
    """Whether a file that begins so is camera raw.

    A raw file in the form of a TIFF is a DNG or CR2, or its first picture is a mosaic or compressed
    as only cameras do, or it is a preview with the real pictures in directories below it.
    """
    if head.startswith(_SIGNATURES) or head[4:12] == _CR3:
        return True
    try:
        offset, order, big = first_ifd(head)
        ifd = read_ifd(head, offset, order, big)
    except ExifError:
        return False
    if _DNG in ifd or head[8:10] == _CR2:
        return True
    if _number(ifd, _PHOTOMETRIC, order) == _MOSAIC:
        return True
    if _number(ifd, _COMPRESSION, order) in _OF_CAMERAS:
        return True
    return _BELOW in ifd and _number(ifd, _SUBFILE, order) == _REDUCED


def _number(ifd: Ifd, tag: int, order: Order) -> int | None:
    entry = ifd.get(tag)
    if not isinstance(entry, Entry) or entry.count != 1 or entry.type not in (3, 4):
        return None
    return int.from_bytes(entry.value, "little" if order == "<" else "big")
