"""The photos that actions are tried on: small, noisy, and the same every time."""

from __future__ import annotations

from typing import Any

import numpy as np

from restore.photo import Metadata, Photo, Pixels
from restore.photo.depth import from_unit

__all__ = ["extremes", "layered", "sample", "scratched", "spots"]

SIZE = (48, 40)
"""Width and height of the photo that most checks use."""
NOISE = 0.06
"""Standard deviation of its noise, in [0, 1] units."""


def sample(size: tuple[int, int] = SIZE, channels: int = 3, dtype: Any = np.uint8) -> Photo:
    """Return a photo of a slope, an edge and fine stripes, with noise; floats lie in [0, 1].

    Args:
        size: Width and height.
        channels: 1 (gray) or 3 (RGB).
        dtype: uint8, uint16 or float32.
    """
    width, height = size
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    scene = np.stack(
        [
            0.3 + 0.4 * columns / max(width, 2),
            np.where(rows > height / 2, 0.7, 0.35),
            0.5 + 0.15 * np.sin(columns / 2),
        ],
        axis=2,
    )
    noise = NOISE * np.random.default_rng(0).standard_normal(scene.shape)
    values = (scene + noise).astype(np.float32).clip(0.02, 0.98)[:, :, :channels]
    return Photo(from_unit(np.ascontiguousarray(values), np.dtype(dtype)))


def layered(hidden: int = 0) -> Photo:
    """Return a photo of 8 bits with alpha (clear, soft and opaque parts) and metadata.

    Args:
        hidden: The colour of what cannot be seen.
    """
    photo = sample()
    width, height = photo.size
    ramp = np.linspace(-100, 355, width).clip(0, 255).astype(np.uint8)
    alpha = np.ascontiguousarray(np.broadcast_to(ramp, (height, width)))
    pixels = np.where(alpha[:, :, None] == 0, np.uint8(hidden), photo.pixels)
    metadata = Metadata(exif=b"II*\0\x08\0\0\0\0\0\0\0\0\0", dpi=(300.0, 300.0))
    return Photo(pixels, alpha, metadata)


def scratched() -> Photo:
    """Return the usual photo with two white scratches, for actions that look for damage."""
    pixels = sample().pixels.copy()
    pixels[:, SIZE[0] // 3] = 255
    pixels[SIZE[1] // 2, 5:-5] = 250
    return Photo(pixels)


def extremes() -> dict[str, Photo]:
    """Return photos that arithmetic often stumbles over, each with its name."""
    width, height = SIZE
    shape = (height, width, 3)
    spark = np.full(shape, 0.2, np.float32)
    spark[height // 2, width // 2] = 1
    return {
        "a black photo": Photo(np.zeros(shape, np.uint8)),
        "a white photo": Photo(np.full(shape, 255, np.uint8)),
        "a photo of one gray": Photo(np.full(shape, 0.5, np.float32)),
        "a single bright pixel": Photo(spark),
        "floats below 0 and above 1": Photo(sample(dtype=np.float32).pixels * 2 - np.float32(0.4)),
    }


def spots(size: tuple[int, int] = SIZE) -> Pixels:
    """Return a mask (H, W) with a spot and a scratch, and never all of it where there is room."""
    width, height = size
    mask = np.zeros((height, width), bool)
    mask[height // 4 : height // 4 + max(height // 8, 1), : width // 4 + 1] = True
    mask[height // 2 :, width // 2] = True
    if mask.all() and mask.size > 1:
        mask[0, 0] = False
    return mask
