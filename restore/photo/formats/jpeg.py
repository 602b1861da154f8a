"""JPEG, by Pillow: its quantisation tables are kept, so that writing never costs more quality."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from restore.photo.colour.conversion import cmyk_to_rgb
from restore.photo.colour.gain_map import attached, find, is_mpf, unmarked
from restore.photo.exif import PREFIX
from restore.photo.formats import TRUNCATED, Decoded, Format, Header, RefusedError, check_size
from restore.photo.jpeg_segments import (
    is_adobe,
    metadata_segments,
    read_metadata,
    split,
    with_segments,
    without_metadata,
)
from restore.photo.photo import Photo, Pixels
from restore.photo.source import Source

if TYPE_CHECKING:
    from PIL.JpegImagePlugin import JpegImageFile

__all__ = ["FORMAT"]

MAX_SIDE = 65500
_SUBSAMPLING = {
    (1, 1): "4:4:4",
    (2, 1): "4:2:2",
    (2, 2): "4:2:0",
    (1, 2): "4:4:0",
    (4, 1): "4:1:1",
    (4, 2): "4:1:0",
}
_WRITABLE = ("4:4:4", "4:2:2", "4:2:0")


def decode(data: bytes, max_pixels: int) -> Decoded:
    """Read a JPEG file, gray or colour; CMYK is converted to RGB, which is noted.

    Raises:
        RefusedError: It is cut short, too large, or of unknown colours.
    """
    from PIL.JpegImagePlugin import JpegImageFile

    segments, rest = split(data)
    bare = without_metadata(segments, rest)
    image = JpegImageFile(io.BytesIO(bare))
    check_size(*image.size, max_pixels)
    if image.mode not in ("L", "RGB", "CMYK"):
        raise RefusedError(f"is a JPEG of unknown colours ({image.mode}).", "Convert it to RGB.")
    samples = np.array(image)
    if samples.ndim == 2:
        samples = samples[:, :, None]
    if _ends_in_filler(samples) and _is_incomplete(bare):
        raise RefusedError("is a damaged JPEG: its picture data end too early.", TRUNCATED)
    gain_map = find(data, segments, image.size)
    metadata, faults = read_metadata(s for s in segments if gain_map is None or not is_mpf(s))
    if gain_map is None:
        metadata = replace(metadata, xmp=unmarked(metadata.xmp))
    if image.mode == "CMYK":
        # Pillow takes all inks for inverted, as Adobe's programs write them.
        inks = samples if any(is_adobe(segment) for segment in segments) else 255 - samples
        samples, icc, note = cmyk_to_rgb(inks, metadata.icc)
        source = Source(format="JPEG", lossless=False)
        return Decoded(samples, replace(metadata, icc=icc), source, notes=(note,), faults=faults)
    source = Source(
        format="JPEG",
        lossless=False,
        jpeg_tables=_tables(image),
        jpeg_subsampling=_subsampling(image),
    )
    return Decoded(samples, metadata, source, gain_map=gain_map, faults=faults)


def decode_reduced(data: bytes, side: int, max_pixels: int) -> Decoded | None:
    """Read a JPEG file, gray or colour, at 1/2, 1/4 or 1/8 of its size, by the low frequencies."""
    from PIL.JpegImagePlugin import JpegImageFile

    segments, rest = split(data)
    image = JpegImageFile(io.BytesIO(without_metadata(segments, rest)))
    check_size(*image.size, max_pixels)
    if image.mode not in ("L", "RGB"):
        return None
    longest = max(image.size)
    image.draft(None, (side * image.width // longest, side * image.height // longest))
    samples = np.array(image)
    if samples.ndim == 2:
        samples = samples[:, :, None]
    metadata, faults = read_metadata(segments)
    return Decoded(samples, metadata, Source(format="JPEG", lossless=False), faults=faults)


def header(file: BinaryIO) -> Header:
    """Read the header of a JPEG file."""
    from PIL.JpegImagePlugin import JpegImageFile

    image = JpegImageFile(file)
    return Header(image.size, len(image.getbands()))


def encode(photo: Photo, quality: int | None) -> bytes:
    """Write an 8-bit photo without alpha as JPEG.

    Without `quality`, a photo that came from a JPEG keeps its tables and subsampling; any other is
    written at quality 95 without subsampling.
    """
    from PIL import Image

    source, meta = photo.source, photo.metadata
    options: dict[str, Any] = {"quality": 95, "subsampling": "4:4:4"}
    if quality is not None:
        options["quality"] = quality
    elif source.jpeg_tables:
        subsampling = source.jpeg_subsampling
        options = {
            "qtables": [list(table) for table in source.jpeg_tables[: photo.pixels.shape[2]]],
            "subsampling": subsampling if subsampling in _WRITABLE else "4:4:4",
        }
    if meta.icc:
        options["icc_profile"] = meta.icc
    if meta.dpi and max(meta.dpi) < 65535.5:
        options["dpi"] = meta.dpi
    pixels = photo.pixels
    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    file = io.BytesIO()
    image.save(file, "JPEG", optimize=True, **options)
    written = with_segments(file.getvalue(), metadata_segments(meta))
    return attached(written, photo.gain_map) if photo.gain_map else written


def _tables(image: JpegImageFile) -> tuple[tuple[int, ...], ...]:
    """Return the tables of the components in order; one for Cb and Cr if they are the same."""
    tables = [tuple(image.quantization[layer[3]]) for layer in image.layer]
    if len(tables) == 3 and tables[1] == tables[2]:
        tables.pop()
    return tuple(tables)


def _subsampling(image: JpegImageFile) -> str:
    if len(image.layer) != 3:
        return ""
    (_, h, v, _), *chroma = image.layer
    if {layer[1:3] for layer in chroma} != {(1, 1)}:
        return "other" if {layer[1:3] for layer in chroma} != {(h, v)} else "4:4:4"
    return _SUBSAMPLING.get((h, v), "other")


def _ends_in_filler(samples: Pixels) -> bool:
    """Whether the last 8×8 block is the mid-gray that decoders put where data are missing."""
    height, width = (side % 8 or 8 for side in samples.shape[:2])
    return bool((samples[-height:, -width:] == 128).all())


def _is_incomplete(data: bytes) -> bool:
    """Whether a strict parser, which reads every coefficient, finds the file cut short.

    It costs several times the decoding, so it is only asked about a suspicious file.
    """
    import imagecodecs

    if not imagecodecs.JPEGXL.available:
        return False
    try:
        imagecodecs.jpegxl_encode_jpeg(data)
    except imagecodecs.JpegxlError:
        return True
    return False


FORMAT = Format(
    "JPEG",
    (".jpg", ".jpeg", ".jpe", ".jfif"),
    lambda head: head.startswith(b"\xff\xd8\xff"),
    decode,
    encode,
    lossy=True,
    alpha=False,
    gain_maps=True,
    max_side=MAX_SIDE,
    header=header,
    decode_reduced=decode_reduced,
    carries=frozenset({"icc", "exif", "xmp", "photoshop", "comment", "dpi"}),
    max_block=65533 - len(PREFIX),
)
