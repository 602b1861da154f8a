"""Small versions of photos, for screens: quick, and in little memory whatever the photo's size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from restore.errors import ParameterError
from restore.photo.colour.profiles import is_linear
from restore.photo.depth import to_unit
from restore.photo.formats import Decoded, Format, Stored
from restore.photo.formats.registry import FORMATS, of_file
from restore.photo.orientation import upright
from restore.photo.photo import Photo, Pixels
from restore.photo.reading import MAX_PIXELS, explained, open_regular, read

__all__ = ["preview"]

_FINER = 2
"""How many times larger than the preview what it is averaged from is at least."""


def preview(
    path: str | Path,
    max_side: int = 1024,
    *,
    max_pixels: int = MAX_PIXELS,
    formats: Sequence[Format] = FORMATS,
) -> Photo:
    """Read a photo reduced, upright, at its own bit depth, with its profile.

    JPEG is decoded at 1/2, 1/4 or 1/8 of its size by leaving out the high frequencies of its
    blocks; of a TIFF some rows are read; other formats are decoded whole. What is left is averaged.
    A photo that is small enough is read as it is.

    Args:
        path: The file.
        max_side: Width and height that the preview has at most.
        max_pixels: As in `read`, of the photo itself.
        formats: As there.

    Raises:
        ParameterError: A side of less than 1.
        PhotoError: As `read`; damage that is not met with is not found.
    """
    if max_side < 1:
        raise ParameterError(f"A preview cannot be {max_side} pixels wide.")
    path = Path(path)
    small = _decoded(path, max_side, max_pixels, formats)
    if small is None:
        photo = read(path, max_pixels=max_pixels, formats=formats)
        step = _step(photo.size, max_side)
        alpha = None if photo.alpha is None else photo.alpha[::step, ::step].copy()
        pixels = photo.pixels[::step, ::step].copy()
        photo = replace(photo, pixels=pixels, alpha=alpha, gain_map=None)
    else:
        samples, alpha = small.samples, None
        if samples.shape[2] in (2, 4):
            samples, alpha = samples[:, :, :-1], samples[:, :, -1]
        photo = upright(samples, alpha, small.metadata, small.orientation)
        photo = replace(
            photo,
            source=replace(small.source, path=path),
            transfer="linear" if is_linear(photo.metadata.icc) else "encoded",
            premultiplied=small.premultiplied and alpha is not None,
        )
    return _averaged(photo, max_side)


def _decoded(
    path: Path, max_side: int, max_pixels: int, formats: Sequence[Format]
) -> Decoded | None:
    """Return a picture of at least twice the preview's size, or all; None if it takes `read`."""
    with open_regular(path, max_pixels) as file:
        kind = of_file(file.read(4096), formats)
        file.seek(0)
        if kind is None:
            return None
        with explained(path, kind):
            if kind.decode_reduced is not None:
                return kind.decode_reduced(file.read(), _FINER * max_side, max_pixels)
            if kind.open_strips is not None:
                with kind.open_strips(file, max_pixels) as stored:
                    if stored is not None:
                        return _some_rows(stored, _step(stored.size, max_side))
    return None


def _some_rows(stored: Stored, step: int) -> Decoded:
    rows = [stored.read(y, y + 1)[0, ::step] for y in range(0, stored.size[1], step)]
    return Decoded(
        np.stack(rows),
        stored.metadata,
        stored.source,
        stored.orientation,
        premultiplied=stored.premultiplied,
    )


def _step(size: tuple[int, int], max_side: int) -> int:
    return max(1, max(size) // (_FINER * max_side))


def _averaged(photo: Photo, max_side: int) -> Photo:
    """Return a photo of at most this size: the mean of the pixels, each as visible as it is."""
    if max(photo.size) <= max_side:
        return photo
    scale = max_side / max(photo.size)
    size = max(1, round(photo.size[0] * scale)), max(1, round(photo.size[1] * scale))
    if photo.alpha is None and photo.transfer == "encoded":
        return photo.with_float(_boxes(photo.pixels, size))
    if photo.alpha is None:
        return photo.with_float(_boxes(photo.to_float(), size))
    weight = to_unit(photo.alpha[:, :, None])
    seen = _boxes(weight, size)
    values = _boxes(photo.to_float() * weight, size) / np.maximum(seen, np.float32(1e-6))
    return photo.with_float(values, alpha=seen[:, :, 0])


def _boxes(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """Return means (h, w, C) in [0, 1], of a channel at a time, which takes less memory."""
    from PIL import Image

    small = np.empty((size[1], size[0], pixels.shape[2]), np.float32)
    for c in range(pixels.shape[2]):
        plane = Image.fromarray(to_unit(np.ascontiguousarray(pixels[:, :, c])))
        small[:, :, c] = plane.resize(size, Image.Resampling.BOX)
    return small
