"""JPEG XL, by libjxl through imagecodecs: 8 to 16 bits and floats, lossy or lossless."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from restore.errors import WriteError
from restore.photo import cicp
from restore.photo.depth import full_range, halved, rescaled
from restore.photo.exif import resolution_block
from restore.photo.formats import TRUNCATED, Decoded, Format, RefusedError, check_finite, check_size
from restore.photo.isobmff import Box, boxes, pack_box
from restore.photo.jxl_header import Header, read_header, with_transfer
from restore.photo.metadata import Metadata
from restore.photo.photo import Photo, Pixels
from restore.photo.source import Source
from restore.photo.srgb import is_linear_srgb, is_srgb

__all__ = ["FORMAT"]

_CODESTREAM = b"\xff\x0a"
_SIGNATURE = pack_box(b"JXL ", b"\r\n\x87\n")
_TYPE = pack_box(b"ftyp", b"jxl \0\0\0\0jxl ")
_MAX_METADATA = 1 << 26
_EFFORT = 3
"""Without loss; more takes ten times as long and saves a fiftieth."""
_EXPORT = "Save it as PNG or TIFF in the program that it came from."


def decode(data: bytes, max_pixels: int) -> Decoded:
    """Read a JPEG XL file: 9 to 15 bits become 16, half floats 32, gray stays gray.

    A colour space that the file names becomes a profile that says the same.

    Raises:
        RefusedError: It is animated, has a compressed profile, which the library does not give, or
            premultiplied or further channels, or is too large.
    """
    import imagecodecs

    parts = [] if data.startswith(_CODESTREAM) else list(boxes(data))
    header = read_header(_first_codestream(data, parts))
    check_size(header.width, header.height, max_pixels)
    _check(header)
    samples = imagecodecs.jpegxl_decode(data, 0, keeporientation=True)
    if samples.ndim == 2:
        samples = samples[:, :, None]
    if samples.shape[:2] != (header.height, header.width):
        raise RefusedError("is a JPEG XL file of another size than it claims.", TRUNCATED)
    if samples.dtype.kind == "f":
        samples = check_finite(samples.astype(np.float32))
    else:
        samples = full_range(samples, 2**header.bits - 1)
    lossless = not header.converted and not any(box.type == b"jbrd" for box in parts)
    source = Source(format="JPEG XL", lossless=lossless, bits=_told(header, samples.dtype))
    metadata, faults = _metadata(data, parts, header)
    return Decoded(samples, metadata, source, header.orientation, faults=faults)


def encode(photo: Photo, quality: int | None) -> bytes:
    """Write a photo as JPEG XL at its own depth.

    Without `quality` it is lossless, unless the photo came from a lossy file: then it is written
    at quality 95.

    Raises:
        WriteError: It has a profile other than sRGB, or linear sRGB in more than 8 bits; the
            library cannot be given one.
    """
    import imagecodecs

    meta, array = photo.metadata, photo.to_array()
    deep = array.dtype != np.uint8
    linear = deep and meta.icc is not None and is_linear_srgb(meta.icc)
    if meta.icc and not linear and not is_srgb(meta.icc):
        raise WriteError(
            "JPEG XL cannot be given the photo's colour profile.",
            "Write AVIF, PNG, TIFF or WebP, which keep it.",
        )
    lossless = quality is None and photo.source.lossless
    options: dict[str, Any] = {"lossless": True, "effort": _EFFORT} if lossless else {}
    if not lossless:
        options["distance"] = _distance(quality or 95)
        array = _light(array, photo.alpha is not None) if deep and not linear else array
    bits = photo.source.bits
    if array.dtype == np.uint16 and 8 < bits < 16:
        options["bitspersample"] = bits
        array = rescaled(array, 65535, 2**bits - 1)
    elif array.dtype == np.float32 and bits == 16:
        array = halved(array)
    picture = bytes(imagecodecs.jpegxl_encode(array, **options))
    if deep and not linear:
        picture = _named_srgb(picture)
    return _with_metadata(picture, meta)


def _told(header: Header, dtype: np.dtype[Any]) -> int:
    """Return the bits of the file where the photo has more, else 0."""
    full = dtype.itemsize * 8
    return header.bits if 8 < header.bits < full else 0


def _distance(quality: int) -> float:
    """Return libjxl's measure of loss for a quality like JPEG's, as its own tools do."""
    if quality >= 30:
        return 0.1 + (100 - quality) * 0.09
    return 53 / 3000 * quality**2 - 23 / 20 * quality + 25


def _light(array: Pixels, has_alpha: bool) -> Pixels:
    """Return deep pixels as linear light, which is what the library takes them for.

    Told that they are sRGB afterwards, a decoder encodes them again.
    """
    top = 1.0 if array.dtype.kind == "f" else 65535.0
    values = array.astype(np.float64) / top
    size = abs(values)
    light = np.copysign(
        np.where(size <= 0.04045, size / 12.92, ((size + 0.055) / 1.055) ** 2.4), values
    )
    if has_alpha:
        light[:, :, -1] = values[:, :, -1]
    light *= top
    return (light if top == 1 else np.rint(light)).astype(array.dtype)


def _named_srgb(data: bytes) -> bytes:
    """Return a file whose pixels are said to be sRGB; the library calls deep ones linear."""
    if data.startswith(_CODESTREAM):
        return with_transfer(data, cicp.SRGB)
    box = next(box for box in boxes(data) if box.type == b"jxlc")
    return data[: box.content] + with_transfer(box.of(data), cicp.SRGB) + data[box.end :]


def _check(header: Header) -> None:
    if header.animated:
        raise RefusedError(
            "is an animated JPEG XL.", "Save the frame that you want as a picture of its own."
        )
    if header.has_icc:
        raise RefusedError("is a JPEG XL with a colour profile that cannot be read.", _EXPORT)
    if header.premultiplied or header.extra:
        raise RefusedError("is a JPEG XL with channels that photos do not have.", _EXPORT)
    if not header.floats and header.bits > 16:
        raise RefusedError(f"is a JPEG XL of {header.bits} bits.", _EXPORT)


def _first_codestream(data: bytes, parts: list[Box]) -> bytes:
    if not parts:
        return data[: 1 << 16]
    for box in parts:
        if box.type == b"jxlc":
            return data[box.content : min(box.end, box.content + (1 << 16))]
        if box.type == b"jxlp":
            return data[box.content + 4 : min(box.end, box.content + (1 << 16))]
    raise ValueError("it has no JPEG XL codestream")


def _metadata(data: bytes, parts: list[Box], header: Header) -> tuple[Metadata, tuple[str, ...]]:
    """Return the metadata, and a sentence on each part that is left out."""
    found: dict[bytes, bytes] = {}
    faults = []
    for box in parts:
        try:
            kind, content = box.type, box.of(data)
            if kind == b"brob":
                kind = content[:4]
                content = _inflated(content[4:]) if kind in (b"Exif", b"xml ") else b""
            if kind == b"Exif":
                (skip,) = struct.unpack_from(">I", content)
                content = content[4 + skip :]
            found.setdefault(kind, content)
        except (RuntimeError, ValueError, struct.error) as error:
            faults.append(f"Metadata of the file are damaged ({error}) and are left out.")
    icc = None
    try:
        icc = cicp.profile(header.primaries, header.transfer, gray=header.gray)
    except ValueError as error:
        faults.append(f"The file names a colour space that is not known ({error}); it is left out.")
    exif, xmp = found.get(b"Exif"), found.get(b"xml ")
    return Metadata(icc=icc, exif=exif or None, xmp=xmp or None), tuple(faults)


def _inflated(content: bytes) -> bytes:
    import imagecodecs

    return bytes(imagecodecs.brotli_decode(content, out=_MAX_METADATA))


def _with_metadata(data: bytes, meta: Metadata) -> bytes:
    """Return the file with boxes for EXIF and XMP before its codestream."""
    exif = meta.exif or resolution_block(meta.dpi)
    added = pack_box(b"Exif", bytes(4) + exif) if exif else b""
    if meta.xmp:
        added += pack_box(b"xml ", meta.xmp)
    if not added:
        return data
    if data.startswith(_CODESTREAM):
        return _SIGNATURE + _TYPE + added + pack_box(b"jxlc", data)
    first = next(box for box in boxes(data) if box.type in (b"jxlc", b"jxlp"))
    return data[: first.start] + added + data[first.start :]


FORMAT = Format(
    "JPEG XL",
    (".jxl",),
    lambda head: head.startswith((_CODESTREAM, _SIGNATURE)),
    decode,
    encode,
    types=(np.uint8, np.uint16, np.float32),
    lossy=True,
)
