"""Bytes of pixels: what Krita has, and what travels to the worker.

Krita keeps integer colours as blue, green, red, alpha, and floats as red, green, blue, alpha; the
worker takes either order. Half floats do not travel: they become floats, and again half floats.
There is no numpy here. Everything may run on any thread, and works in small pieces, between which
another thread of Python may go on.
"""

from __future__ import annotations

import struct
from array import array

__all__ = [
    "CHANNELS",
    "DTYPES",
    "SIZES",
    "as_screen",
    "floats_of",
    "halves_of",
    "joined",
    "order_of",
]

CHANNELS = {"RGBA": 3, "GRAYA": 1}
"""Colours of the models that travel as they are; alpha is not counted."""

DTYPES = {"U8": "u8", "U16": "u16", "F16": "f32", "F32": "f32"}
SIZES = {"U8": 1, "U16": 2, "F16": 2, "F32": 4}
"""Bytes of one value in Krita."""

_SLICE = 1 << 15
_MOST = 65504.0
"""The largest half float."""


def order_of(model, depth):
    """Return the order of the colours in Krita's bytes."""
    return "bgr" if model == "RGBA" and depth in ("U8", "U16") else "rgb"


def joined(strips):
    """Return the bytes of all strips, one after another."""
    whole = bytearray()
    for strip in strips:
        whole += memoryview(strip)
    return whole


def floats_of(halves):
    """Return 32-bit floats with the values of 16-bit ones, exactly.

    Args:
        halves: Bytes, little-endian, two a value.
    """
    halves = memoryview(halves).cast("B")
    floats = bytearray()
    for at in range(0, len(halves), 2 * _SLICE):
        part = bytes(halves[at : at + 2 * _SLICE])
        low, high = part[0::2], part[1::2]
        if high.translate(None, _PLAIN) and _has_odd_ones(low, high):
            floats += array("f", struct.unpack("<%de" % len(low), part)).tobytes()
            continue
        made = bytearray(4 * len(low))
        made[1::4] = low.translate(_LOW_TO_1)
        third = int.from_bytes(high.translate(_HIGH_TO_2), "little")
        third |= int.from_bytes(low.translate(_LOW_TO_2), "little")
        made[2::4] = third.to_bytes(len(low), "little")
        made[3::4] = high.translate(_HIGH_TO_3)
        floats += made
    return floats


def halves_of(floats):
    """Return 16-bit floats nearest to 32-bit ones; what is too large becomes the largest.

    Args:
        floats: Bytes, little-endian, four a value.
    """
    floats = memoryview(floats).cast("B").cast("f")
    halves = bytearray()
    for at in range(0, len(floats), _SLICE):
        part = floats[at : at + _SLICE]
        try:
            halves += struct.pack("<%de" % len(part), *part)
        except OverflowError:
            within = [max(-_MOST, min(value, _MOST)) for value in part]
            halves += struct.pack("<%de" % len(part), *within)
    return halves


def as_screen(image):
    """Return a small image as blue, green, red, alpha of 8 bits, to be shown.

    Args:
        image: The client's `Image`.
    """
    values = image.channels + image.alpha
    if image.dtype == "u8":
        levels = bytes(image.data)
    elif image.dtype == "u16":
        levels = bytes(image.data)[1::2]
    else:
        power = 1 / 2.2 if image.transfer == "linear" else 1.0
        data = memoryview(image.data).cast("B").cast("f")
        levels = bytearray(int(255 * min(max(v, 0.0), 1.0) ** power + 0.5) for v in data)
        if image.alpha:
            levels[values - 1 :: values] = bytes(
                int(255 * min(max(v, 0.0), 1.0) + 0.5) for v in data[values - 1 :: values]
            )
    places = (0, 0, 0) if image.channels == 1 else (2, 1, 0)
    if image.order == "bgr" and image.channels == 3:
        places = (0, 1, 2)
    shown = bytearray(b"\xff" * (4 * image.width * image.height))
    for channel, place in enumerate(places):
        shown[channel::4] = levels[place::values]
    if image.alpha:
        shown[3::4] = levels[values - 1 :: values]
    return bytes(shown)


# A half float is s eeeee mmmmmmmmmm, a float s eeeeeeee mmmmmmmmmm0000000000000 with 112 more in
# its exponent. Unless it is below the smallest normal number, infinite or no number at all, each
# byte of the float follows from one byte of the half, or from two whose bits do not overlap.


def _exponent(high):
    exponent = (high >> 2) & 31
    return exponent + 112 if exponent else 0


_HIGH_TO_3 = bytes((h & 0x80) | (_exponent(h) >> 1) for h in range(256))
_HIGH_TO_2 = bytes((_exponent(h) & 1) << 7 | (h & 3) << 5 for h in range(256))
_LOW_TO_2 = bytes(low >> 3 for low in range(256))
_LOW_TO_1 = bytes((low & 7) << 5 for low in range(256))
_PLAIN = bytes(h for h in range(256) if 0 < (h >> 2) & 31 < 31)
_ODD = bytes(1 if (h >> 2) & 31 == 31 or ((h >> 2) & 31 == 0 and h & 3) else 0 for h in range(256))
_ZERO = bytes(0xFF if (h >> 2) & 31 == 0 else 0 for h in range(256))


def _has_odd_ones(low, high):
    """Whether there is a number that is not normal, other than zero."""
    if any(high.translate(_ODD)):
        return True
    zeros = int.from_bytes(high.translate(_ZERO), "little")
    return bool(zeros & int.from_bytes(low, "little"))
