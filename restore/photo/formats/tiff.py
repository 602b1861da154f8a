"""TIFF, read by tifffile: any layout and compression of one picture."""

from __future__ import annotations

import io
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, BinaryIO

import numpy as np

from restore.photo.depth import full_range
from restore.photo.formats import (
    TRUNCATED,
    Decoded,
    Format,
    Header,
    RefusedError,
    Stored,
    check_size,
)
from restore.photo.formats.tiff_metadata import metadata_of
from restore.photo.formats.tiff_rows import rows_of
from restore.photo.formats.tiff_samples import depth_of, to_rgb, told_peak
from restore.photo.formats.tiff_write import encode, encode_strips
from restore.photo.photo import Pixels
from restore.photo.source import Source

__all__ = ["FORMAT"]

_DNG = 50706
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _CMYK, _YCBCR = 0, 1, 2, 3, 5, 6
_CIELAB, _ICCLAB = 8, 9
_UNUSABLE = {10: "ITULab", 32803: "camera raw"}
_CHANNELS = {0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 6: 3, 8: 3, 9: 3}
_PLAIN = (_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _YCBCR)
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
        metadata, orientation, faults = metadata_of(data, page.offset, bool(file.is_bigtiff))
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


def header(file: BinaryIO) -> Header:
    """Read the header of a TIFF file: of its largest page."""
    import tifffile

    with tifffile.TiffFile(file) as tiff:
        pages: list[Any] = list(islice(tiff.pages, _MAX_PAGES))
        page = max(pages, key=lambda page: page.imagewidth * page.imagelength)
        size, channels = (page.imagewidth, page.imagelength), min(page.samplesperpixel, 4)
        if int(page.photometric) == _PALETTE:
            return Header(size, 3, np.uint16)
        if page.dtype == np.uint8 or page.dtype == np.bool_:
            return Header(size, channels)
        return Header(size, channels, np.float32 if page.dtype.kind == "f" else np.uint16)


@contextmanager
def open_strips(file: BinaryIO, max_pixels: int) -> Iterator[Stored | None]:
    """Open a TIFF file of one picture to read it in strips; None if it has to be read whole.

    Raises:
        RefusedError: As `decode`, but for what is wrong with the pixels themselves.
    """
    import tifffile

    with tifffile.TiffFile(file) as tiff:
        data: Any
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            page = _page(tiff, data, None)
            check_size(page.imagewidth, page.imagelength, max_pixels)
            _check_kind(page)
            _check_data(page, len(data))
            metadata, orientation, faults = metadata_of(data, page.offset, bool(tiff.is_bigtiff))
        if not _tells_rows_apart(page):
            yield None
            return
        samples = rows_of(page)
        bits, _ = depth_of(samples.read(0, 1), page)
        yield Stored(
            (page.imagewidth, page.imagelength),
            lambda first, last: _expand(samples.read(first, last), page, 2 ** (bits or 16) - 1),
            metadata,
            Source(format="TIFF", lossless=int(page.compression) in _LOSSLESS, bits=bits),
            orientation,
            tuple(map(int, page.extrasamples)) == (_PREMULTIPLIED,),
            faults,
        )


def _tells_rows_apart(page: Any) -> bool:
    """Whether a row can be understood without all others, and without its profile."""
    return int(page.photometric) in _PLAIN and not told_peak(page)


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
        samples = full_range(samples, white)
    if kind == _WHITE_IS_ZERO:
        samples = np.concatenate([~samples[:, :, :1], samples[:, :, 1:]], axis=2)
    return samples


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
    header=header,
    open_strips=open_strips,
    encode_strips=encode_strips,
)
