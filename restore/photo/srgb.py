"""Whether a profile says no more than that a photo is sRGB."""

from __future__ import annotations

import io

import numpy as np

__all__ = ["is_srgb"]

_LEVELS = 6
_CLOSE = 1


def is_srgb(icc: bytes) -> bool:
    """Whether colours under the profile look as sRGB would, to one step of 8 bits."""
    from PIL import Image, ImageCms

    gray = icc[16:20] == b"GRAY"
    levels = np.linspace(0, 255, 256 if gray else _LEVELS).astype(np.uint8)
    lattice = levels[None] if gray else np.stack(np.meshgrid(levels, levels, levels), -1)
    picture = Image.fromarray(lattice if gray else lattice.reshape(1, -1, 3))
    try:
        seen = ImageCms.profileToProfile(
            picture,
            ImageCms.ImageCmsProfile(io.BytesIO(icc)),
            ImageCms.createProfile("sRGB"),
            outputMode="RGB",
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return False
    assert seen is not None
    change = np.asarray(seen).astype(int) - np.asarray(picture.convert("RGB"))
    return bool(abs(change).max() <= _CLOSE)
