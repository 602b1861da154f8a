"""Pictures and metadata that the tests of photos share."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6" '
    b'dc:title="\xc3\xa9t\xc3\xa9"/></x:xmpmeta>'
)


def picture(height: int, width: int, channels: int, dtype: Any, seed: int = 0) -> np.ndarray:
    """Return smooth values with a little noise, in the full range of `dtype`."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    waves = [np.sin(x / (5 + c) + c) * np.cos(y / (7 + c)) for c in range(channels)]
    values = np.stack(waves, axis=-1) / 2 + 0.5 + rng.normal(0, 0.02, (height, width, channels))
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return (values * 1.5 - 0.25).astype(dtype)
    top = np.iinfo(dtype).max
    return np.rint(np.clip(values, 0, 1) * top).astype(dtype)


def exif_block(orientation: int | None = None, endian: str = "<") -> bytes:
    """Return an EXIF block, in TIFF form, with camera, exposure, position and maker note."""
    exif = Image.Exif()
    exif.endian = endian
    exif[271] = "Camera maker"
    exif[306] = "2020:02:29 12:34:56"
    exif[282], exif[283], exif[296] = 240.0, 240.0, 2
    if orientation is not None:
        exif[274] = orientation
    below = exif.get_ifd(34665)
    below[33434] = 0.004
    below[36867] = "2020:02:29 12:34:56"
    below[37500] = bytes(range(200))
    exif.get_ifd(34853)[1] = "N"
    exif.get_ifd(34853)[2] = (48.0, 51.0, 29.5)
    return exif.tobytes().removeprefix(b"Exif\0\0")


def profile(channels: int = 3) -> bytes:
    """Return an sRGB profile, or a gray one of gamma 2.2 (ICC.1, 7.2, 8.3, 10.6 and 10.31)."""
    if channels > 2:
        data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        return data[:24] + bytes(12) + data[36:]  # without the date
    white = struct.pack(">3i", 63190, 65536, 54061)
    name = b"desc\0\0\0\0\0\0\0\5Gray\0" + bytes(79)
    tags = {b"cprt": b"text\0\0\0\0none\0\0\0\0", b"desc": name}
    tags |= {b"kTRC": b"curv\0\0\0\0\0\0\0\1\2\x33\0\0", b"wtpt": b"XYZ " + bytes(4) + white}
    at, table, body = 132 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for tag, value in tags.items():
        table += struct.pack(">4sII", tag, at + len(body), len(value))
        body += value
    head = struct.pack(
        ">I4xI4s4s4s12x4s", at + len(body), 0x02400000, b"mntr", b"GRAY", b"XYZ ", b"acsp"
    )
    return head.ljust(68, b"\0") + white + bytes(48) + table + body


@pytest.fixture(scope="session")
def icc() -> bytes:
    """Return an sRGB profile."""
    return profile()
