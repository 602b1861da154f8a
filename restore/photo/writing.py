"""Writing photos: the policy that all formats share."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from restore.errors import ParameterError, WriteError
from restore.photo.atomic import check_target, replacing
from restore.photo.depth import from_unit, peak, to_unit
from restore.photo.formats import Format
from restore.photo.formats.registry import FORMATS, by_name, by_suffix, listed, suffixes
from restore.photo.inheritance import of
from restore.photo.photo import Photo, Source
from restore.photo.room import check_room
from restore.photo.strips import Strips, gathered

__all__ = ["write", "write_strips"]

log = logging.getLogger("restore")


def write(
    photo: Photo,
    path: str | Path,
    *,
    format: str | None = None,  # noqa: A002
    quality: int | None = None,
    overwrite: bool = False,
    times: bool = True,
    formats: Sequence[Format] = FORMATS,
) -> Path:
    """Write a photo with all its metadata; the file is there complete or not at all.

    PNG and TIFF are lossless. WebP is, unless `quality` is given or the photo came from a lossy
    file. JPEG uses `quality`, else the source's own tables and subsampling, else quality 95 without
    subsampling; tables coarser than about quality 91 are kept only for a photo that is still what
    the file held (`Source.restored`). A depth that the format cannot hold is rounded to the finest
    that it can, which is told to the logger “restore”. WebP keeps gray as RGB, and a resolution
    only in EXIF.

    Args:
        photo: The photo.
        path: The file.
        format: "JPEG", "PNG", "TIFF" or "WEBP"; by default what the path's suffix says, or without
            a suffix the format that the photo was read from.
        quality: 1 to 100, for JPEG and WebP.
        overwrite: Whether an existing file may be replaced; its permissions, owner and tags are
            kept. A new file has the permissions and tags of the photo's file.
        times: Whether the result is as old as the photo's file, if it came from one.
        formats: To choose from.

    Returns:
        The path.

    Raises:
        ParameterError: The format is unknown or the quality out of range.
        WriteError: The format cannot hold the photo, or the file cannot be written; nothing that
            was there has changed.
    """
    path = Path(path)
    target = _chosen(photo.source, path, format, quality, formats)
    real = check_target(path, overwrite)
    assert target.encode is not None
    data = target.encode(_fit(photo, target), quality)
    check_room(real.parent, len(data), str(path))
    inheritance = of(real, photo.source.path, times=times)
    with replacing(path, overwrite=overwrite, inheritance=inheritance) as file:
        file.write(data)
    return path


def write_strips(
    photo: Strips,
    path: str | Path,
    *,
    format: str | None = None,  # noqa: A002
    quality: int | None = None,
    overwrite: bool = False,
    times: bool = True,
    formats: Sequence[Format] = FORMATS,
) -> Path:
    """Write a photo that comes in strips; all else is as in `write`.

    TIFF and PNG are written strip by strip. Of other formats the photo is gathered first, in the
    depth that they hold.

    Args:
        photo: The photo; what goes wrong while its strips are made leaves no file.
        path: The file.
        format: As in `write`, like all that follows.
        quality: As there.
        overwrite: As there.
        times: As there.
        formats: As there.

    Returns:
        The path.

    Raises:
        ParameterError: As there.
        WriteError: As there; or there is no room for the pixels as they are.
    """
    path = Path(path)
    target = _chosen(photo.source, path, format, quality, formats)
    real = check_target(path, overwrite)
    _check_side(photo.size, target)
    fitted = _fitted(photo, target)
    if target.encode_strips is None:
        whole = gathered(fitted)
        return write(
            whole, path, format=target.name, quality=quality, overwrite=overwrite, times=times
        )
    check_room(real.parent, fitted.nbytes, str(path))
    inheritance = of(real, photo.source.path, times=times)
    with replacing(path, overwrite=overwrite, inheritance=inheritance) as file:
        target.encode_strips(file, fitted)
    return path


def _fitted(photo: Strips, target: Format) -> Strips:
    """Return the strips in a depth that the format holds."""
    dtype = photo.dtype if photo.dtype in target.types else np.dtype(target.types[-1])
    rows = (_fit(strip, target) for strip in photo.rows)
    return replace(photo, dtype=dtype, alpha=photo.alpha and target.alpha, rows=rows)


def _chosen(
    source: Source, path: Path, name: str | None, quality: int | None, formats: Sequence[Format]
) -> Format:
    if quality is not None and not 1 <= quality <= 100:
        raise ParameterError(f"A quality of {quality} is out of range.", "It goes from 1 to 100.")
    target = _found(source, path, name, [f for f in formats if f.encode])
    if quality is not None and not target.lossy:
        log.info("%s is lossless, so the quality %d has no effect.", target.name, quality)
    return target


def _found(source: Source, path: Path, name: str | None, formats: Sequence[Format]) -> Format:
    if name is not None:
        if found := by_name(name, formats):
            return found
        known = listed([f.name for f in formats])
        raise ParameterError(f"The format “{name}” is unknown.", f"Use {known}.")
    endings = listed(suffixes(formats))
    if path.suffix:
        if found := by_suffix(path.suffix, formats):
            return found
        raise WriteError(f"{path} has an ending that stands for no format.", f"Use {endings}.")
    if found := by_name(source.format, formats):
        return found
    raise WriteError(f"{path} has no ending, so the format is open.", f"Use {endings}.")


def _fit(photo: Photo, target: Format) -> Photo:
    """Return the photo in a depth that the format holds, or refuse."""
    name = target.name
    _check_side(photo.size, target)
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


def _check_side(size: tuple[int, int], target: Format) -> None:
    if max(size) > target.max_side:
        raise WriteError(
            f"{target.name} holds at most {target.max_side} pixels a side, the photo has "
            f"{size[0]}×{size[1]}.",
            "Write PNG or TIFF.",
        )
