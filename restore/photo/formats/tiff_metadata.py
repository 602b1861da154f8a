"""The metadata of a TIFF file: its directories put together as an EXIF block, value by value."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from restore.photo.exif import (
    DESCRIPTIVE,
    EXIF_IFD,
    GPS_IFD,
    INTEROP_IFD,
    MAKER_NOTE,
    ORIENTATION,
    RESOLUTION,
    Entry,
    ExifError,
    Ifd,
    Order,
    Spot,
    byte_order,
    entries,
    integer,
    pack_block,
    read_ifd,
    resolution,
)
from restore.photo.metadata import Metadata
from restore.photo.metadata.photoshop import kept, with_iptc

__all__ = ["metadata_of"]

_ICC, _XMP, _IPTC, _PHOTOSHOP = 34675, 700, 33723, 34377
_LONG = 4
_OFFSETS = (EXIF_IFD, GPS_IFD, INTEROP_IFD, 330, 273, 324)
"""Tags that hold offsets: of directories, strips and tiles."""

_WIDTHS = {3: "u2", 4: "u4", 13: "u4", 16: "u8", 18: "u8"}
_FARTHEST_NOTE = 1 << 15
"""The largest offset at which a maker note is kept where it was."""


def metadata_of(data: bytes, offset: int, big: bool) -> tuple[Metadata, int, tuple[str, ...]]:
    """Return the metadata of a directory, its orientation, and what is left out."""
    order = byte_order(data)
    ifd = read_ifd(data, offset, order, big)
    about: Ifd = {tag: entry for tag, entry in ifd.items() if tag in DESCRIPTIVE}
    told = set(about) - {ORIENTATION, *RESOLUTION}
    faults = _pin_maker_note(about, data, offset, order, big)
    exif = pack_block(about, "<" if order == "<" else ">") if told else None
    turned = ifd.get(ORIENTATION)
    orientation = 1
    if isinstance(turned, Entry) and turned.type == 3:
        orientation = int.from_bytes(turned.value[:2], "little" if order == "<" else "big")
    values = {tag: entry.value for tag, entry in ifd.items() if isinstance(entry, Entry)}
    try:
        photoshop = kept(values.get(_PHOTOSHOP, b""))
        if _IPTC in values:
            photoshop = with_iptc(photoshop, _iptc(ifd[_IPTC], order))
    except ValueError as error:
        photoshop = None
        faults += (f"The TIFF's IPTC/Photoshop block is damaged ({error}) and is left out.",)
    metadata = Metadata(
        icc=values.get(_ICC),
        exif=exif,
        xmp=values.get(_XMP),
        photoshop=photoshop,
        dpi=resolution(ifd, order),
    )
    return metadata, orientation if 1 <= orientation <= 8 else 1, faults


def _pin_maker_note(
    about: Ifd, data: bytes, offset: int, order: Order, big: bool
) -> tuple[str, ...]:
    """Let a maker note keep its offset, for offsets in it may count from the file's beginning.

    Some makers keep values of their notes right behind them: bytes there that nothing else claims
    come along.
    """
    below = about.get(EXIF_IFD)
    note = below.get(MAKER_NOTE) if isinstance(below, dict) else None
    if not isinstance(below, dict) or not isinstance(note, Entry) or len(note.value) <= 4:
        return ()
    spots = _spots(data, offset, order, big)
    notes = (spot.where for spot in spots if spot.tag == MAKER_NOTE)
    where = next(notes, _FARTHEST_NOTE + 1)
    if where > _FARTHEST_NOTE or where % 2:
        return ("The TIFF's maker note had to be moved; some of it may become unreadable.",)
    end = where + len(note.value)
    claimed = [start for spot in spots for start in (spot.entry, spot.where)]
    for spot in spots:
        if spot.tag in _OFFSETS and (width := _WIDTHS.get(spot.type)):
            claimed += np.frombuffer(data, order + width, spot.number, spot.where).tolist()
    following = min((start for start in claimed if start >= end), default=len(data))
    behind = data[end : min(following, end + _FARTHEST_NOTE)]
    below[MAKER_NOTE] = Entry(note.type, note.count, note.value + behind, where)
    return ()


def _spots(data: bytes, offset: int, order: Order, big: bool) -> list[Spot]:
    """Return where the tags of a directory lie, and of the EXIF and GPS directories below it."""
    found: list[Spot] = []
    directories = [offset]
    for directory in directories:
        with suppress(ExifError):
            for spot in entries(data, directory, order, big):
                found.append(spot)
                if spot.tag in (EXIF_IFD, GPS_IFD, INTEROP_IFD) and len(directories) < 4:
                    directories.append(integer(data, spot, order) or 0)
    return found


def _iptc(entry: Entry | Ifd, order: Order) -> bytes:
    """Return IPTC data, which some programs store as integers of the file's byte order."""
    assert isinstance(entry, Entry)
    value = entry.value
    if entry.type == _LONG and value[:1] != b"\x1c" and value[3:4] == b"\x1c":
        value = np.frombuffer(value, np.uint32).byteswap().tobytes()
    return value.rstrip(b"\0") if entry.type == _LONG else value
