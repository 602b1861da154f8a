"""A plugin whose format does what the file says: fail, end the program, answer nonsense."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from restore.hooks import hookimpl
from restore.photo import Format, Photo
from restore.photo.formats import Decoded


def recognises(head: bytes) -> bool:
    if head.startswith(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x07"):
        raise RuntimeError("no seven columns")
    return head.startswith(b"FAULT ")


def decode(data: bytes, max_pixels: int) -> Any:
    word = data[6:].decode()
    print("decoding", word)
    if word == "raises":
        raise ZeroDivisionError("nothing to divide by")
    if word == "exits":
        sys.exit(3)
    if word == "memory":
        raise MemoryError
    if word == "text":
        return "a picture"
    if word == "flat":
        return Decoded(np.zeros((4, 5), np.uint8))
    if word == "deep":
        return Decoded(np.zeros((4, 5, 3), np.int64))
    if word == "many":
        return Decoded(np.zeros((4, 5, 7), np.uint8))
    return Decoded(np.zeros((400, 500, 3), np.uint8))


def encode(photo: Photo, quality: int | None) -> Any:
    return "no bytes"


@hookimpl
def restore_formats() -> list[Format]:
    return [Format("Faults", (".fault",), recognises, decode, encode)]
