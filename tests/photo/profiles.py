"""ICC profiles for tests, made number by number or by littleCMS."""

from __future__ import annotations

import struct
from itertools import product

import imagecodecs
import numpy as np

D50, D65 = (0.3457, 0.3585), (0.3127, 0.3290)
WIDE = {
    "Display P3": {
        "whitepoint": D65,
        "primaries": (0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
        "gamma": 2.2,
    },
    "Adobe RGB": {
        "whitepoint": D65,
        "primaries": (0.64, 0.33, 0.21, 0.71, 0.15, 0.06),
        "gamma": 2.2,
    },
    "ProPhoto": {
        "whitepoint": D50,
        "primaries": (0.7347, 0.2653, 0.1596, 0.8404, 0.0366, 0.0001),
        "gamma": 1.8,
    },
}


def wide(name: str) -> bytes:
    """Return a profile of one of the `WIDE` spaces."""
    return imagecodecs.cms_profile("rgb", **WIDE[name])


def cmyk() -> bytes:
    """Return a profile of four inks: a table of two levels each (ICC.1:2001, section 6.5.7)."""
    lab = []
    for c, m, y, k in product((0, 1), repeat=4):
        light = (100 - 45 * c - 52 * m - 11 * y) * (1 - 0.85 * k)
        a = (-35 * c + 74 * m - 5 * y) * (1 - k)
        b = (-50 * c - 3 * m + 93 * y) * (1 - k)
        lab += [round(max(light, 0) * 2.55), round(a) + 128]
        lab += [round(b) + 128]
    lab = [min(max(number, 0), 255) for number in lab]
    curve = bytes(range(256))
    identity = struct.pack(">9i", *(65536 * (i % 4 == 0) for i in range(9)))
    table = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + identity + curve * 4 + bytes(lab) + curve * 3
    text = b"text" + bytes(4) + b"test\0"
    description = b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(78)
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    tags = {b"desc": description, b"cprt": text, b"wtpt": white, b"A2B0": table}
    directory, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        directory += struct.pack(">4sII", name, start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    header = struct.pack(">I4sI", start + len(body), b"lcms", 0x02400000) + b"prtrCMYKLab "
    header += struct.pack(">6H", 2000, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    header += struct.pack(">3i", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + directory + body


def linear_table(points: int, bend: float = 0.0) -> bytes:
    """Return an RGB profile whose curves are tables of y = x, bent in the middle."""
    x = np.linspace(0, 1, points)
    y = np.rint((x + bend * x * (1 - x)) * 65535).astype(">u2")
    curve = b"curv" + struct.pack(">II", 0, points) + y.tobytes()
    directory, start = struct.pack(">I", 3), 128 + 4 + 36
    for name in (b"rTRC", b"gTRC", b"bTRC"):
        directory += struct.pack(">4sII", name, start, len(curve))
    return bytes(16) + b"RGB " + bytes(108) + directory + curve
