"""Writing photos: the policy that all formats share."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from restore.errors import ParameterError, WriteError
from restore.photo.atomic import check_target, write_bytes
from restore.photo.depth import from_unit, peak, to_unit
from restore.photo.formats import Format
from restore.photo.formats.registry import FORMATS, by_name, by_suffix, listed, suffixes
from restore.photo.photo import Photo

__all__ = ["write"]

log = logging.getLogger("restore")


def write(
    photo: Photo,
    path: str | Path,
    *,
    format: str | None = None,  # noqa: A002
    quality: int | None = None,
    overwrite: bool = False,
    formats: Sequence[Format] = FORMATS,
) -> Path:
    """Write a photo with all its metadata; the file is there complete or not at all.

    PNG, TIFF, BMP, PNM and PFM are lossless. WebP, AVIF, JPEG XL and JPEG 2000 are, unless
    `quality` is given or the photo came from a lossy file: then they are written at quality 95.
    JPEG uses `quality`, else the source's own tables and subsampling, else quality 95 without
    subsampling. A depth that the format cannot hold is rounded to the finest that it can, which is
    told to the logger “restore”. What else a format cannot hold is told there as well.

    Args:
        photo: The photo.
        path: The file.
        format: Its name, such as "JPEG"; by default what the path's suffix says, or without a
            suffix the format that the photo was read from.
        quality: 1 to 100, for the formats that can be lossy.
        overwrite: Whether an existing file may be replaced; its permissions are kept.
        formats: To choose from.

    Returns:
        The path.

    Raises:
        ParameterError: The format is unknown or the quality out of range.
        WriteError: The format cannot hold the photo, or the file cannot be written; nothing that
            was there has changed.
    """
    path = Path(path)
    target = _chosen(photo, path, format, formats)
    if quality is not None and not 1 <= quality <= 100:
        raise ParameterError(f"A quality of {quality} is out of range.", "It goes from 1 to 100.")
    if quality is not None and not target.lossy:
        log.info("%s is lossless, so the quality %d has no effect.", target.name, quality)
    if target.missing:
        raise WriteError(
            f"{path} is to become {target.name}, and what writes that is not installed.",
            f"Install it: pip install '{target.missing}'",
        )
    check_target(path, overwrite)
    assert target.encode is not None
    write_bytes(path, target.encode(_fit(photo, target), quality), overwrite=overwrite)
    return path


def _chosen(photo: Photo, path: Path, name: str | None, known: Sequence[Format]) -> Format:
    formats = [f for f in known if f.encode]
    if name is not None:
        if found := by_name(name, formats):
            return found
        names = listed([f.name for f in formats])
        raise ParameterError(f"The format “{name}” cannot be written.", f"Use {names}.")
    endings = listed(suffixes(formats))
    if path.suffix:
        if found := by_suffix(path.suffix, formats):
            return found
        if unwritten := by_suffix(path.suffix, known):
            raise WriteError(f"{path}: {unwritten.name} cannot be written.", f"Use {endings}.")
        raise WriteError(f"{path} has an ending that stands for no format.", f"Use {endings}.")
    if found := by_name(photo.source.format, formats):
        return found
    raise WriteError(f"{path} has no ending, so the format is open.", f"Use {endings}.")


def _fit(photo: Photo, target: Format) -> Photo:
    """Return the photo in a depth that the format holds, or refuse."""
    name = target.name
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
