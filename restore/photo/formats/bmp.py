"""BMP, read by Pillow and written here: 8 bits; a profile and alpha in the header of version 5.

Microsoft's BITMAPINFOHEADER and BITMAPV5HEADER.
"""

from __future__ import annotations

import io
import struct

import numpy as np

from restore.photo.formats import TRUNCATED, Decoded, Format, RefusedError, check_size
from restore.photo.metadata import Metadata
from restore.photo.photo import Photo, Pixels
from restore.photo.source import Source

__all__ = ["FORMAT"]

MAX_SIDE = 1 << 20
_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)
_FILE, _INFO, _V5 = 14, 40, 124
_UNCOMPRESSED = (0, 3, 6)
_MASKED = 3
_EMBEDDED = b"DEBM"
_SRGB = b"BGRs"
_INCH = 0.0254


def decode(data: bytes, max_pixels: int) -> Decoded:
    """Read a BMP file: palettes are expanded, gray ones to gray.

    Raises:
        RefusedError: It is cut short or too large.
    """
    from PIL.BmpImagePlugin import BmpImageFile

    (header,) = struct.unpack_from("<I", data, _FILE)
    if header == 12:
        width, height, _, depth = struct.unpack_from("<HHHH", data, _FILE + 4)
        compression = 0
    else:
        width, height, _, depth, compression = struct.unpack_from("<iiHHI", data, _FILE + 4)
    check_size(width, abs(height), max_pixels)
    row = (width * depth + 31) // 32 * 4
    (start,) = struct.unpack_from("<I", data, 10)
    if compression in _UNCOMPRESSED and len(data) < start + row * abs(height):
        raise RefusedError("is a BMP whose picture ends too early.", TRUNCATED)
    if (depth, compression) == (24, 0):
        rows = np.frombuffer(data, np.uint8, row * abs(height), start).reshape(abs(height), row)
        samples = _plain(rows[::-1] if height > 0 else rows, width)
        return Decoded(samples, _metadata(data, header), Source(format="BMP"))
    image = BmpImageFile(io.BytesIO(data))
    picture = image.convert("L" if image.mode == "1" else "RGB") if image.mode in "1P" else image
    samples = np.array(picture)
    if samples.ndim == 2:
        samples = samples[:, :, None]
    return Decoded(samples, _metadata(data, header), Source(format="BMP"))


def _plain(rows: Pixels, width: int) -> Pixels:
    """Return rows of 24-bit pixels, blue first, from the top, as (H, W, 3)."""
    bgr = rows[:, : 3 * width].reshape(len(rows), width, 3)
    samples = np.empty_like(bgr, order="C")
    for c in range(3):
        samples[:, :, c] = bgr[:, :, 2 - c]
    return samples


def encode(photo: Photo, quality: int | None) -> bytes:
    """Write an 8-bit photo as BMP; gray with alpha becomes RGB with alpha."""
    del quality
    meta = photo.metadata
    pixels = photo.pixels
    planes = [pixels[:, :, c] for c in reversed(range(pixels.shape[2]))]
    if photo.alpha is not None:
        planes = [*(planes * 3)[:3], photo.alpha]
    (height, width), channels = pixels.shape[:2], len(planes)
    rows = np.zeros((height, (width * channels + 3) // 4 * 4), np.uint8)
    samples = rows[:, : width * channels].reshape(height, width, channels)  # a view
    for c, plane in enumerate(planes):
        samples[:, :, c] = plane[::-1]
    palette = b"".join(bytes((i, i, i, 0)) for i in range(256)) if channels == 1 else b""
    size = _V5 if channels == 4 or meta.icc else _INFO
    start = _FILE + size + len(palette)
    profile = meta.icc or b""
    x, y = (round(dots / _INCH) for dots in meta.dpi or (0.0, 0.0))
    header = struct.pack(
        "<IiiHHIIiiII",
        *(size, width, height, 1, 8 * channels, _MASKED if channels == 4 else 0, rows.nbytes),
        *(min(x, 2**31 - 1), min(y, 2**31 - 1), 256 if palette else 0, 0),
    )
    if size == _V5:
        masks = (0xFF0000, 0xFF00, 0xFF, 0xFF000000) if channels == 4 else (0, 0, 0, 0)
        place = start - _FILE + rows.nbytes if profile else 0
        header += struct.pack("<IIII4s", *masks, _EMBEDDED if profile else _SRGB)
        header += bytes(48) + struct.pack("<IIII", 4, place, len(profile), 0)
    end = start + rows.nbytes + len(profile)
    front = struct.pack("<2sIHHI", b"BM", end, 0, 0, start)
    return b"".join([front, header, palette, rows.data, profile])


def _metadata(data: bytes, header: int) -> Metadata:
    icc = None
    if header == _V5 and data[_FILE + 56 : _FILE + 60] == _EMBEDDED:
        place, size = struct.unpack_from("<II", data, _FILE + 112)
        icc = data[_FILE + place : _FILE + place + size] or None
    dpi = None
    if header >= _INFO:
        x, y = struct.unpack_from("<ii", data, _FILE + 24)
        if x > 0 and y > 0:
            dpi = round(x * _INCH, 2), round(y * _INCH, 2)
    return Metadata(icc=icc, dpi=dpi)


def _recognises(head: bytes) -> bool:
    return head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _HEADERS


FORMAT = Format(
    "BMP",
    (".bmp", ".dib"),
    _recognises,
    decode,
    encode,
    max_side=MAX_SIDE,
    carries=frozenset({"icc", "dpi"}),
)
