"""JPEG 2000, by OpenJPEG through imagecodecs: 8 to 16 bits, lossy or lossless.

The boxes around the codestream are read and written here (ISO/IEC 15444-1, annex I; the marker SIZ
in A.5.1): the library knows neither metadata nor what the channels mean.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

from restore.photo.depth import full_range, rescaled
from restore.photo.formats import Decoded, Format, RefusedError, check_size
from restore.photo.isobmff import Box, boxes, pack_box
from restore.photo.metadata import Metadata
from restore.photo.photo import Photo
from restore.photo.source import Source

__all__ = ["FORMAT"]

_SIGNATURE = pack_box(b"jP  ", b"\r\n\x87\n")
_TYPE = pack_box(b"ftyp", b"jp2 \0\0\0\0jp2 ")
_CODESTREAM = b"\xff\x4f\xff\x51"
_COD, _SOT = 0xFF52, 0xFF90
_REVERSIBLE = 1
_SRGB, _GRAY = 16, 17
_EXIF = b"JpgTiffExif->JP2"
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_INCH = 0.0254
_EXPORT = "Save it as PNG or TIFF in the program that it came from."


@dataclass(frozen=True)
class _Size:
    width: int
    height: int
    channels: int
    bits: int


def decode(data: bytes, max_pixels: int) -> Decoded:
    """Read a JP2 file or a bare codestream: fewer bits than 8 become 8, 9 to 15 become 16.

    Raises:
        RefusedError: It has a palette or colours other than gray and sRGB, channels of different
            sizes, more than 16 bits, or is too large.
    """
    import imagecodecs

    parts: dict[bytes, list[Box]] = {}
    if not data.startswith(_CODESTREAM):
        for box in boxes(data):
            parts.setdefault(box.type, []).append(box)
    (stream,) = parts.get(b"jp2c", [Box(b"", 0, 0, len(data))])[:1]
    codestream = stream.of(data)
    size = _size(codestream, max_pixels)
    header = {box.type: box for part in parts.get(b"jp2h", ()) for box in _inside(data, part)}
    _check_colours(data, header)
    samples = imagecodecs.jpeg2k_decode(codestream)
    if samples.ndim == 2:
        samples = samples[:, :, None]
    if samples.shape != (size.height, size.width, size.channels):
        raise RefusedError("is a JPEG 2000 file of an unusual layout.", _EXPORT)
    source = Source(
        format="JPEG 2000",
        lossless=_is_lossless(codestream),
        bits=size.bits if 8 < size.bits < 16 else 0,
    )
    return Decoded(full_range(samples, 2**size.bits - 1), _metadata(data, parts, header), source)


def encode(photo: Photo, quality: int | None) -> bytes:
    """Write an 8- or 16-bit photo as JP2.

    Without `quality` it is lossless, unless the photo came from a lossy file: then it is written
    at quality 95. A quality of 1 to 100 asks for a PSNR of 25 to 50 dB.
    """
    import imagecodecs

    array, bits = photo.to_array(), 0
    if array.dtype == np.uint16 and 8 < photo.source.bits < 16:
        bits = photo.source.bits
        array = rescaled(array, 65535, 2**bits - 1)
    options: dict[str, Any] = {"level": 0, "reversible": True}
    if quality is not None or not photo.source.lossless:
        options = {"level": 25 + (quality or 95) / 4, "reversible": False}
    if bits:
        options["bitspersample"] = bits
    codestream = imagecodecs.jpeg2k_encode(array, codecformat="j2k", **options)
    return _wrapped(bytes(codestream), photo, bits or array.dtype.itemsize * 8)


def _size(codestream: bytes, max_pixels: int) -> _Size:
    """Read the marker SIZ, which comes first.

    Raises:
        RefusedError: The picture is too large, or its channels are unusual.
    """
    if not codestream.startswith(_CODESTREAM):
        raise ValueError("it has no JPEG 2000 codestream")
    right, lower, left, upper = struct.unpack_from(">4I", codestream, 8)
    (channels,) = struct.unpack_from(">H", codestream, 40)
    width, height = right - left, lower - upper
    check_size(width, height, max_pixels)
    told = [struct.unpack_from(">BBB", codestream, 42 + 3 * i) for i in range(min(channels, 5))]
    depth = told[0][0]
    if channels > 4 or {(depth, 1, 1)} != set(told) or not 1 <= depth + 1 <= 16:
        raise RefusedError("is a JPEG 2000 file with channels that photos do not have.", _EXPORT)
    return _Size(width, height, channels, depth + 1)


def _inside(data: bytes, box: Box) -> list[Box]:
    return list(boxes(data, box.content, box.end))


def _check_colours(data: bytes, header: dict[bytes, Box]) -> None:
    if b"pclr" in header:
        raise RefusedError("is a JPEG 2000 file with a palette.", _EXPORT)
    told = header[b"colr"].of(data) if b"colr" in header else b""
    if told[:1] == b"\1" and struct.unpack_from(">I", told, 3)[0] not in (_SRGB, _GRAY):
        raise RefusedError("is a JPEG 2000 file with colours that are not RGB.", _EXPORT)
    if told[:1] == b"\2" and told[19:23] not in (b"RGB ", b"GRAY"):
        raise RefusedError("is a JPEG 2000 file with colours that are not RGB.", _EXPORT)


def _is_lossless(codestream: bytes) -> bool:
    """Whether the wavelet of its main header is the reversible one.

    A file that was cut off on purpose with that wavelet counts as lossless too.
    """
    at = 2
    while True:
        marker, length = struct.unpack_from(">HH", codestream, at)
        if marker == _COD:
            return codestream[at + 13] == _REVERSIBLE
        if marker == _SOT:
            return False
        at += 2 + length


def _metadata(data: bytes, parts: dict[bytes, list[Box]], header: dict[bytes, Box]) -> Metadata:
    told: dict[str, Any] = {}
    colr = header[b"colr"].of(data) if b"colr" in header else b""
    if colr[:1] in (b"\2", b"\3"):
        told["icc"] = colr[3:]
    for box in parts.get(b"uuid", ()):
        content = box.of(data)
        if content.startswith(_EXIF):
            told["exif"] = content[16:]
        elif content.startswith(_XMP):
            told["xmp"] = content[16:]
    if b"res " in header:
        for box in _inside(data, header[b"res "]):
            if box.type == b"resc":
                told["dpi"] = _dots(box.of(data))
    return Metadata(**told)


def _dots(content: bytes) -> tuple[float, float] | None:
    """Return dots per inch from fractions and powers of ten a metre, the vertical ones first."""
    a, b, c, d, e, f = struct.unpack(">HHHHbb", content)
    if not (a and b and c and d):
        return None
    vertical, horizontal = a / b * 10.0**e, c / d * 10.0**f
    return round(horizontal * _INCH, 2), round(vertical * _INCH, 2)


def _wrapped(codestream: bytes, photo: Photo, bits: int) -> bytes:
    meta = photo.metadata
    width, height = photo.size
    colours = photo.pixels.shape[2]
    channels = colours + (photo.alpha is not None)
    header = pack_box(b"ihdr", struct.pack(">IIHBBBB", height, width, channels, bits - 1, 7, 0, 0))
    if meta.icc:
        header += pack_box(b"colr", b"\2\0\0" + meta.icc)
    else:
        header += pack_box(b"colr", struct.pack(">BBBI", 1, 0, 0, _SRGB if colours > 1 else _GRAY))
    if photo.alpha is not None:
        meanings = [(i, 0, i + 1) for i in range(colours)] + [(colours, 1, 0)]
        told = b"".join(struct.pack(">HHH", *meaning) for meaning in meanings)
        header += pack_box(b"cdef", struct.pack(">H", channels) + told)
    if meta.dpi and max(meta.dpi) < 65535:
        x, y = (min(65535, round(dots / _INCH)) for dots in meta.dpi)
        resolution = struct.pack(">HHHHbb", y, 1, x, 1, 0, 0)
        header += pack_box(b"res ", pack_box(b"resc", resolution))
    body = [_SIGNATURE, _TYPE, pack_box(b"jp2h", header)]
    if meta.exif:
        body.append(pack_box(b"uuid", _EXIF + meta.exif))
    if meta.xmp:
        body.append(pack_box(b"uuid", _XMP + meta.xmp))
    return b"".join([*body, pack_box(b"jp2c", codestream)])


FORMAT = Format(
    "JPEG 2000",
    (".jp2", ".j2k", ".j2c", ".jpf", ".jpx"),
    lambda head: head.startswith((_SIGNATURE, _CODESTREAM)),
    decode,
    encode,
    types=(np.uint8, np.uint16),
    lossy=True,
    carries=frozenset({"icc", "exif", "xmp", "dpi"}),
)
