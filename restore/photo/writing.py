"""Writing photos: the policy that all formats share."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path

from restore.errors import ParameterError, WriteError
from restore.photo.atomic import check_target, replacing
from restore.photo.fitting import Depth, check_side, fit
from restore.photo.formats import Format
from restore.photo.formats.registry import FORMATS, by_name, by_suffix, listed, suffixes
from restore.photo.inheritance import of
from restore.photo.metadata import Metadata
from restore.photo.metadata.preparing import prepared
from restore.photo.metadata.stripping import Strip
from restore.photo.photo import Photo
from restore.photo.room import check_room
from restore.photo.source import Source
from restore.photo.strips import Strips, gathered

__all__ = ["write", "write_strips"]

log = logging.getLogger("restore")


def write(
    photo: Photo,
    path: str | Path,
    *,
    format: str | None = None,  # noqa: A002
    quality: int | None = None,
    depth: Depth | None = None,
    overwrite: bool = False,
    times: bool = True,
    strip: Strip = "nothing",
    formats: Sequence[Format] = FORMATS,
) -> Path:
    """Write a photo with all its metadata; the file is there complete or not at all.

    Metadata that the format cannot hold are left out, with a warning to the logger “restore”. Tags
    that tell the picture's size, and a thumbnail in the EXIF block, are made true of this picture.

    PNG, TIFF, BMP, PNM and PFM are lossless. WebP, AVIF, JPEG XL and JPEG 2000 are, unless
    `quality` is given or the photo came from a lossy file: then they are written at quality 95.
    JPEG uses `quality`, else the source's own tables and subsampling, else quality 95 without
    subsampling; tables coarser than about quality 91 are kept only for a photo that is still what
    the file held (`Source.restored`). The depth is the photo's own, or the finest that the format
    holds, which is told to the logger “restore”; what 8 bits cannot hold is dithered.

    Args:
        photo: The photo.
        path: The file.
        format: Its name, such as "JPEG"; by default what the path's suffix says, or without a
            suffix the format that the photo was read from.
        quality: 1 to 100, for the formats that can be lossy.
        depth: 8, 16 or "float", instead of the photo's own.
        overwrite: Whether an existing file may be replaced; its permissions, owner and tags are
            kept. A new file has the permissions and tags of the photo's file.
        times: Whether the result is as old as the photo's file, if it came from one.
        strip: "metadata" leaves out all that is not needed to show the picture right (an HDR gain
            map goes too, for XMP leads to it), "gps" all that tells where it was taken; see
            `restore.photo.metadata.stripping`.
        formats: To choose from.

    Returns:
        The path.

    Raises:
        ParameterError: The format or `strip` is unknown, or the quality out of range.
        WriteError: The format cannot hold the photo, or the file cannot be written; nothing that
            was there has changed.
    """
    path = Path(path)
    target = _target(photo.source, path, format, quality, formats)
    real = check_target(path, overwrite)
    if strip == "metadata":
        photo = replace(photo, gain_map=None)
    photo = fit(photo, target, depth)
    tell = partial(log.warning, "%s: %s", path)
    meta = prepared(photo.metadata, target, photo.size, photo, strip, tell)
    data = _encoded(replace(photo, metadata=meta), target, quality, tell)
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
    depth: Depth | None = None,
    overwrite: bool = False,
    times: bool = True,
    strip: Strip = "nothing",
    formats: Sequence[Format] = FORMATS,
) -> Path:
    """Write a photo that comes in strips; all else is as in `write`.

    TIFF and PNG are written strip by strip. Of other formats the photo is gathered first, in the
    depth that they hold. What came as half floats is written with 32 bits.

    Args:
        photo: The photo; what goes wrong while its strips are made leaves no file.
        path: The file.
        format: As in `write`, like all that follows.
        quality: As there.
        depth: As there.
        overwrite: As there.
        times: As there.
        strip: As there.
        formats: As there.

    Returns:
        The path.

    Raises:
        ParameterError: As there.
        WriteError: As there; or there is no room for the pixels as they are.
    """
    path = Path(path)
    target = _target(photo.source, path, format, quality, formats)
    real = check_target(path, overwrite)
    check_side(photo.size, target)
    if target.encode_strips is not None:
        check_room(real.parent, photo.nbytes, str(path))
    fitted = _fitted(photo, target, depth)
    if target.encode_strips is None:
        return write(
            gathered(fitted),
            path,
            format=target.name,
            quality=quality,
            depth=depth,
            overwrite=overwrite,
            times=times,
            strip=strip,
            formats=formats,
        )
    tell = partial(log.warning, "%s: %s", path)
    meta = prepared(fitted.metadata, target, fitted.size, None, strip, tell)
    fitted = replace(fitted, like=replace(fitted.like, metadata=meta))
    inheritance = of(real, photo.source.path, times=times)
    with replacing(path, overwrite=overwrite, inheritance=inheritance) as file:
        target.encode_strips(file, fitted)
    return path


def _fitted(photo: Strips, target: Format, depth: Depth | None) -> Strips:
    """Return the strips as the format can hold them; the first is made to know what that is."""
    first = fit(next(photo.rows), target, depth)
    rest = (fit(strip, target, depth) for strip in photo.rows)
    like = replace(first, gain_map=photo.like.gain_map) if target.gain_maps else first
    return Strips(photo.size, like, rows=chain([first], rest))


def _target(
    source: Source, path: Path, name: str | None, quality: int | None, formats: Sequence[Format]
) -> Format:
    """Return the format to write, or refuse before anything is made for it."""
    target = _chosen(source, path, name, formats)
    if quality is not None and not 1 <= quality <= 100:
        raise ParameterError(f"A quality of {quality} is out of range.", "It goes from 1 to 100.")
    if quality is not None and not target.lossy:
        log.info("%s is lossless, so the quality %d has no effect.", target.name, quality)
    if target.missing:
        raise WriteError(
            f"{path} is to become {target.name}, and what writes that is not installed.",
            f"Install it: pip install '{target.missing}'",
        )
    return target


def _encoded(
    photo: Photo, target: Format, quality: int | None, tell: Callable[[str], None]
) -> bytes:
    """Return the bytes of the file; metadata on which the format fails cost only themselves."""
    assert target.encode is not None
    try:
        return target.encode(photo, quality)
    except WriteError:
        raise
    except Exception as error:
        if photo.metadata == Metadata():
            raise
        tell(f"{target.name} cannot be written with the metadata ({error}); they are left out.")
        return target.encode(replace(photo, metadata=Metadata()), quality)


def _chosen(source: Source, path: Path, name: str | None, known: Sequence[Format]) -> Format:
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
    if found := by_name(source.format, formats):
        return found
    raise WriteError(f"{path} has no ending, so the format is open.", f"Use {endings}.")
