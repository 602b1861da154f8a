"""File formats of plugins: checked before they are believed, and held to what they promise."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from restore.errors import PluginError
from restore.hooks.isolation import isolated
from restore.photo import Format, Photo
from restore.photo.depth import DEPTHS
from restore.photo.formats import Decoded, RefusedError, check_size

__all__ = ["check_new", "held"]

_log = logging.getLogger("restore")

_SUFFIX = re.compile(r"\.[a-z0-9]+")
_NOT_THEIRS = {
    "files of which it has seen nothing": b"",
    "JPEG files": b"\xff\xd8\xff\xe0\0\x10JFIF\0",
    "PNG files": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "TIFF files": b"II*\0\x08\0\0\0\0\0",
    "WebP files": b"RIFF\0\0\0\0WEBPVP8 ",
    "AVIF files": b"\0\0\0\x20ftypavif\0\0\0\0",
}


def held(plugin: str, given: Format) -> Format:
    """Return a plugin's format with its functions in isolation and their answers checked.

    Raises:
        PluginError: It cannot work, or claims files that are not its own.
        Exception: What `recognises` raises.
    """
    if fault := _fault(given):
        raise PluginError(f"The plugin “{plugin}” brings a format {given.name!r} that {fault}.")
    name = given.name

    def recognises(head: bytes) -> bool:
        try:
            with _held(plugin, f"say whether a file is {name}"):
                return bool(given.recognises(head))
        except PluginError as error:
            _log.warning("%s %s", error.message, error.hint)
            return False

    def decode(data: bytes, max_pixels: int) -> Decoded:
        assert given.decode is not None
        with _held(plugin, f"read {name}"):
            return _checked(given.decode(data, max_pixels), max_pixels)

    def decode_page(data: bytes, max_pixels: int, page: int | None) -> Decoded:
        assert given.decode_page is not None
        with _held(plugin, f"read {name}"):
            return _checked(given.decode_page(data, max_pixels, page), max_pixels)

    def encode(photo: Photo, quality: int | None) -> bytes:
        assert given.encode is not None
        with _held(plugin, f"write {name}"):
            data = given.encode(photo, quality)
            if not isinstance(data, bytes):
                raise TypeError(f"encode returned {type(data).__name__}, not bytes")
            return data

    return replace(
        given,
        plugin=plugin,
        recognises=recognises,
        decode=given.decode and decode,
        decode_page=given.decode_page and decode_page,
        encode=given.encode and encode,
    )


def check_new(added: Sequence[Format], known: Sequence[Format]) -> None:
    """Refuse formats whose name or ending another one has.

    Raises:
        PluginError: One has.
    """
    seen = list(known)
    for new in added:
        for old in seen:
            owner = f"the plugin “{old.plugin}”" if old.plugin else "the toolkit"
            what = f"The plugin “{new.plugin}” brings a format “{new.name}”"
            if new.name.upper() == old.name.upper():
                raise PluginError(f"{what}, which {owner} has already.")
            if common := sorted(set(new.suffixes) & set(old.suffixes)):
                raise PluginError(f"{what} for files {common[0]}, which {owner} has already.")
        seen.append(new)


def _fault(given: Format) -> str:
    if not (isinstance(given.name, str) and given.name.strip()):
        return "needs a name"
    suffixes: Any = given.suffixes
    if not (isinstance(suffixes, tuple) and suffixes and all(map(_is_suffix, suffixes))):
        return "needs endings such as (“.abc”,), in lower case and with the dot"
    functions = (given.decode, given.decode_page, given.encode)
    if not callable(given.recognises) or not all(f is None or callable(f) for f in functions):
        return "needs functions to recognise, decode and encode"
    if given.decode is None and given.encode is None:
        return "can be neither read nor written"
    types: Any = given.types
    if not types or not all(np.dtype(kind) in DEPTHS for kind in types):
        return "can be given none of uint8, uint16 and float32"
    for what, head in _NOT_THEIRS.items():
        if given.recognises(head):
            return f"claims {what}"
    return ""


def _is_suffix(text: Any) -> bool:
    return isinstance(text, str) and _SUFFIX.fullmatch(text) is not None


def _checked(decoded: Any, max_pixels: int) -> Decoded:
    if not isinstance(decoded, Decoded):
        raise TypeError(f"decode returned {type(decoded).__name__}, not Decoded")
    samples: Any = decoded.samples
    if not (isinstance(samples, np.ndarray) and samples.ndim == 3 and samples.dtype in DEPTHS):
        raise TypeError("samples must be an array (H, W, C) of uint8, uint16 or float32")
    if samples.shape[2] not in (1, 2, 3, 4):
        raise ValueError(f"samples of shape {samples.shape} are no photo")
    check_size(samples.shape[1], samples.shape[0], max_pixels)
    return decoded


@contextmanager
def _held(plugin: str, doing: str) -> Iterator[None]:
    """Isolate a plugin's code, but let it refuse a file."""
    refusal = None
    with isolated(plugin, f"The plugin “{plugin}” could not {doing}"):
        try:
            yield
        except RefusedError as error:
            refusal = error
    if refusal is not None:
        raise refusal
