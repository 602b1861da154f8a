"""Raw planes to photos and back: nothing is lost, whatever the depth or the order."""

from __future__ import annotations

from typing import Any

import numpy as np

from restore.photo import Photo, Pixels
from restore.photo.metadata import Metadata
from restore.worker.wire import ImageHeader, RunHeader

__all__ = ["SPREAD", "as_gray", "mask_of", "photo_of", "plane", "planes_of"]

SPREAD = 0.1
"""Standard deviation that is white in a plane of uncertainty."""


def photo_of(header: RunHeader, payload: memoryview) -> Photo:
    """Return the photo that a request holds; it may share the payload's memory.

    Args:
        header: What the payload holds.
        payload: As long as the header says.
    """
    image = header.image
    stack = np.frombuffer(payload[: image.bytes], image.numbers)
    stack = stack.reshape(image.height, image.width, image.values)
    pixels = stack
    if not _as_in_a_photo(image):
        pixels = np.empty((image.height, image.width, image.channels), image.numbers)
        for channel, place in enumerate(_places(image)):
            pixels[:, :, channel] = stack[:, :, place]
    return Photo(
        pixels,
        alpha=stack[:, :, -1].copy() if image.alpha else None,
        metadata=Metadata(icc=bytes(payload[len(payload) - header.icc :]) or None),
        transfer=image.transfer,
        origin=image.origin,
    )


def mask_of(header: RunHeader, payload: memoryview) -> Pixels | None:
    """Return the mask of a request, (H, W) bool; None if it has none."""
    if not header.mask:
        return None
    image = header.image
    marks = np.frombuffer(payload[image.bytes : image.bytes + image.pixels], np.uint8)
    return marks.reshape(image.height, image.width) >= 128


def planes_of(photo: Photo, like: ImageHeader) -> tuple[ImageHeader, Pixels]:
    """Return a result's header and pixels, laid as those that came in.

    Args:
        photo: With the depth, channels and alpha of what came in; its size may be another.
        like: The header of what came in.
    """
    width, height = photo.size
    stack = photo.pixels
    if not _as_in_a_photo(like):
        stack = np.empty((height, width, like.values), like.numbers)
        for channel, place in enumerate(_places(like)):
            stack[:, :, place] = photo.pixels[:, :, channel]
    if like.alpha:
        stack[:, :, -1] = photo.alpha
    made = {"width": width, "height": height, "origin": photo.origin}
    return like.model_copy(update=made), stack


def as_gray(sigma: Pixels) -> Pixels:
    """Return standard deviations (H, W, C) as a gray plane of bytes, 255 being `SPREAD`.

    Of colours it is the root mean square.
    """
    gray = np.sqrt(np.square(sigma).mean(axis=2)) / SPREAD
    levels: Pixels = (gray.clip(0, 1) * 255).round().astype(np.uint8)
    return levels


def plane(name: str, pixels: Pixels) -> dict[str, Any]:
    """Say how a plane of the answer lies in its payload.

    Args:
        name: "image", "uncertainty" or "mask".
        pixels: (H, W) or (H, W, values).
    """
    values = pixels.shape[2] if pixels.ndim == 3 else 1
    kinds = {"u1": "u8", "u2": "u16", "f4": "f32"}
    kind = kinds[pixels.dtype.str[1:]]
    return {"name": name, "bytes": pixels.nbytes, "channels": values, "dtype": kind}


def _as_in_a_photo(image: ImageHeader) -> bool:
    """Whether pixels lie as a photo's do, so that none need be moved."""
    return not image.alpha and (image.order == "rgb" or image.channels == 1)


def _places(image: ImageHeader) -> range:
    """Return where red, green and blue lie in a pixel."""
    backwards = image.order == "bgr" and image.channels == 3
    return range(2, -1, -1) if backwards else range(image.channels)
