"""Formats that break each promise once, so that the campaign is known to notice."""

from __future__ import annotations

import os
import signal
import time
import warnings

import numpy as np

from restore.photo.formats import Decoded, Format
from restore.photo.photo import Photo


def dies(data: bytes, max_pixels: int) -> Decoded:
    os.kill(os.getpid(), signal.SIGSEGV)
    raise AssertionError


def spins(data: bytes, max_pixels: int) -> Decoded:
    while True:
        pass


def sleeps(data: bytes, max_pixels: int) -> Decoded:
    time.sleep(1000)
    raise AssertionError


def wants(data: bytes, max_pixels: int) -> Decoded:
    return Decoded(np.ones((60000, 60000, 1), np.uint8))


def takes(data: bytes, max_pixels: int) -> Decoded:
    np.ones((12000, 12000, 1), np.uint8)
    return good(data, max_pixels)


def talks(data: bytes, max_pixels: int) -> Decoded:
    warnings.warn("a library's own words", stacklevel=1)
    return good(data, max_pixels)


def good(data: bytes, max_pixels: int) -> Decoded:
    return Decoded(np.arange(64, dtype=np.uint8).reshape(8, 8, 1))


def other(data: bytes, max_pixels: int) -> Decoded:
    return Decoded(np.zeros((8, 8, 1), np.uint8))


def raises(photo: Photo, quality: int | None) -> bytes:
    raise KeyError("of no use to people")


def writes_rubbish(photo: Photo, quality: int | None) -> bytes:
    return b"rubbish"


def writes_another(photo: Photo, quality: int | None) -> bytes:
    return b"other"


def _format(name: str, decode, encode=None) -> Format:
    start = name.lower().encode()
    return Format(name, (f".{name.lower()}",), lambda head: head == start, decode, encode)


FORMATS = (
    *(_format(f.__name__.upper(), f) for f in (dies, spins, sleeps, wants, takes, talks, other)),
    _format("GOOD", good, lambda photo, quality: b"good"),
    _format("RAISES", None, raises),
    _format("RUBBISH", None, writes_rubbish),
    _format("ANOTHER", None, writes_another),
)
