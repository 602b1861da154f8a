"""TIFF, read by tifffile: any layout and compression of one picture."""

from __future__ import annotations

import io
import logging
from typing import Any

import numpy as np

from restore.photo.depth import rescaled
from restore.photo.exif import (
    DESCRIPTIVE,
    EXIF_IFD,
    MAKER_NOTE,
    ORIENTATION,
    RESOLUTION,
    Entry,
    Ifd,
    Order,
    byte_order,
    entries,
    integer,
    pack_block,
    read_ifd,
    resolution,
)
from restore.photo.formats import TRUNCATED, Decoded, Format, RefusedError, check_size
from restore.photo.formats.tiff_samples import depth_of, to_rgb
from restore.photo.formats.tiff_write import encode
from restore.photo.metadata import Metadata
from restore.photo.metadata.photoshop import kept, with_iptc
from restore.photo.photo import Pixels, Source

__all__ = ["FORMAT"]

log = logging.getLogger("restore")

_ICC, _XMP, _IPTC, _PHOTOSHOP, _DNG = 34675, 700, 33723, 34377, 50706
_LONG = 4
_FARTHEST_NOTE = 1 << 15
"""The largest offset at which a maker note is kept where it was."""

_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _CMYK, _YCBCR = 0, 1, 2, 3, 5, 6
_CIELAB, _ICCLAB = 8, 9
_UNUSABLE = {10: "ITULab", 32803: "camera raw"}
_CHANNELS = {0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 6: 3, 8: 3, 9: 3}
_PREMULTIPLIED = 1
_LOSSLESS = frozenset((1, 2, 3, 4, 5, 8, 32773, 32946, 34925, 50000))
_JPEG = (6, 7)
_INK_SET = 332
_WHITE = 2**16 - 1
_MAX_PAGES = 10_000
_REDUCED = 1
_CANON = b"CR"
_CHOOSE = "Choose one: --page 1 on the command line, read(path, page=1) in Python."
_EXPORT = "Export it from an image editor as a plain 8- or 16-bit RGB TIFF or PNG."


def decode(data: bytes, max_pixels: int) -> Decoded:
    """Read a TIFF file of one picture; see `decode_page`.

    Raises:
        RefusedError: It holds several pages or layers; and as `decode_page` does.
    """
    return decode_page(data, max_pixels, None)


def decode_page(data: bytes, max_pixels: int, number: int | None) -> Decoded:
    """Read one page of a TIFF file; smaller versions of a page beside it do not count.

    8, 16 and 32 bits are kept; 1 to 4 bits and palettes are expanded. 9 to 15 bits, packed or in
    16, become 16, and half floats 32, which loses nothing: the source remembers. CMYK and Lab are
    converted to RGB, which is noted.
    The EXIF block is put together from the file's directories, value by value.

    Args:
        data: The file.
        max_pixels: Width times height that is refused beyond.
        number: Of the page, from 1; None if there has to be only one.

    Raises:
        RefusedError: There is no such page, it is not gray or RGB, has other numbers than these, is
            cut short or too large.
    """
    import tifffile

    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page = _page(file, data, number)
        check_size(page.imagewidth, page.imagelength, max_pixels)
        _check_kind(page)
        _check_data(page, len(data))
        samples = page.asarray()
        if page.axes == "SYX":
            samples = np.moveaxis(samples, 0, -1)
        if samples.ndim == 2:
            samples = samples[:, :, None]
        if samples.shape[:2] != (page.imagelength, page.imagewidth):
            raise RefusedError("is a TIFF of an unusual layout.", _EXPORT)
        bits, peak = depth_of(samples, page)
        samples = _expand(samples, page, peak or 2 ** (bits or 16) - 1)
        metadata, orientation, faults = _metadata(data, page.offset, bool(file.is_bigtiff))
        lossless = int(page.compression) in _LOSSLESS
        source = Source(format="TIFF", lossless=lossless, bits=bits, peak=peak)
        extra = tuple(map(int, page.extrasamples))
        samples, metadata, notes = to_rgb(samples, page, metadata)
    return Decoded(
        samples,
        metadata,
        source,
        orientation,
        premultiplied=extra == (_PREMULTIPLIED,),
        notes=notes,
        faults=faults,
    )


def _page(file: Any, data: bytes, number: int | None) -> Any:
    """Return a full-size page: of this number, or the only one."""
    pages = []
    for page in file.pages:
        if _DNG in page.tags or data[8:10] == _CANON:
            raise RefusedError(
                "is a camera raw file.",
                "Install what develops it: pip install 'restore[raw]'; or save a 16-bit TIFF.",
            )
        if not int(page.subfiletype or 0) & _REDUCED:
            pages.append(page)
        if len(pages) == (number or _MAX_PAGES):
            break
    if not pages:
        raise RefusedError("holds no full-size picture.", _EXPORT)
    if number is not None and len(pages) < number:
        raise RefusedError(f"has no page {number}; it holds {_counted(pages)}.", _CHOOSE)
    if number is None and len(pages) > 1:
        raise RefusedError(f"holds {_counted(pages)}.", _CHOOSE)
    return pages[-1]


def _counted(pages: list[Any]) -> str:
    if len(pages) == 1:
        return "one page"
    return f"{len(pages)}{' or more' if len(pages) == _MAX_PAGES else ''} pages"


def _check_kind(page: Any) -> None:
    kind, bits = int(page.photometric), page.bitspersample
    if kind in _UNUSABLE:
        raise RefusedError(f"is a TIFF in {_UNUSABLE[kind]} colours.", "Convert it to RGB first.")
    colours = _CHANNELS.get(kind)
    if colours is None or (kind == _YCBCR and int(page.compression) not in _JPEG):
        raise RefusedError("is a TIFF with an unusual colour space.", _EXPORT)
    if page.imagedepth != 1 or page.samplesperpixel not in (colours, colours + 1):
        raise RefusedError("is a TIFF with an unusual number of channels.", _EXPORT)
    if kind == _PALETTE and page.samplesperpixel != 1:
        raise RefusedError("is a TIFF with a palette and transparency.", _EXPORT)
    if kind == _CMYK and int(page.tags.valueof(_INK_SET, default=1)) != 1:
        raise RefusedError("is a TIFF of other inks than CMYK.", _EXPORT)
    floats = page.sampleformat == 3 and kind in (_BLACK_IS_ZERO, _RGB)
    signed = page.sampleformat == 2 and kind in (_CIELAB, _ICCLAB) and bits in (8, 16)
    small = page.samplesperpixel == 1 and bits in (1, 2, 4)
    if page.dtype is None or not (
        floats or signed or (page.sampleformat in (1, None) and (8 <= bits <= 16 or small))
    ):
        raise RefusedError(
            f"is a TIFF with {bits}-bit numbers of a kind that photos do not have.", _EXPORT
        )


def _check_data(page: Any, size: int) -> None:
    """Refuse a file in which a strip or tile is missing: it would come out blank."""
    offsets, counts = page.dataoffsets, page.databytecounts
    expected = int(np.prod(page.chunked))
    if len(offsets) < expected or len(counts) < expected:
        raise RefusedError("is a damaged TIFF: parts of the picture are missing.", TRUNCATED)
    for offset, count in zip(offsets, counts, strict=False):
        if offset <= 0 or count <= 0 or offset + count > size:
            raise RefusedError("is a damaged TIFF: parts of the picture are missing.", TRUNCATED)


def _expand(samples: Pixels, page: Any, white: int) -> Pixels:
    """Return black-is-zero gray or RGB, of 8, 16 or 32 bits."""
    kind, bits = int(page.photometric), page.bitspersample
    if samples.dtype.kind == "f":
        samples = samples.astype(np.float32)
        if not np.isfinite(samples).all():
            raise RefusedError("holds values that are not finite (NaN or infinity).", _EXPORT)
    if kind == _PALETTE:
        palette = np.asarray(page.colormap).T
        fine = (palette % 257).any() and (palette % 256).any()
        palette = palette if fine else (palette >> 8).astype(np.uint8)
        return np.ascontiguousarray(palette[samples[:, :, 0]])
    if bits < 8:
        samples = samples.astype(np.uint8) * np.uint8(255 // (2**bits - 1))
    if samples.dtype == np.uint16 and white < _WHITE:
        samples = rescaled(samples, white, _WHITE)
    if kind == _WHITE_IS_ZERO:
        samples = np.concatenate([~samples[:, :, :1], samples[:, :, 1:]], axis=2)
    return samples


def _metadata(data: bytes, offset: int, big: bool) -> tuple[Metadata, int, tuple[str, ...]]:
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
    """Let a maker note keep its offset, for offsets in it may count from the file's beginning."""
    below = about.get(EXIF_IFD)
    note = below.get(MAKER_NOTE) if isinstance(below, dict) else None
    if not isinstance(below, dict) or not isinstance(note, Entry) or len(note.value) <= 4:
        return ()
    pointer = next(s for s in entries(data, offset, order, big) if s.tag == EXIF_IFD)
    exif = integer(data, pointer, order) or 0
    where = next(s.where for s in entries(data, exif, order, big) if s.tag == MAKER_NOTE)
    if where > _FARTHEST_NOTE or where % 2:
        return ("The TIFF's maker note had to be moved; some of it may become unreadable.",)
    below[MAKER_NOTE] = Entry(note.type, note.count, note.value, where)
    return ()


def _iptc(entry: Entry | Ifd, order: Order) -> bytes:
    """Return IPTC data, which some programs store as integers of the file's byte order."""
    assert isinstance(entry, Entry)
    value = entry.value
    if entry.type == _LONG and value[:1] != b"\x1c" and value[3:4] == b"\x1c":
        value = np.frombuffer(value, np.uint32).byteswap().tobytes()
    return value.rstrip(b"\0") if entry.type == _LONG else value


FORMAT = Format(
    "TIFF",
    (".tif", ".tiff"),
    lambda head: head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    decode,
    encode,
    types=(np.uint8, np.uint16, np.float32),
    premultiplied=True,
    carries=frozenset({"icc", "exif", "xmp", "photoshop", "dpi"}),
    decode_page=decode_page,
)
