"""Whether a profile says no more than that a photo is sRGB, or sRGB in linear light."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from restore.photo import cicp
from restore.photo.photo import Pixels

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["is_linear_srgb", "is_srgb"]

_LEVELS = 6
_CLOSE = 1


def is_srgb(icc: bytes) -> bool:
    """Whether colours under the profile look as sRGB would, to one step of 8 bits."""
    picture = _lattice(icc)
    expected = np.asarray(picture.convert("RGB")).astype(int)
    return _differ(_seen(icc, picture), expected) <= _CLOSE


def is_linear_srgb(icc: bytes) -> bool:
    """Whether the profile is that of linear light with the primaries of sRGB."""
    picture = _lattice(icc)
    linear = cicp.profile(1, cicp.LINEAR, gray=picture.mode == "L")
    assert linear is not None
    return _differ(_seen(icc, picture), _seen(linear, picture)) <= _CLOSE


def _lattice(icc: bytes) -> Image:
    """Return a picture of colours from all over the space of a profile."""
    from PIL import Image

    if icc[16:20] == b"GRAY":
        return Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    levels = np.linspace(0, 255, _LEVELS).astype(np.uint8)
    return Image.fromarray(np.stack(np.meshgrid(levels, levels, levels), -1).reshape(1, -1, 3))


def _seen(icc: bytes, picture: Image) -> Pixels | None:
    """Return how a picture looks in sRGB under a profile, or None if the profile is damaged."""
    from PIL import ImageCms

    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        srgb = ImageCms.createProfile("sRGB")
        seen = ImageCms.profileToProfile(picture, profile, srgb, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
    return np.asarray(seen).astype(int)


def _differ(a: Pixels | None, b: Pixels | None) -> float:
    return float("inf") if a is None or b is None else float(abs(a - b).max())
