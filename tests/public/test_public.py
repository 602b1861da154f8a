"""Each picture that others test with is read as Pillow reads it, or refused with a reason."""

from __future__ import annotations

import logging
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from restore.errors import PhotoError
from restore.photo import read
from tests.fuzz.worker import Limits, Worker
from tests.public.fetch import FOLDER

PACKAGES = sorted(path for path in FOLDER.glob("*") if path.is_dir())
LIMIT = 4_000_000
UNLIKE = {
    "exif_imagemagick_orientation.png": "its orientation is in a text chunk of ImageMagick's",
    "xmp_tags_orientation.png": "its orientation is in the XMP packet alone",
    "xmp_tags_orientation_exiftool.png": "its orientation is in the XMP packet alone",
    "xmp_tags_orientation.avif": "its orientation is in the XMP packet alone",
    "hopper.Lab.tif": "Lab, which Pillow takes for another white point",
    "lab-green.tif": "Lab, as above",
    "lab-red.tif": "Lab, as above",
    "minisblack-2c-8b-alpha.tiff": "gray that is multiplied by alpha, which Pillow leaves so",
    "old-style-jpeg-compression.tif": "old-style JPEG, decoded by another program",
    "old-style-jpeg-compression-no-samplesperpixel.tif": "old-style JPEG, as above",
}
"""What is not held against Pillow, and why."""

pytestmark = pytest.mark.skipif(not PACKAGES, reason="fetched by `make public`")


def files(package: Path) -> list[Path]:
    return sorted(path for path in package.rglob("*") if path.is_file())


@pytest.mark.skipif(sys.platform != "linux", reason="needs limits on memory")
@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_no_file_breaks_a_promise(package):
    faults = []
    with Worker(Limits(seconds=20)) as worker:
        for path in files(package):
            verdict = worker.examine(path.read_bytes(), ".png")
            if verdict.fault:
                faults.append(f"{path.relative_to(FOLDER)}: {verdict.fault}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_what_is_read_is_what_pillow_reads(package):
    unlike, held = [], 0
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    for path in files(package):
        try:
            photo = read(path, max_pixels=LIMIT)
            array = photo.converted(transfer=photo.transfer, premultiplied=False).to_array()
        except PhotoError as refusal:
            unlike += [] if refusal.hint else [f"{path}: refused without a hint"]
            continue
        expected = pillows(path, array)
        if expected is None or path.name in UNLIKE:
            continue
        held += 1
        difference = np.abs(array.astype(int) - expected).max() if array.size else 0
        if difference > 1:  # Alpha that was multiplied in is divided out, and rounded.
            unlike.append(f"{path.relative_to(FOLDER)}: by {difference}")
    assert not unlike, "\n".join(unlike)
    assert held > 2


def pillows(path: Path, array: np.ndarray) -> np.ndarray | None:
    """Return what Pillow decodes, or None where it cannot, or not at this depth."""
    if array.dtype != np.uint8:
        return None
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[array.shape[2] if array.ndim == 3 else 1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(path) as image:
                if image.mode in ("1", "L") and "transparency" in image.info:
                    return None  # Below 8 bits it compares other values than the key's.
                expected = np.asarray(ImageOps.exif_transpose(image).convert(mode))
        except Exception:
            return None
    return expected if expected.shape == array.shape else None
