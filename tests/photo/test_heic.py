"""HEIC, read: files of x265 through libheif, of the picture that the tests draw."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from restore.errors import PhotoError, WriteError
from restore.photo import FORMATS, cicp, read, write
from tests.photo.conftest import exif_block, picture

DATA = Path(__file__).parent / "data"


def test_a_photo_of_a_phone_is_upright_with_all_that_it_told(tmp_path):
    pytest.importorskip("pi_heif")
    photo = read(DATA / "phone.heic")
    expected = np.rot90(picture(32, 48, 3, np.uint8), -1).astype(int)
    assert abs(photo.pixels - expected).mean() < 1
    assert photo.metadata.icc == cicp.profile(12, cicp.SRGB)
    assert photo.metadata.exif == exif_block(1)
    assert b'tiff:Orientation="1"' in photo.metadata.xmp
    assert photo.source.format == "HEIC"
    assert not photo.source.lossless
    again = read(write(photo, tmp_path / "x.avif"))
    assert again.metadata == photo.metadata


def test_ten_bits_fill_16():
    pytest.importorskip("pi_heif")
    photo = read(DATA / "ten_bits.heic")
    assert photo.pixels.dtype == np.uint16
    assert photo.source.bits == 10
    assert photo.pixels.max() == 65535
    difference = abs(photo.pixels.astype(int) - picture(32, 48, 3, np.uint16))
    assert difference.mean() < 250


@pytest.mark.parametrize(("name", "channels"), [("gray", 1), ("alpha", 4)])
def test_gray_and_alpha_stay(name, channels):
    pytest.importorskip("pi_heif")
    photo = read(DATA / f"{name}.heic")
    expected = picture(32, 48, channels, np.uint8)
    assert photo.pixels.shape[2] + (photo.alpha is not None) == channels
    assert abs(photo.to_array().reshape(expected.shape).astype(int) - expected).mean() < 1


def test_the_limit_is_asked_before_the_library(tmp_path):
    with pytest.raises(PhotoError, match="limit"):
        read(DATA / "gray.heic", max_pixels=1000)


def test_it_cannot_be_written(tmp_path):
    with pytest.raises(WriteError, match="HEIC cannot be written"):
        write(read(DATA / "gray.heic"), tmp_path / "x.heic")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["HEIC", "OpenEXR"])
def test_a_missing_library_is_named_with_what_to_install(tmp_path, monkeypatch, name):
    from dataclasses import replace

    kind = next(f for f in FORMATS if f.name == name)
    absent = replace(kind, library="a_library_that_is_not_installed")
    assert absent.missing == kind.install
    path = DATA / "gray.heic"
    if name == "OpenEXR":
        path = tmp_path / "x.exr"
        path.write_bytes(b"v/1\x01" + bytes(50))
    with pytest.raises(PhotoError) as caught:
        read(path, formats=[absent])
    assert str(path) in caught.value.message
    assert f"pip install '{kind.install}'" in caught.value.hint
