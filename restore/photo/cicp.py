"""Colour spaces that a file names by numbers (ITU-T H.273), as the ICC profiles that say the same.

A photo carries its colour space as a profile. AVIF, HEIC, JPEG XL and OpenEXR can name one instead:
primaries and a transfer curve. ICC.1:2022 (version 4): sections 7, 8.3, 10.6, 10.15, 10.18, 10.31.
"""

from __future__ import annotations

import struct
from functools import cache
from typing import TypeAlias

import numpy as np

__all__ = ["LINEAR", "SRGB", "Chromaticities", "profile"]

Chromaticities: TypeAlias = tuple[float, float, float, float, float, float, float, float]
"""x and y of red, green, blue and white."""

LINEAR, SRGB = 8, 13
"""Code points of transfer curves."""

_REC709, _UNSPECIFIED = 1, 2
_D65 = (0.3127, 0.3290)
_PRIMARIES: dict[int, Chromaticities] = {
    _REC709: (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, *_D65),
    4: (0.67, 0.33, 0.21, 0.71, 0.14, 0.08, 0.310, 0.316),
    5: (0.64, 0.33, 0.29, 0.60, 0.15, 0.06, *_D65),
    6: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *_D65),
    7: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *_D65),
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *_D65),
    11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *_D65),
}
_NAMES = {_REC709: "Rec. 709", 9: "Rec. 2020", 11: "DCI-P3", 12: "Display P3"}
_REC709_LIKE = (1, 6, 14, 15)
_USUAL = (_UNSPECIFIED, SRGB, *_REC709_LIKE)
"""With the primaries of sRGB these are shown as sRGB by every browser."""

_D50 = (0.9642, 1.0, 0.8249)
_BRADFORD = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
_SAMPLES = 4096


@cache
def profile(
    primaries: int | Chromaticities, transfer: int | float, *, gray: bool = False
) -> bytes | None:
    """Return the ICC profile of a colour space.

    Args:
        primaries: Code point, or the chromaticities themselves.
        transfer: Code point; a float is the exponent from coded to linear values.
        gray: For pictures of one channel.

    Returns:
        None for sRGB, which needs no profile, and for what is not specified.

    Raises:
        ValueError: The numbers stand for no colour space of photos.
    """
    if isinstance(primaries, tuple):
        for code, known in _PRIMARIES.items():
            if known == primaries:
                primaries = code
                break
    if primaries in (_REC709, _UNSPECIFIED) and not isinstance(transfer, float):
        if transfer in _USUAL:
            return None
        primaries = _REC709
    xy = _PRIMARIES.get(primaries) if isinstance(primaries, int) else primaries
    if xy is None:
        raise ValueError(f"unknown colour primaries {primaries}")
    curve = _curve(SRGB if transfer == _UNSPECIFIED else transfer)
    name = _NAMES.get(primaries, "") if isinstance(primaries, int) else ""
    tags = {
        b"desc": _text(f"{name or 'Colour space'}, transfer {transfer:g}".strip()),
        b"cprt": _text("No copyright"),
        b"wtpt": _xyz(_D50),
    }
    if gray:
        tags[b"kTRC"] = curve
    else:
        columns, adaptation = _matrices(xy)
        for letter, column in zip((b"r", b"g", b"b"), columns.T, strict=True):
            tags[letter + b"XYZ"] = _xyz(column)
            tags[letter + b"TRC"] = curve
        tags[b"chad"] = b"sf32" + bytes(4) + _fixed(adaptation.ravel())
    return _assembled(tags, b"GRAY" if gray else b"RGB ")


def _curve(transfer: int | float) -> bytes:
    if isinstance(transfer, float):
        return _parametric(0, transfer)
    if transfer == LINEAR:
        return _parametric(0, 1.0)
    if transfer == SRGB:
        return _parametric(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    if transfer in _REC709_LIKE:
        return _parametric(3, 1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081)
    if gamma := {4: 2.2, 5: 2.8, 17: 2.6}.get(transfer):
        return _parametric(0, gamma)
    coded = np.linspace(0, 1, _SAMPLES)
    if transfer == 16:
        # Perceptual quantiser, SMPTE ST 2084, relative to 10,000 cd/m².
        root = coded ** (32 / 2523)
        linear = (np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (8192 / 1305)
    elif transfer == 18:
        # Hybrid log-gamma, ARIB STD-B67, of the scene.
        a, b, c = 0.17883277, 0.28466892, 0.55991073
        linear = np.where(coded <= 0.5, coded**2 / 3, (np.exp((coded - c) / a) + b) / 12)
    else:
        raise ValueError(f"unknown transfer curve {transfer}")
    values = np.rint(np.clip(linear, 0, 1) * 65535).astype(">u2")
    return b"curv" + bytes(4) + struct.pack(">I", _SAMPLES) + values.tobytes()


def _matrices(xy: Chromaticities) -> tuple[np.ndarray, np.ndarray]:
    """Return the XYZ of red, green and blue as columns, seen under D50, and the adaptation."""
    red, green, blue, white = (
        np.array([x / y, 1, (1 - x - y) / y])
        for x, y in zip(xy[::2], xy[1::2], strict=True)
        if y > 0
    )
    bradford = np.array(_BRADFORD)
    gains = (bradford @ np.array(_D50)) / (bradford @ white)
    adaptation = np.linalg.inv(bradford) @ np.diag(gains) @ bradford
    columns = np.stack([red, green, blue], axis=1)
    return adaptation @ (columns * np.linalg.solve(columns, white)), adaptation


def _parametric(kind: int, *values: float) -> bytes:
    return b"para" + bytes(4) + struct.pack(">HH", kind, 0) + _fixed(values)


def _fixed(values: object) -> bytes:
    return bytes(np.rint(np.asarray(values) * 65536).astype(">i4").tobytes())


def _xyz(values: object) -> bytes:
    return b"XYZ " + bytes(4) + _fixed(values)


def _text(text: str) -> bytes:
    coded = text.encode("utf-16-be")
    head = struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(coded), 28)
    return b"mluc" + bytes(4) + head + coded


def _assembled(tags: dict[bytes, bytes], space: bytes) -> bytes:
    at = 128 + 4 + 12 * len(tags)
    table, body, placed = [struct.pack(">I", len(tags))], b"", {}
    for name, value in tags.items():
        if value not in placed:
            placed[value] = at + len(body)
            body += value + bytes(-len(value) % 4)
        table.append(struct.pack(">4sII", name, placed[value], len(value)))
    head = struct.pack(
        ">I4xI4s4s4s12x4s", at + len(body), 0x04400000, b"mntr", space, b"XYZ ", b"acsp"
    )
    return head.ljust(68, b"\0") + _fixed(_D50).ljust(60, b"\0") + b"".join(table) + body
