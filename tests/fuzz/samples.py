"""Good files to begin with, small, of every kind that is read: written by us and by others."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image, features

from restore.photo import FORMATS, Metadata, Photo, write
from tests.photo.conftest import XMP, exif_block, picture, profile

__all__ = ["samples"]

_SIZE = (19, 26)
_TIFFS: tuple[dict[str, object], ...] = (
    {"compression": "lzw", "predictor": True, "rowsperstrip": 5},
    {"compression": "zlib", "tile": (16, 16)},
    {"compression": "zstd", "byteorder": ">"},
    {"compression": "packbits", "bigtiff": True},
    {"compression": "lzma", "extratags": [(274, 3, 1, 6, True)]},
    {"compression": "jpeg"},
    {"tile": (16, 16), "bigtiff": True, "byteorder": ">"},
)


def samples() -> list[bytes]:
    """Return the files, the same ones each time."""
    return [*_ours(), *_pillows(), *_tifffiles()]


def _ours() -> Iterator[bytes]:
    """Every format that can be written, at each of its depths, with and without all metadata."""
    full = Metadata(icc=profile(), exif=exif_block(6), xmp=XMP, dpi=(240.0, 200.0))
    with tempfile.TemporaryDirectory() as folder:
        for target in FORMATS:
            for dtype in target.types if target.encode else ():
                for channels in (1, 3, 4) if target.alpha else (1, 3):
                    photo = Photo.from_array(picture(*_SIZE, channels, dtype))
                    for metadata in (Metadata(), full) if channels == 3 else (Metadata(),):
                        path = Path(folder, f"x{target.suffixes[0]}")
                        write(replace(photo, metadata=metadata), path, overwrite=True)
                        yield path.read_bytes()


def _pillows() -> Iterator[bytes]:
    image = Image.fromarray(picture(*_SIZE, 3, np.uint8))
    frames = [Image.fromarray(picture(*_SIZE, 3, np.uint8, seed)) for seed in (1, 2)]
    exif = b"Exif\0\0" + exif_block(8, ">")
    yield _saved(image, "JPEG", progressive=True, subsampling="4:2:0", exif=exif)
    yield _saved(image, "JPEG", restart_marker_blocks=1, comment=b"a comment")
    yield _saved(image.convert("CMYK"), "JPEG")
    yield _saved(image.quantize(7), "PNG", transparency=b"\0\x80\xff")
    yield _saved(image.convert("1"), "PNG", dpi=(72, 72))
    yield _saved(frames[0], "PNG", save_all=True, append_images=frames[1:])
    yield _saved(image, "WEBP", quality=40, exif=exif)
    yield _saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    for mode in ("1", "P", "L", "CMYK"):
        yield _saved(image.convert(mode), "TIFF")
    yield _saved(Image.merge("LAB", image.split()), "TIFF")
    yield _saved(image.convert("1"), "TIFF", compression="group4")
    for kind in ("GIF", "BMP", "PPM", "TGA", "JPEG2000", "AVIF"):
        if kind not in ("JPEG2000", "AVIF") or features.check(_FEATURES[kind]):
            yield _saved(image, kind)
            yield _saved(image.convert("L"), kind)


_FEATURES = {"JPEG2000": "jpg_2000", "AVIF": "avif"}


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _tifffiles() -> Iterator[bytes]:
    for dtype in (np.uint8, np.uint16, np.float16, np.float32):
        for options in _TIFFS:
            if options.get("compression") != "jpeg" or dtype is np.uint8:
                yield _tiff(picture(*_SIZE, 3, dtype), photometric="rgb", **options)
    planar = np.moveaxis(picture(*_SIZE, 4, np.uint16), -1, 0)
    yield _tiff(planar, photometric="rgb", planarconfig="separate", extrasamples=["assocalpha"])
    yield _tiff(np.stack([picture(*_SIZE, 3, np.uint8)] * 2), photometric="rgb")
    yield _tiff(picture(*_SIZE, 1, np.uint16)[:, :, 0], photometric="miniswhite")


def _tiff(array: np.ndarray, **options: object) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, array, metadata=None, **options)
    return file.getvalue()
