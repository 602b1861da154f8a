"""AVIF and its container: depth, turns and colour spaces of other programs' files."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest
from PIL import Image, ImageOps

from restore.errors import PhotoError
from restore.photo import Metadata, Photo, Source, read, write
from restore.photo.heif import brands, read_items, read_still
from tests.photo.conftest import XMP, exif_block, picture


@pytest.mark.parametrize("bits", [10, 12])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_10_and_12_bits_fill_16_and_come_back_exactly(tmp_path, channels, bits):
    stored = picture(21, 30, channels, np.uint16) >> (16 - bits)
    path = tmp_path / "x.avif"
    path.write_bytes(imagecodecs.avif_encode(stored.squeeze(), 100, bitspersample=bits))
    photo = read(path)
    assert photo.pixels.dtype == np.uint16
    assert photo.source == Source(path, "AVIF", lossless=True, bits=bits)
    full = stored.astype(np.float64) * 65535 / (2**bits - 1)
    assert abs(photo.to_array().reshape(stored.shape) - full).max() <= 0.5
    again = write(photo, tmp_path / "y.avif").read_bytes()
    assert read_still(again).bits == bits
    np.testing.assert_array_equal(imagecodecs.avif_decode(again), stored.squeeze())


def test_16_bits_are_rounded_to_12(tmp_path, caplog):
    photo = Photo.from_array(picture(20, 30, 3, np.uint16))
    with caplog.at_level("INFO", "restore"):
        again = read(write(photo, tmp_path / "x.avif"))
    assert abs(again.pixels.astype(int) - photo.pixels).max() <= 8
    assert "12 bits" in caplog.text


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_turns_of_the_container_agree_with_pillow(tmp_path, orientation):
    image = Image.fromarray(picture(17, 29, 3, np.uint8))
    image.save(tmp_path / "x.avif", exif=b"Exif\0\0" + exif_block(orientation), quality=95)
    with Image.open(tmp_path / "x.avif") as stored:
        expected = np.asarray(ImageOps.exif_transpose(stored))
    photo = read(tmp_path / "x.avif")
    assert photo.size == expected.shape[1::-1]
    assert abs(photo.pixels.astype(int) - expected).max() <= 6
    with Image.open(write(photo, tmp_path / "y.avif")) as again:
        assert again.getexif().get(274, 1) == 1


@pytest.mark.parametrize("channels", [3, 4])
def test_libavif_finds_what_was_added_and_the_same_picture(tmp_path, icc, channels):
    plain = Photo.from_array(picture(40, 50, channels, np.uint8))
    photo = Photo(plain.pixels, plain.alpha, Metadata(icc=icc, exif=exif_block(1), xmp=XMP))
    path = write(photo, tmp_path / "x.avif")
    with Image.open(path) as image:
        assert image.info["icc_profile"] == icc
        assert image.info["xmp"] == XMP
        assert image.getexif()[271] == "Camera maker"
        assert image.getexif().get_ifd(34665)[37500] == bytes(range(200))
        np.testing.assert_array_equal(np.asarray(image), photo.to_array())


@pytest.mark.parametrize(("gray", "space"), [(False, b"RGB "), (True, b"GRAY")])
def test_a_named_colour_space_becomes_a_profile(tmp_path, gray, space):
    array = picture(20, 30, 3, np.uint8)
    array = array[:, :, 0] if gray else array
    path = tmp_path / "x.avif"
    path.write_bytes(imagecodecs.avif_encode(array, 90, primaries=12, transfer=13, matrix=6))
    icc = read(path).metadata.icc
    assert icc[16:20] == space
    path.write_bytes(imagecodecs.avif_encode(array, 90, primaries=1, transfer=13, matrix=6))
    assert read(path).metadata.icc is None


def test_an_unknown_colour_space_costs_a_warning(tmp_path, caplog):
    path = tmp_path / "x.avif"
    array = picture(20, 30, 3, np.uint8)
    data = imagecodecs.avif_encode(array, 90, primaries=12, transfer=13, matrix=6)
    path.write_bytes(data.replace(b"nclx\0\x0c\0\x0d", b"nclx\0\x63\0\x0d"))
    assert read(path).metadata.icc is None
    assert "colour space" in caplog.text


def test_a_part_of_a_picture_is_refused(tmp_path):
    photo = Photo.from_array(picture(20, 30, 3, np.uint8))
    data = write(photo, tmp_path / "x.avif").read_bytes()
    (tmp_path / "x.avif").write_bytes(data.replace(b"pixi", b"clap", 1))
    with pytest.raises(PhotoError, match="part"):
        read(tmp_path / "x.avif")


def test_tables_of_an_item_written_by_libavif():
    data = imagecodecs.avif_encode(picture(20, 30, 4, np.uint8), 90)
    items = read_items(data)
    assert brands(data)[0] == b"avif"
    assert set(items.kinds.values()) == {b"av01"}
    assert any(kind == b"auxl" and items.primary in to for kind, _, to in items.references)
    assert len(items.data(data, items.primary)) == items.places[items.primary][1][0][1]
