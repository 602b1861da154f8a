"""Writing photos: the policy that all formats share."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from restore.errors import ParameterError, WriteError
from restore.photo.atomic import check_target, write_bytes
from restore.photo.depth import from_unit, peak, to_unit
from restore.photo.formats import jpeg, png, tiff_write, webp
from restore.photo.photo import Photo

__all__ = ["SUFFIXES", "write"]

log = logging.getLogger("restore")

SUFFIXES = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".jpe": "JPEG",
    ".jfif": "JPEG",
    ".png": "PNG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WEBP",
}
"""The format that a file name's ending stands for, in lower case."""


@dataclass(frozen=True)
class _Format:
    """What a format can hold, finest type last, and its encoder."""

    types: tuple[type[np.generic], ...]
    encode: Callable[[Photo, int | None], bytes]
    max_side: int = 2**31 - 1
    lossy: bool = False
    alpha: bool = True


_FORMATS = {
    "JPEG": _Format((np.uint8,), jpeg.encode, jpeg.MAX_SIDE, lossy=True, alpha=False),
    "PNG": _Format((np.uint8, np.uint16), lambda photo, _: png.encode(photo), png.MAX_SIDE),
    "TIFF": _Format((np.uint8, np.uint16, np.float32), lambda photo, _: tiff_write.encode(photo)),
    "WEBP": _Format((np.uint8,), webp.encode, webp.MAX_SIDE, lossy=True),
}


def write(
    photo: Photo,
    path: str | Path,
    *,
    format: str | None = None,  # noqa: A002
    quality: int | None = None,
    overwrite: bool = False,
) -> Path:
    """Write a photo with all its metadata; the file is there complete or not at all.

    PNG and TIFF are lossless. WebP is, unless `quality` is given or the photo came from a lossy
    file. JPEG uses `quality`, else the source's own tables and subsampling, else quality 95 without
    subsampling. A depth that the format cannot hold is rounded to the finest that it can, which is
    told to the logger “restore”. WebP keeps gray as RGB, and a resolution only in EXIF.

    Args:
        photo: The photo.
        path: The file.
        format: "JPEG", "PNG", "TIFF" or "WEBP"; by default what the path's suffix says, or without
            a suffix the format that the photo was read from.
        quality: 1 to 100, for JPEG and WebP.
        overwrite: Whether an existing file may be replaced; its permissions are kept.

    Returns:
        The path.

    Raises:
        ParameterError: The format is unknown or the quality out of range.
        WriteError: The format cannot hold the photo, or the file cannot be written; nothing that
            was there has changed.
    """
    path = Path(path)
    name = _format_name(photo, path, format)
    target = _FORMATS[name]
    if quality is not None and not 1 <= quality <= 100:
        raise ParameterError(f"A quality of {quality} is out of range.", "It goes from 1 to 100.")
    if quality is not None and not target.lossy:
        log.info("%s is lossless, so the quality %d has no effect.", name, quality)
    check_target(path, overwrite)
    write_bytes(path, target.encode(_fit(photo, name, target), quality), overwrite=overwrite)
    return path


def _format_name(photo: Photo, path: Path, name: str | None) -> str:
    if name is not None:
        known = {"JPG": "JPEG", "TIF": "TIFF"}.get(name.upper(), name.upper())
        if known not in _FORMATS:
            raise ParameterError(f"The format “{name}” is unknown.", f"Use {_listed(_FORMATS)}.")
        return known
    if suffix := path.suffix.lower():
        if suffix not in SUFFIXES:
            raise WriteError(
                f"{path} has an ending that stands for no format.", f"Use {_listed(SUFFIXES)}."
            )
        return SUFFIXES[suffix]
    if photo.source.format not in _FORMATS:
        raise WriteError(f"{path} has no ending, so the format is open.", _listed(SUFFIXES))
    return photo.source.format


def _listed(names: Any) -> str:
    *rest, last = names
    return f"{', '.join(rest)} or {last}"


def _fit(photo: Photo, name: str, target: _Format) -> Photo:
    """Return the photo in a depth that the format holds, or refuse."""
    width, height = photo.size
    if max(photo.size) > target.max_side:
        raise WriteError(
            f"{name} holds at most {target.max_side} pixels a side, the photo has "
            f"{width}×{height}.",
            "Write PNG or TIFF.",
        )
    if photo.alpha is not None and not target.alpha:
        if (photo.alpha < peak(photo.alpha.dtype)).any():
            raise WriteError(f"{name} cannot hold transparency.", "Write PNG, TIFF or WebP.")
        photo = replace(photo, alpha=None)
    if photo.pixels.dtype in target.types:
        return photo
    depth = np.dtype(target.types[-1])
    log.info("%s cannot hold %s; rounded to %s.", name, photo.pixels.dtype, depth)
    alpha = None if photo.alpha is None else from_unit(to_unit(photo.alpha), depth)
    return replace(photo, pixels=from_unit(to_unit(photo.pixels), depth), alpha=alpha)
