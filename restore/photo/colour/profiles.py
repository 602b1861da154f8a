"""ICC profiles: what the toolkit asks of one, and those that it attaches (ICC.1:2022)."""

from __future__ import annotations

import struct
from functools import cache

__all__ = ["adobe_rgb", "is_intact", "is_linear", "linear_gray", "linear_srgb", "prophoto", "space"]

_CURVES = (b"rTRC", b"gTRC", b"bTRC", b"kTRC")
_TOLERANCE = 1 / 4096
_CREATED = slice(24, 36)
_MOST_TAGS = 200
_MOST_POINTS = 2**16
_HEADER = 132


def space(icc: bytes | None) -> str:
    """Return the colour space of a profile's device side, such as "RGB", "GRAY" or "CMYK"."""
    return icc[16:20].decode("latin-1").strip() if icc else ""


def is_intact(icc: bytes) -> bool:
    """Whether bytes begin as every profile does (sections 7.2.11 and 7.3): with its signature."""
    return len(icc) >= _HEADER and icc[36:40] == b"acsp"


def is_linear(icc: bytes | None) -> bool:
    """Whether a gray or RGB profile says that values are proportional to light."""
    if not icc:
        return False
    try:
        curves = [data for name, data in _tags(icc) if name in _CURVES]
        return bool(curves) and all(_is_straight(curve) for curve in curves)
    except struct.error:
        return False


def _tags(icc: bytes) -> list[tuple[bytes, bytes]]:
    """Return name and data of each tag (section 7.3)."""
    (count,) = struct.unpack_from(">I", icc, 128)
    found = []
    for i in range(min(count, _MOST_TAGS)):
        name, offset, size = struct.unpack_from(">4sII", icc, 132 + 12 * i)
        found.append((name, icc[offset : offset + size]))
    return found


def _is_straight(curve: bytes) -> bool:
    """Whether a curve (sections 10.6 and 10.18) is y = x."""
    if curve.startswith(b"para"):
        kind, gamma = struct.unpack_from(">H2xi", curve, 8)
        return bool(kind == 0 and abs(gamma / 65536 - 1) < _TOLERANCE)
    if not curve.startswith(b"curv"):
        return False
    (count,) = struct.unpack_from(">I", curve, 8)
    if count == 0:
        return True
    if count == 1:
        (gamma,) = struct.unpack_from(">H", curve, 12)
        return bool(abs(gamma / 256 - 1) < _TOLERANCE)
    if count > _MOST_POINTS:  # no profile has so many; they would take long
        return False
    points = struct.unpack_from(f">{count}H", curve, 12)
    return all(abs(y / 65535 - i / (count - 1)) < _TOLERANCE for i, y in enumerate(points))


@cache
def adobe_rgb() -> bytes:
    """Return a profile of Adobe RGB (1998), which has nearly all that printing inks can show."""
    import imagecodecs

    return _undated(imagecodecs.cms_profile("adobergb"))


@cache
def prophoto() -> bytes:
    """Return a profile of ProPhoto RGB (ROMM RGB, ISO 22028-2, with its plain gamma of 1.8).

    Nearly all colours that there are lie in it; it needs 16 bits.
    """
    import imagecodecs

    primaries = (0.7347, 0.2653, 0.1596, 0.8404, 0.0366, 0.0001)
    white = (0.3457, 0.3585)
    return _undated(
        imagecodecs.cms_profile("rgb", whitepoint=white, primaries=primaries, gamma=1.8)
    )


@cache
def linear_srgb() -> bytes:
    """Return a profile of linear light in the primaries of sRGB (ITU-R BT.709)."""
    import imagecodecs

    primaries = (0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
    white = (0.3127, 0.3290)
    return _undated(
        imagecodecs.cms_profile("rgb", whitepoint=white, primaries=primaries, gamma=1.0)
    )


@cache
def linear_gray() -> bytes:
    """Return a profile of linear light without colour."""
    import imagecodecs

    return _undated(imagecodecs.cms_profile("gray", whitepoint=(0.3127, 0.3290), gamma=1.0))


def _undated(icc: bytes) -> bytes:
    """Return a profile that is the same whenever it is made."""
    blank = bytearray(icc)
    blank[_CREATED] = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
    return bytes(blank)
