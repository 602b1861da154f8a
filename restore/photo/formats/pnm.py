"""PBM, PGM, PPM and PAM, read and written here: a short header and bare samples.

The formats are those of Netpbm: the first line of each names it, "P1" to "P7".
"""

from __future__ import annotations

import re

import numpy as np

from restore.photo.depth import full_range, rescaled
from restore.photo.formats import TRUNCATED, Decoded, Format, RefusedError, check_size
from restore.photo.photo import Photo, Pixels
from restore.photo.source import Source

__all__ = ["FORMAT"]

_MAX_HEADER = 1 << 16
_TOKEN = re.compile(rb"(?:\s|#[^\n]*\n)*([^\s#]+)")
_COMMENT = re.compile(rb"#[^\n]*")
_PAM = re.compile(rb"P7\s*\n(.*?)^ENDHDR[^\n]*\n", re.DOTALL | re.MULTILINE)
_BITMAPS, _TEXTS, _ARBITRARY = b"14", b"123", b"7"


def decode(data: bytes, max_pixels: int) -> Decoded:
    """Read a PBM, PGM, PPM or PAM file, as text or binary, over the whole range of its depth.

    Raises:
        RefusedError: It holds several pictures, is cut short or too large.
    """
    kind = data[1:2]
    if kind == _ARBITRARY:
        width, height, channels, top, start = _pam_header(data)
    else:
        needed = 2 if kind in _BITMAPS else 3
        (width, height, *rest), start = _numbers(data, needed)
        channels, top = 3 if kind in b"36" else 1, rest[0] if rest else 1
    check_size(width, height, max_pixels)
    if channels not in (1, 2, 3, 4) or not 1 <= top <= 65535:
        raise RefusedError("is a Netpbm file of an unusual kind.", "Convert it to PNG first.")
    count = width * height * channels
    if kind in _TEXTS:
        samples = _words(data[start:], count, top, bitmap=kind in _BITMAPS)
    elif kind in _BITMAPS:
        samples = _bits(data, start, width, height)
    else:
        samples = _numbers_of(data, start, count, np.dtype(np.uint8 if top < 256 else ">u2"))
    if kind in _BITMAPS:
        samples = 1 - samples
    samples = samples.astype(np.uint8 if top < 256 else np.uint16, copy=False)
    samples = full_range(samples.reshape(height, width, channels), top)
    deep = 255 < top < 65535 and (top & (top + 1)) == 0
    return Decoded(samples, source=Source(format="PNM", bits=top.bit_length() if deep else 0))


def encode(photo: Photo, quality: int | None) -> bytes:
    """Write an 8- or 16-bit photo without alpha as binary PGM (gray) or PPM (RGB)."""
    del quality
    array, top = photo.pixels, int(np.iinfo(photo.pixels.dtype).max)
    if array.dtype == np.uint16 and 8 < photo.source.bits < 16:
        top = 2**photo.source.bits - 1
        array = rescaled(array, 65535, top)
    width, height = photo.size
    kind = "P5" if array.shape[2] == 1 else "P6"
    samples = array.astype(array.dtype.newbyteorder(">"), copy=False)
    return f"{kind}\n{width} {height}\n{top}\n".encode("ascii") + samples.tobytes()


def _numbers(data: bytes, needed: int) -> tuple[list[int], int]:
    """Return the numbers of a header and where the samples begin, one white space behind them."""
    found, position = [], 2
    head = data[:_MAX_HEADER]
    for _ in range(needed):
        match = _TOKEN.match(head, position)
        if match is None or not match[1].isdigit() or len(match[1]) > 9:
            raise ValueError("its header makes no sense")
        found.append(int(match[1]))
        position = match.end()
    return found, position + 1


def _pam_header(data: bytes) -> tuple[int, int, int, int, int]:
    match = _PAM.match(data[:_MAX_HEADER])
    if match is None:
        raise ValueError("its header makes no sense")
    lines = (line.split(None, 1) for line in match[1].splitlines())
    told = {line[0]: line[1] for line in lines if len(line) == 2}
    width, height, depth, top = (
        int(told[name]) for name in (b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL")
    )
    return width, height, depth, top, match.end()


def _numbers_of(data: bytes, start: int, count: int, dtype: np.dtype[np.generic]) -> Pixels:
    end = start + count * dtype.itemsize
    _check_end(len(data), end, data[end : end + 2])
    native: Pixels = np.frombuffer(data, dtype, count, start).astype(dtype.newbyteorder("="))
    return native


def _bits(data: bytes, start: int, width: int, height: int) -> Pixels:
    row = (width + 7) // 8
    end = start + row * height
    _check_end(len(data), end, data[end : end + 2])
    rows = np.frombuffer(data, np.uint8, row * height, start).reshape(height, row)
    return np.unpackbits(rows, axis=1, count=width)


def _check_end(size: int, end: int, behind: bytes) -> None:
    if size < end:
        raise RefusedError("is a Netpbm file whose picture ends too early.", TRUNCATED)
    if behind[:1] == b"P" and behind[1:].isdigit():
        raise RefusedError(
            "holds several pictures.", "Save the one that you want as a file of its own."
        )


def _words(text: bytes, count: int, top: int, *, bitmap: bool) -> Pixels:
    """Return samples that are written as numbers; the digits of a bitmap may touch."""
    if len(text) < count:
        raise RefusedError("is a Netpbm file whose picture ends too early.", TRUNCATED)
    text = _COMMENT.sub(b"", text)
    values: Pixels
    if bitmap:
        digits = np.frombuffer(text, np.uint8)
        values = digits[(digits == ord("0")) | (digits == ord("1"))] - np.uint8(ord("0"))
    else:
        values = np.array(text.split(None, count)[:count], dtype=np.uint32)
        if values.max(initial=0) > top:
            raise ValueError("a sample is larger than its header allows")
    if len(values) < count:
        raise RefusedError("is a Netpbm file whose picture ends too early.", TRUNCATED)
    return values[:count]


FORMAT = Format(
    "PNM",
    (".ppm", ".pgm", ".pbm", ".pnm", ".pam"),
    lambda head: re.match(rb"P[1-7][\s#]", head) is not None,
    decode,
    encode,
    types=(np.uint8, np.uint16),
    alpha=False,
    carries=frozenset(),
)
