"""A photo is upright, its alpha with it, and its metadata say so."""

from __future__ import annotations

import io
import logging

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from restore.photo import Photo, read, write
from tests.photo.conftest import XMP, exif_block, picture


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("endian", ["<", ">"])
@pytest.mark.parametrize("suffix", ["png", "webp", "tif", "jpg"])
def test_all_orientations_agree_with_pillow(tmp_path, suffix, orientation, endian):
    path = tmp_path / f"x.{suffix}"
    array = picture(17, 29, 3 if suffix == "jpg" else 4, np.uint8)
    options = {"lossless": True, "exact": True} if suffix == "webp" else {}
    exif = exif_block(orientation, endian)
    image = Image.fromarray(array)
    image.save(
        path, exif=image_exif(exif) if suffix == "tif" else exif_for(suffix, exif), **options
    )
    photo = read(path)
    if suffix == "jpg":
        image = Image.fromarray(imagecodecs.jpeg8_decode(path.read_bytes()))
    image.getexif()[274] = orientation
    expected = np.asarray(ImageOps.exif_transpose(image))
    np.testing.assert_array_equal(photo.to_array(), expected)
    if suffix != "tif":
        unchanged = exif_block(1, endian)
        assert len(photo.metadata.exif) == len(exif)
        assert photo.metadata.exif == unchanged
    with Image.open(write(photo, tmp_path / f"y.{suffix}")) as again:
        assert again.getexif().get(274, 1) == 1
        assert again.getexif()[271] == "Camera maker"


def image_exif(block: bytes) -> Image.Exif:
    exif = Image.Exif()
    exif.load(block)
    return exif


def exif_for(suffix: str, block: bytes) -> bytes:
    return block if suffix == "webp" else b"Exif\0\0" + block


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_the_tag_of_a_deep_tiff_counts(tmp_path, orientation, byteorder):
    array = picture(17, 29, 4, np.uint16)
    extra = [(274, 3, 1, orientation, True)]
    options = {"photometric": "rgb", "metadata": None, "byteorder": byteorder}
    tifffile.imwrite(tmp_path / "x.tif", array, extratags=extra, **options)
    photo = read(tmp_path / "x.tif")
    for channel, plane in enumerate(np.moveaxis(photo.to_array(), -1, 0)):
        image = Image.fromarray(array[:, :, channel])
        image.getexif()[274] = orientation
        np.testing.assert_array_equal(plane, np.asarray(ImageOps.exif_transpose(image)))


@pytest.mark.parametrize("value", [0, 9, 255])
def test_an_orientation_that_does_not_exist_is_none(tmp_path, value):
    array = picture(17, 29, 3, np.uint8)
    Image.fromarray(array).save(tmp_path / "x.png", exif=exif_block(value))
    photo = read(tmp_path / "x.png")
    np.testing.assert_array_equal(photo.pixels, array)
    assert photo.metadata.exif == exif_block(value)


def test_xmp_does_not_turn_the_photo_a_second_time(tmp_path):
    buffer = io.BytesIO()
    Image.new("RGB", (4, 3)).save(buffer, "JPEG", exif=b"Exif\0\0" + exif_block(6), xmp=XMP)
    (tmp_path / "x.jpg").write_bytes(buffer.getvalue())
    photo = read(tmp_path / "x.jpg")
    assert photo.size == (3, 4)
    assert photo.metadata.xmp == XMP.replace(b'Orientation="6"', b'Orientation="1"')


def test_an_orientation_survives_damage_behind_it(tmp_path, caplog):
    exif = exif_block(6)
    cut = exif[: exif.index(b"\x12\x01\x03\0") + 12]
    Image.fromarray(picture(17, 29, 3, np.uint8)).save(tmp_path / "x.png", exif=cut)
    with caplog.at_level(logging.WARNING, "restore"):
        photo = read(tmp_path / "x.png")
    assert photo.size == (17, 29)
    assert photo.metadata.exif is None
    assert "damaged" in caplog.text


def test_pillow_images_are_turned_too():
    array = picture(17, 29, 3, np.uint8)
    image = Image.fromarray(array)
    image.info["exif"] = b"Exif\0\0" + exif_block(8)
    photo = Photo.from_pil(image)
    np.testing.assert_array_equal(photo.pixels, np.asarray(ImageOps.exif_transpose(image)))
    assert photo.metadata.exif == exif_block(1)
