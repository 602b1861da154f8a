"""OpenEXR, by the library of its makers: half and full floats, light and not its encoding.

The attributes and the table of chunks are read here first (OpenEXR file layout), because the
library takes memory for all that a header claims.
"""

from __future__ import annotations

import io
import logging
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

from restore.photo import cicp
from restore.photo.depth import halved
from restore.photo.formats import (
    TRUNCATED,
    Decoded,
    Format,
    RefusedError,
    check_finite,
    check_size,
)
from restore.photo.metadata import Metadata
from restore.photo.photo import Photo, Pixels
from restore.photo.source import Source

__all__ = ["FORMAT"]

log = logging.getLogger("restore")

_MAGIC = b"v/1\x01"
_DEEP, _SEVERAL = 0x800, 0x1000
_LOSSY = (5, 6, 7, 8, 9)
_PLANES = ({"Y"}, {"Y", "A"}, {"R", "G", "B"}, {"R", "G", "B", "A"})
_ORDER = ("Y", "R", "G", "B", "A")
_MAX_ATTRIBUTES = 1000
_REC709 = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)
_EXPORT = "Save the picture that you want as an EXR of its own, with channels R, G and B."


def decode(data: bytes, max_pixels: int) -> Decoded:
    """Read an OpenEXR file of gray (Y) or RGB, with or without alpha; half floats become 32 bits.

    Primaries other than those of sRGB become a profile.

    Raises:
        RefusedError: It has several parts, layers or deep pixels, holds NaN or infinity, is cut
            short or too large.
    """
    import OpenEXR

    (flags,) = struct.unpack_from("<I", data, 4)
    if flags & (_DEEP | _SEVERAL):
        raise RefusedError("is an EXR of several parts or deep pixels.", _EXPORT)
    attributes = _attributes(data)
    left, upper, right, lower = struct.unpack("<4i", attributes[b"dataWindow"])
    width, height = right - left + 1, lower - upper + 1
    check_size(width, height, max_pixels)
    channels = OpenEXR.File(io.BytesIO(data), separate_channels=True).channels()
    if set(channels) not in _PLANES:
        names = ", ".join(sorted(channels)) or "none"
        raise RefusedError(f"is an EXR with other channels than photos have: {names}.", _EXPORT)
    planes = [channels[name].pixels for name in _ORDER if name in channels]
    if any(p is None or p.shape != (height, width) or p.dtype.kind != "f" for p in planes):
        raise RefusedError("is an EXR whose picture is damaged or of an unusual kind.", TRUNCATED)
    source = Source(
        format="OpenEXR",
        lossless=attributes[b"compression"][0] not in _LOSSY,
        bits=16 if all(plane.dtype == np.float16 for plane in planes) else 0,
    )
    return Decoded(
        check_finite(np.stack(planes, axis=2).astype(np.float32)),
        _metadata(attributes, gray="Y" in channels),
        source,
        orientation=1,
        transfer="linear",
        premultiplied="A" in channels,
    )


def encode(photo: Photo, quality: int | None) -> bytes:
    """Write a photo of floats as OpenEXR, half floats if its source had them."""
    import OpenEXR

    del quality
    samples: Pixels = photo.pixels
    if photo.alpha is not None:
        samples = np.concatenate([samples, photo.alpha[:, :, None]], axis=2)
    if photo.source.bits == 16:
        samples = halved(samples)
    names = ("Y",) if photo.pixels.shape[2] == 1 else ("R", "G", "B")
    planes = {
        name: np.ascontiguousarray(samples[:, :, i])
        for i, name in enumerate((*names, "A"))
        if i < samples.shape[2]
    }
    header: dict[str, Any] = {
        "compression": OpenEXR.ZIP_COMPRESSION,
        "type": OpenEXR.scanlineimage,
    }
    if photo.metadata.dpi:
        header["xDensity"] = float(photo.metadata.dpi[0])
    if photo.metadata.icc and (xy := cicp.chromaticities(photo.metadata.icc)):
        header["chromaticities"] = xy
    elif photo.metadata.icc and len(names) > 1:
        log.warning("OpenEXR cannot hold the ICC profile, which has no primaries.")
    file = io.BytesIO()
    OpenEXR.File(header, planes).write(file)
    return file.getvalue()


def _attributes(data: bytes) -> dict[bytes, bytes]:
    """Return the values of the attributes by name.

    Raises:
        EOFError: The file ends within them.
    """
    found: dict[bytes, bytes] = {}
    at = 8
    for _ in range(_MAX_ATTRIBUTES):
        if data[at : at + 1] == b"\0":
            return found
        name, kind, _ = data[at : at + 512].split(b"\0", 2)
        at += len(name) + len(kind) + 2
        (size,) = struct.unpack_from("<I", data, at)
        found[name] = data[at + 4 : at + 4 + size]
        at += 4 + size
    raise EOFError("the file ends within its header")


def _metadata(attributes: Mapping[bytes, bytes], *, gray: bool) -> Metadata:
    dpi = None
    if len(told := attributes.get(b"xDensity", b"")) == 4:
        (dots,) = struct.unpack("<f", told)
        dpi = (float(dots), float(dots)) if np.isfinite(dots) and dots > 0 else None
    icc = None
    if len(told := attributes.get(b"chromaticities", b"")) == 32:
        xy = tuple(round(value, 4) for value in struct.unpack("<8f", told))
        if not gray and max(abs(a - b) for a, b in zip(xy, _REC709, strict=True)) > 0.001:
            icc = cicp.profile(xy, cicp.LINEAR)
    return Metadata(icc=icc, dpi=dpi)


FORMAT = Format(
    "OpenEXR",
    (".exr",),
    lambda head: head.startswith(_MAGIC),
    decode,
    encode,
    types=(np.float32,),
    premultiplied=True,
    linear=True,
    carries=frozenset({"icc", "dpi"}),
    library="OpenEXR",
    install="restore[exr]",
)
