"""A plugin that works: a format of its own, a PNG behind four letters; and one that needs more."""

from __future__ import annotations

from restore.hooks import hookimpl
from restore.photo import Format, Photo
from restore.photo.formats import Decoded, RefusedError, png


def decode(data: bytes, max_pixels: int) -> Decoded:
    if data[4:] == b"empty":
        raise RefusedError("is a box without a picture.", "Put one in.")
    return png.decode(data[4:], max_pixels)


def encode(photo: Photo, quality: int | None) -> bytes:
    return b"BOX!" + png.encode(photo, quality)


@hookimpl
def restore_formats() -> list[Format]:
    return [
        Format("Boxed", (".box",), lambda head: head.startswith(b"BOX!"), decode, encode),
        Format(
            "Sealed",
            (".seal",),
            lambda head: head.startswith(b"SEAL"),
            decode,
            library="a_library_that_is_not_installed",
            install="box-opener",
        ),
    ]
