"""What ImageMagick writes is read as ImageMagick means it, and the other way round."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from restore.photo import Photo, read, write
from restore.photo.colour.profiles import adobe_rgb
from tests.photo.conftest import picture
from tests.photo.profiles import cmyk


def _installed() -> bool:
    program = shutil.which("convert")
    if program is None:
        return False
    told = subprocess.run([program, "-version"], capture_output=True, check=False, text=True)
    return "ImageMagick" in told.stdout and "lcms" in told.stdout


pytestmark = pytest.mark.skipif(not _installed(), reason="ImageMagick is not installed")


def convert(*arguments: str | Path) -> None:
    subprocess.run(["convert", *map(str, arguments)], check=True, capture_output=True)


@pytest.fixture
def deep(tmp_path) -> np.ndarray:
    """Return 16-bit samples, with alpha; as PNG they lie in x.png."""
    samples = picture(24, 32, 4, np.uint16)
    samples[:, :, 3] = np.maximum(samples[:, :, 3], 20000)
    samples[:3, :3, 3] = 0
    write(Photo.from_array(samples), tmp_path / "x.png")
    return samples


def test_inks_become_the_same_colours(tmp_path):
    inks = picture(24, 32, 4, np.uint8)
    tifffile.imwrite(tmp_path / "x.tif", inks, photometric="separated", iccprofile=cmyk())
    (tmp_path / "adobe.icc").write_bytes(adobe_rgb())
    options = ("-intent", "relative", "-black-point-compensation")
    convert(tmp_path / "x.tif", *options, "-profile", tmp_path / "adobe.icc", tmp_path / "y.png")
    with Image.open(tmp_path / "y.png") as image:
        expected = np.asarray(image.convert("RGB")).astype(int)
    difference = np.abs(read(tmp_path / "x.tif").pixels - expected)
    assert difference.max() <= 10  # near black a step of a dark ink is many of RGB
    assert difference.mean() < 1


def test_lab(tmp_path, deep):
    flat = ("-alpha", "off", "-colorspace", "Lab", "-depth", "16")
    convert(tmp_path / "x.png", *flat, tmp_path / "x.tif")
    photo = read(tmp_path / "x.tif")
    assert photo.pixels.dtype == np.uint16
    assert "Lab was converted" in photo.notes[0]
    again = write(photo, tmp_path / "y.tif")
    (tmp_path / "srgb.icc").write_bytes(imagecodecs.cms_profile("srgb"))
    options = ("-intent", "relative", "-profile", tmp_path / "srgb.icc", "-depth", "16")
    convert(again, *options, tmp_path / "y.png")
    back = read(tmp_path / "y.png").pixels.astype(float)
    assert np.abs(back - deep[:, :, :3])[3:].mean() / 65535 < 0.01


@pytest.mark.parametrize("depth", [10, 12, 14])
def test_packed_bits(tmp_path, deep, depth):
    convert(tmp_path / "x.png", "-alpha", "off", "-depth", depth, tmp_path / "x.tif")
    photo = read(tmp_path / "x.tif")
    assert photo.source.bits == depth
    convert(tmp_path / "x.tif", "-depth", "16", tmp_path / "y.png")
    np.testing.assert_allclose(photo.pixels, read(tmp_path / "y.png").pixels.astype(int), atol=1)
    np.testing.assert_allclose(photo.pixels, deep[:, :, :3], atol=2 * 65535 / 2**depth + 1)


def test_half_floats(tmp_path, deep):
    options = ("-alpha", "off", "-depth", "16", "-define", "quantum:format=floating-point")
    convert(tmp_path / "x.png", *options, tmp_path / "x.tif")
    photo = read(tmp_path / "x.tif")
    assert (photo.pixels.dtype, photo.source.bits) == (np.float32, 16)
    np.testing.assert_allclose(photo.pixels, deep[:, :, :3] / 65535, atol=1e-3)
    convert(write(photo, tmp_path / "y.tif"), "-depth", "16", tmp_path / "y.png")
    np.testing.assert_allclose(read(tmp_path / "y.png").pixels, deep[:, :, :3], atol=70)


def test_colours_that_are_multiplied(tmp_path, deep):
    convert(tmp_path / "x.png", "-define", "tiff:alpha=associated", tmp_path / "x.tif")
    photo = read(tmp_path / "x.tif")
    assert photo.premultiplied
    np.testing.assert_array_equal(photo.alpha, deep[:, :, 3])
    shown = deep[:, :, 3] > 0
    np.testing.assert_allclose(photo.to_float()[shown], deep[shown, :3] / 65535, atol=1e-4)
    convert(write(photo, tmp_path / "y.tif"), tmp_path / "y.png")
    np.testing.assert_allclose(
        read(tmp_path / "y.png").pixels[shown].astype(int), deep[shown, :3], atol=4
    )
