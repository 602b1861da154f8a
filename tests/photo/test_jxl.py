"""JPEG XL: headers, colour spaces and turns of other programs' files."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace

import imagecodecs
import numpy as np
import pytest
from PIL import Image, ImageOps

from restore.errors import PhotoError, WriteError
from restore.photo import Metadata, Photo, cicp, read, write
from restore.photo.jxl_header import read_header
from tests.photo.conftest import XMP, exif_block, picture

needs_cjxl = pytest.mark.skipif(shutil.which("cjxl") is None, reason="needs cjxl (libjxl-tools)")
SIZES = [(8, 8), (1, 1), (256, 256), (248, 8), (300, 400), (108, 192), (600, 1), (1, 9000)]


def cjxl(image: Image.Image, folder, *options: str, **saved):
    image.save(folder / "in.png", **saved)
    command = ["cjxl", folder / "in.png", folder / "x.jxl", *options]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "x.jxl"


@pytest.mark.parametrize("size", SIZES)
def test_the_header_says_what_the_picture_is(size):
    for channels, dtype in ((1, np.uint8), (4, np.uint16), (2, np.float16)):
        array = np.zeros((*size, channels), dtype).squeeze(axis=2 if channels == 1 else ())
        data = imagecodecs.jpegxl_encode(array, lossless=True, usecontainer=False)
        header = read_header(data[data.index(b"\xff\x0a") :])
        assert (header.height, header.width) == size
        assert header.gray == (channels < 3)
        assert header.alpha == (channels in (2, 4))
        assert header.bits == array.dtype.itemsize * 8
        assert header.floats == (dtype is np.float16)
        assert not header.converted
        assert not any((header.has_icc, header.animated, header.extra, header.premultiplied))


@pytest.mark.parametrize("bits", [10, 12])
def test_10_and_12_bits_fill_16_and_come_back_exactly(tmp_path, bits):
    stored = picture(21, 30, 3, np.uint16) >> (16 - bits)
    path = tmp_path / "x.jxl"
    path.write_bytes(imagecodecs.jpegxl_encode(stored, lossless=True, bitspersample=bits))
    photo = replace(read(path), metadata=Metadata())
    assert photo.source.bits == bits
    full = stored.astype(np.float64) * 65535 / (2**bits - 1)
    assert abs(photo.pixels - full).max() <= 0.5
    again = write(photo, tmp_path / "y.jxl").read_bytes()
    np.testing.assert_array_equal(imagecodecs.jpegxl_decode(again), stored)


def test_half_floats_come_back_as_such(tmp_path):
    stored = picture(21, 30, 3, np.float16)
    path = tmp_path / "x.jxl"
    path.write_bytes(imagecodecs.jpegxl_encode(stored, lossless=True))
    photo = replace(read(path), metadata=Metadata())
    np.testing.assert_array_equal(photo.pixels, stored.astype(np.float32))
    again = imagecodecs.jpegxl_decode(write(photo, tmp_path / "y.jxl").read_bytes())
    assert again.dtype == np.float16
    np.testing.assert_array_equal(again, stored)


@pytest.mark.parametrize("quality", [None, 90])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_what_is_written_is_called_srgb_and_looks_so(tmp_path, dtype, channels, quality):
    ramp = np.linspace(0.02, 0.98, 64, dtype=np.float32)
    array = np.broadcast_to(ramp[:, None, None], (64, 64, channels))
    if dtype != np.float32:
        array = np.rint(array * np.iinfo(dtype).max).astype(dtype)
    photo = Photo.from_array(array)
    path = write(photo, tmp_path / "x.jxl", quality=quality)
    again = read(path)
    assert again.metadata.icc is None
    assert again.pixels.dtype == dtype
    assert abs(again.to_float() - photo.to_float()).max() <= (0 if quality is None else 0.02)
    if shutil.which("djxl") and channels == 3:
        depth = () if dtype == np.uint8 else ("--bits_per_sample=16",)
        command = ["djxl", path, tmp_path / "x.png", *depth]
        subprocess.run(command, check=True, capture_output=True)
        seen = read(tmp_path / "x.png").to_float()
        assert abs(seen - photo.to_float()).max() <= 0.02


@pytest.mark.parametrize("container", [False, True])
def test_exif_and_xmp_are_carried(tmp_path, container):
    data = imagecodecs.jpegxl_encode(picture(9, 8, 3, np.uint8), usecontainer=container)
    (tmp_path / "x.jxl").write_bytes(data)
    photo = read(tmp_path / "x.jxl")
    photo = replace(photo, metadata=Metadata(exif=exif_block(1), xmp=XMP))
    again = read(write(photo, tmp_path / "y.jxl")).metadata
    assert (again.exif, again.xmp, again.dpi) == (exif_block(1), XMP, (240.0, 240.0))


def test_a_profile_that_is_srgb_is_not_needed_and_another_is_refused(tmp_path, icc):
    photo = Photo.from_array(picture(9, 8, 3, np.uint8))
    path = write(replace(photo, metadata=Metadata(icc=icc)), tmp_path / "x.jxl")
    assert read(path).metadata.icc is None
    wide = replace(photo, metadata=Metadata(icc=cicp.profile(12, cicp.SRGB)))
    with pytest.raises(WriteError, match="profile"):
        write(wide, tmp_path / "y.jxl")
    assert not (tmp_path / "y.jxl").exists()


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_linear_light_stays_linear(tmp_path, dtype):
    stored = picture(21, 30, 3, dtype)
    path = tmp_path / "x.jxl"
    path.write_bytes(imagecodecs.jpegxl_encode(stored, lossless=True))
    photo = read(path)
    assert photo.metadata.icc == cicp.profile(1, cicp.LINEAR)
    again = read(write(photo, tmp_path / "y.jxl"))
    assert again.metadata.icc == photo.metadata.icc
    np.testing.assert_array_equal(again.pixels, stored)


def test_an_animation_is_refused(tmp_path):
    frames = np.stack([picture(16, 24, 3, np.uint8, seed) for seed in range(3)])
    (tmp_path / "x.jxl").write_bytes(imagecodecs.jpegxl_encode(frames, lossless=True))
    with pytest.raises(PhotoError, match="animated"):
        read(tmp_path / "x.jxl")


@needs_cjxl
@pytest.mark.parametrize("primaries", [1, 12])
def test_a_named_colour_space_becomes_a_profile(tmp_path, primaries):
    image = Image.fromarray(picture(20, 30, 3, np.uint8))
    profile = cicp.profile(primaries, cicp.SRGB)
    photo = read(cjxl(image, tmp_path, "-d", "1", icc_profile=profile))
    assert photo.metadata.icc == profile
    assert not photo.source.lossless


@needs_cjxl
def test_a_compressed_profile_is_refused_not_dropped(tmp_path):
    image = Image.fromarray(picture(20, 30, 3, np.uint8))
    path = cjxl(image, tmp_path, "-d", "0", icc_profile=cicp.profile(12, 2.2))
    with pytest.raises(PhotoError, match="profile"):
        read(path)


@needs_cjxl
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_turns_of_the_container_agree_with_pillow(tmp_path, orientation):
    image = Image.fromarray(picture(17, 29, 3, np.uint8))
    exif = exif_block(orientation)
    image.save(tmp_path / "in.jpg", exif=b"Exif\0\0" + exif, quality=95, subsampling=0)
    command = ["cjxl", tmp_path / "in.jpg", tmp_path / "x.jxl", "--lossless_jpeg=1"]
    subprocess.run(command, check=True, capture_output=True)
    with Image.open(tmp_path / "in.jpg") as stored:
        expected = np.asarray(ImageOps.exif_transpose(stored))
    photo = read(tmp_path / "x.jxl")
    assert not photo.source.lossless
    assert abs(photo.pixels.astype(int) - expected).max() <= 6
    assert photo.metadata.exif == exif_block(1)
