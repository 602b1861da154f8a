"""BMP, PNM, PFM and JPEG 2000 as other programs write and read them."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from restore.errors import PhotoError
from restore.photo import Metadata, Photo, read, write
from tests.photo.conftest import XMP, exif_block, picture

needs_magick = pytest.mark.skipif(shutil.which("convert") is None, reason="needs ImageMagick")


def magick(*arguments) -> None:
    subprocess.run(["convert", *map(str, arguments)], check=True, capture_output=True)


@needs_magick
@pytest.mark.parametrize("suffix", ["bmp", "ppm", "pfm", "jp2", "avif"])
@pytest.mark.parametrize("channels", [1, 3])
def test_imagemagick_reads_what_was_written(tmp_path, suffix, channels):
    if suffix == "avif":
        pytest.skip("its delegate differs from system to system")
    array = picture(20, 31, channels, np.float32 if suffix == "pfm" else np.uint8)
    if suffix == "pfm":
        array = array.clip(0, 1)
    photo = Photo.from_array(array)
    if suffix == "pfm":  # ImageMagick shows its numbers as they are, light or not
        photo = replace(photo, transfer="linear")
    write(photo, tmp_path / f"x.{suffix}")
    magick(tmp_path / f"x.{suffix}", "-depth", "16", tmp_path / "y.png")
    top = 1.0 if suffix == "pfm" else 255.0
    seen = read(tmp_path / "y.png").to_float()
    assert abs(seen - array / top).max() <= 1 / 65535


@needs_magick
@pytest.mark.parametrize(
    ("name", "options", "channels"),
    [
        ("x.ppm", (), 3),
        ("x.ppm", ("-compress", "none"), 3),
        ("x.pgm", ("-colorspace", "gray", "-depth", "16"), 1),
        ("x.pgm", ("-colorspace", "gray", "-compress", "none"), 1),
        ("x.pbm", ("-threshold", "50%"), 1),
        ("x.pbm", ("-threshold", "50%", "-compress", "none"), 1),
        ("x.pam", (), 3),
        ("x.pam", ("-alpha", "set", "-channel", "a", "-evaluate", "multiply", "0.5"), 4),
        ("bmp3:x", (), 3),
        ("bmp2:x", (), 3),
        ("bmp3:x", ("-colors", "11", "-type", "palette"), 3),
        ("bmp3:x", ("-colors", "11", "-type", "palette", "-compress", "RLE"), 3),
        ("bmp:x", ("-alpha", "set", "-channel", "a", "-evaluate", "multiply", "0.5"), 4),
    ],
)
def test_what_imagemagick_writes_is_read(tmp_path, name, options, channels):
    Image.fromarray(picture(20, 31, 3, np.uint8)).save(tmp_path / "in.png")
    prefix, _, file = name.rpartition(":")
    path = tmp_path / file
    magick(tmp_path / "in.png", *options, f"{prefix}:{path}" if prefix else path)
    magick(f"{prefix}:{path}" if prefix else path, "-depth", "16", tmp_path / "y.png")
    photo, expected = read(path), read(tmp_path / "y.png")
    assert photo.pixels.shape[2] + (photo.alpha is not None) == channels
    assert abs(photo.to_float() - expected.to_float()).max() <= 1 / 65535
    if channels == 4:
        assert (photo.alpha == 128).all()


def test_a_comment_in_a_header_is_no_number(tmp_path):
    (tmp_path / "x.ppm").write_bytes(b"P5 # 7\n2#8\n1\n# 9\n255\n\x0a\x20")
    np.testing.assert_array_equal(read(tmp_path / "x.ppm").pixels[:, :, 0], [[10, 32]])


def test_other_highest_values_fill_the_range(tmp_path):
    (tmp_path / "x.pgm").write_bytes(b"P2 3 1 100 0 40 100")
    np.testing.assert_array_equal(read(tmp_path / "x.pgm").pixels[0, :, 0], [0, 102, 255])
    (tmp_path / "x.pgm").write_bytes(b"P5 2 1 1023 \x03\xff\x02\x00")
    photo = read(tmp_path / "x.pgm")
    np.testing.assert_array_equal(photo.pixels[0, :, 0], [65535, 32800])
    assert write(photo, tmp_path / "y.pgm").read_bytes().endswith(b"1023\n\x03\xff\x02\x00")


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"P5 1 1 255 \0P5 1 1 255 \1", "several"),
        (b"P6 2 2 255 \0\0\0", "too early"),
        (b"P2 2 2 255 1 2 3", "too early"),
        (b"P1 3 1 01", "too early"),
        (b"P2 2 1 255 1 256", "larger than its header"),
        (b"P5 2 2 70000 " + bytes(16), "unusual"),
        (b"P5 0 2 255 ", "0×2"),
        (b"P6 2 2", "makes no sense"),
        (b"PF 2 2 -1.0 " + bytes(47), "too early"),
        (b"PF 1 1 -1.0 " + np.array([1, np.nan, 1], "<f4").tobytes(), "not finite"),
    ],
)
def test_what_is_wrong_with_a_bare_picture_is_said(tmp_path, content, match):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(PhotoError, match=match):
        read(tmp_path / "x")


def test_floats_of_the_other_byte_order(tmp_path):
    array = picture(4, 5, 3, np.float32)
    (tmp_path / "x.pfm").write_bytes(b"PF\n5 4\n1.0\n" + array[::-1].astype(">f4").tobytes())
    np.testing.assert_array_equal(read(tmp_path / "x.pfm").pixels, array)


def test_a_bmp_carries_profile_and_resolution_and_tells_the_rest(tmp_path, icc, caplog):
    photo = Photo.from_array(picture(9, 8, 3, np.uint8))
    metadata = Metadata(icc=icc, exif=exif_block(), xmp=XMP, dpi=(300.0, 72.0))
    path = write(Photo(photo.pixels, metadata=metadata), tmp_path / "x.bmp")
    again = read(path).metadata
    assert (again.icc, again.exif, again.xmp) == (icc, None, None)
    assert again.dpi == pytest.approx((300.0, 72.0), abs=0.02)
    for part in ("EXIF block", "XMP packet"):
        assert f"x.bmp: BMP cannot hold the {part}" in caplog.text
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(image), photo.pixels)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
def test_bmps_of_pillow(tmp_path, mode):
    image = Image.fromarray(picture(9, 13, 4, np.uint8)).convert(mode)
    image.save(tmp_path / "x.bmp")
    expected = np.asarray(image.convert({"1": "L", "P": "RGB", "RGBA": "RGB"}.get(mode, mode)))
    np.testing.assert_array_equal(read(tmp_path / "x.bmp").to_array(), expected)


@pytest.mark.parametrize(("mode", "channels"), [("L", 1), ("LA", 2), ("RGB", 3), ("RGBA", 4)])
@pytest.mark.parametrize("suffix", ["jp2", "j2k"])
def test_jpeg_2000_of_pillow(tmp_path, mode, channels, suffix):
    array = picture(20, 31, channels, np.uint8).squeeze()
    Image.fromarray(array, mode).save(tmp_path / f"x.{suffix}")
    photo = read(tmp_path / f"x.{suffix}")
    np.testing.assert_array_equal(photo.to_array(), array)
    assert photo.source.lossless
    with Image.open(write(photo, tmp_path / "y.jp2")) as image:
        assert image.mode == mode
        np.testing.assert_array_equal(np.asarray(image), array)


@pytest.mark.parametrize("bits", [10, 12])
def test_10_and_12_bits_of_jpeg_2000_come_back_exactly(tmp_path, bits):
    stored = picture(21, 30, 3, np.uint16) >> (16 - bits)
    data = imagecodecs.jpeg2k_encode(stored, level=0, reversible=True, bitspersample=bits)
    (tmp_path / "x.jp2").write_bytes(data)
    photo = read(tmp_path / "x.jp2")
    assert photo.source.bits == bits
    assert photo.pixels.max() > 65535 - 2 ** (17 - bits)
    again = write(photo, tmp_path / "y.jp2").read_bytes()
    np.testing.assert_array_equal(imagecodecs.jpeg2k_decode(again), stored)


def test_a_palette_and_other_colours_of_jpeg_2000_are_refused(tmp_path):
    data = write(Photo.from_array(picture(9, 8, 3, np.uint8)), tmp_path / "x.jp2").read_bytes()
    colr = b"colr\1\0\0\0\0\0"
    (tmp_path / "x.jp2").write_bytes(data.replace(colr + b"\x10", colr + b"\x12"))
    with pytest.raises(PhotoError, match="not RGB"):
        read(tmp_path / "x.jp2")
    (tmp_path / "x.jp2").write_bytes(data.replace(b"colr", b"pclr"))
    with pytest.raises(PhotoError, match="palette"):
        read(tmp_path / "x.jp2")


def test_a_pfm_may_have_a_comment_in_its_header(tmp_path):
    (tmp_path / "x.pfm").write_bytes(b"Pf\n#vips2ppm - today\n2 1\n-1\n" + bytes(4) + b"\0\0\x80?")
    np.testing.assert_array_equal(read(tmp_path / "x.pfm").pixels[0, :, 0], [0, 1])
