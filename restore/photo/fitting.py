"""Making a photo into what a format can hold, or refusing before anything is written."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np

from restore.errors import ParameterError, WriteError
from restore.photo.colour.gain_map import unmarked
from restore.photo.colour.profiles import is_linear, linear_gray, linear_srgb
from restore.photo.depth import from_unit, peak, to_unit
from restore.photo.dither import DITHER
from restore.photo.formats import Format
from restore.photo.photo import Photo

__all__ = ["Depth", "check_depth", "check_side", "fit"]

log = logging.getLogger("restore")

Depth: TypeAlias = Literal[8, 16, "float"]
"""Bits of an integer, or floats of 32 bits."""

_TYPES = {8: np.uint8, 16: np.uint16, "float": np.float32}
_WORDS = {"uint8": "8 bits", "uint16": "16 bits", "float32": "floats"}


def fit(photo: Photo, target: Format, depth: Depth | None = None) -> Photo:
    """Return a photo as a format can hold it.

    Args:
        photo: The photo.
        target: The format.
        depth: The depth that was asked for. None keeps the photo's, or takes the finest that the
            format holds; that is told to the logger “restore”.

    Raises:
        ParameterError: There is no such depth.
        WriteError: The format cannot hold the depth that was asked for, the photo's size, or its
            transparency.
    """
    name = target.name
    check_side(photo.size, target)
    if photo.alpha is not None and not target.alpha:
        if (photo.alpha < peak(photo.alpha.dtype)).any():
            raise WriteError(f"{name} cannot hold transparency.", "Write PNG, TIFF or WebP.")
        photo = replace(photo, alpha=None, premultiplied=False)
    photo = _with_fitting_gain_map(photo, target)
    if depth is not None:
        photo = replace(photo, source=photo.source.of_depth())
    wanted = _depth_in(photo, target, depth)
    if wanted.itemsize > photo.pixels.dtype.itemsize:  # what is finer is there before it is needed
        photo = _of_depth(photo, wanted)
    return _of_depth(_as_held(photo, target, wanted), wanted)


def check_side(size: tuple[int, int], target: Format) -> None:
    """Refuse a width or height that a format cannot hold.

    Raises:
        WriteError: It cannot.
    """
    if max(size) > target.max_side:
        raise WriteError(
            f"{target.name} holds at most {target.max_side} pixels a side, the photo has "
            f"{size[0]}×{size[1]}.",
            "Write PNG or TIFF.",
        )


def _with_fitting_gain_map(photo: Photo, target: Format) -> Photo:
    """Return the photo with its gain map, or without a trace of it, which is warned of."""
    if photo.gain_map is None or (target.gain_maps and photo.gain_map.size == photo.size):
        return photo
    why = "has another size now" if target.gain_maps else f"is written as {target.name}"
    log.warning("The photo %s, so its HDR gain map is left out.", why)
    metadata = replace(photo.metadata, xmp=unmarked(photo.metadata.xmp))
    return replace(photo, metadata=metadata, gain_map=None)


def _as_held(photo: Photo, target: Format, depth: np.dtype[np.generic]) -> Photo:
    """Return a photo whose transfer and multiplication by alpha a file of the format can state."""
    straight = photo.converted(
        transfer=photo.transfer, premultiplied=photo.premultiplied and target.premultiplied
    )
    icc, of_target = photo.metadata.icc, photo.source.format == target.name
    if target.linear:
        return photo.converted(transfer="linear", premultiplied=target.premultiplied)
    if photo.transfer == "encoded" or is_linear(icc) or of_target:
        return straight
    if icc is None and depth.kind == "f":
        profile = linear_gray() if photo.pixels.shape[2] == 1 else linear_srgb()
        log.info("%s is told by a profile that the values are linear.", target.name)
        return replace(straight, metadata=replace(photo.metadata, icc=profile))
    if depth.kind != "f" and photo.pixels.max() > peak(photo.pixels.dtype):
        log.warning("%s has no values above white; the highlights are clipped.", target.name)
    return straight.converted(transfer="encoded", premultiplied=straight.premultiplied)


def check_depth(target: Format, depth: Depth) -> None:
    """Refuse a depth that a format cannot hold.

    Raises:
        ParameterError: There is no such depth.
        WriteError: The format cannot hold it.
    """
    if depth not in _TYPES:
        raise ParameterError(f"A depth of {depth!r} is unknown.", "Use 8, 16 or “float”.")
    held = [np.dtype(kind) for kind in target.types]
    if _TYPES[depth] not in held:
        raise WriteError(
            f"{target.name} cannot hold {_WORDS[np.dtype(_TYPES[depth]).name]}.",
            f"It holds {' or '.join(_WORDS[kind.name] for kind in held)}; or write a TIFF.",
        )


def _depth_in(photo: Photo, target: Format, asked: Depth | None) -> np.dtype[np.generic]:
    own, held = photo.pixels.dtype, [np.dtype(kind) for kind in target.types]
    if asked is None:
        if own not in held:
            words = _WORDS[own.name], _WORDS[held[-1].name]
            log.info("%s cannot hold %s; the photo is written with %s.", target.name, *words)
        return own if own in held else held[-1]
    check_depth(target, asked)
    return np.dtype(_TYPES[asked])


def _of_depth(photo: Photo, depth: np.dtype[np.generic]) -> Photo:
    if photo.pixels.dtype == depth:
        return photo
    pixels = from_unit(to_unit(photo.pixels), depth, DITHER.moved(*photo.origin))
    alpha = None if photo.alpha is None else from_unit(to_unit(photo.alpha), depth)
    return replace(photo, pixels=pixels, alpha=alpha, source=photo.source.of_depth())
