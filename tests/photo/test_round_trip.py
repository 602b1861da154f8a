"""What is written and read again is the same, and other programs agree on what was written."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
from dataclasses import replace

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from restore.errors import ParameterError, WriteError
from restore.photo import Photo, Source, read, write
from tests.photo.conftest import exif_block, picture

LOSSLESS = [
    ("png", np.uint8),
    ("png", np.uint16),
    ("tif", np.uint8),
    ("tif", np.uint16),
    ("tif", np.float32),
    ("webp", np.uint8),
    ("avif", np.uint8),
    ("jxl", np.uint8),
    ("jxl", np.uint16),
    ("jxl", np.float32),
    ("jp2", np.uint8),
    ("jp2", np.uint16),
    ("bmp", np.uint8),
    ("ppm", np.uint8),
    ("ppm", np.uint16),
]
ALWAYS_RGB = {("webp", 1), ("webp", 2), ("bmp", 2)}
WITHOUT_ALPHA = ("ppm",)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize(("suffix", "dtype"), LOSSLESS)
@pytest.mark.parametrize("size", [(1, 1), (33, 47)])
def test_lossless_formats_keep_every_bit(tmp_path, suffix, dtype, channels, size):
    if channels in (2, 4) and suffix in WITHOUT_ALPHA:
        pytest.skip(f"{suffix} has no alpha")
    photo = Photo.from_array(picture(*size, channels, dtype))
    again = read(write(photo, tmp_path / f"x.{suffix}"))
    if (suffix, channels) in ALWAYS_RGB:
        np.testing.assert_array_equal(
            again.pixels, np.broadcast_to(photo.pixels, again.pixels.shape)
        )
    else:
        np.testing.assert_array_equal(again.pixels, photo.pixels)
    assert again.pixels.dtype == dtype
    assert (again.alpha is None) == (photo.alpha is None)
    if photo.alpha is not None:
        np.testing.assert_array_equal(again.alpha, photo.alpha)
    assert again.source.lossless


@pytest.mark.parametrize("suffix", ["png", "tif", "webp", "avif", "jxl", "jp2", "bmp"])
def test_colours_under_full_transparency_are_kept(tmp_path, suffix):
    array = picture(40, 50, 4, np.uint8)
    array[5:30, 5:40, 3] = 0
    again = read(write(Photo.from_array(array), tmp_path / f"x.{suffix}"))
    np.testing.assert_array_equal(again.to_array(), array)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_tifffile_reads_the_tiffs(tmp_path, dtype, channels):
    array = picture(700, 600, channels, dtype)
    path = write(Photo.from_array(array), tmp_path / "x.tif")
    np.testing.assert_array_equal(tifffile.imread(path), array.squeeze())


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (2, "LA"), (3, "RGB"), (4, "RGBA")])
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_pillow_reads_8_bits(tmp_path, suffix, channels, mode):
    array = picture(40, 50, channels, np.uint8)
    path = write(Photo.from_array(array), tmp_path / f"x.{suffix}")
    with Image.open(path) as image:
        assert image.mode == mode
        np.testing.assert_array_equal(np.asarray(image), array.squeeze())


def test_float_tiff_in_big_endian_is_read_by_libtiff(tmp_path):
    photo = Photo.from_array(picture(40, 50, 1, np.float32))
    photo = replace(photo, metadata=replace(photo.metadata, exif=exif_block(endian=">")))
    path = write(photo, tmp_path / "x.tif")
    assert path.read_bytes().startswith(b"MM")
    decoded = imagecodecs.tiff_decode(path.read_bytes())
    np.testing.assert_array_equal(decoded, photo.pixels[:, :, 0])


def test_smooth_photos_compress_about_as_well_as_pillow_does(tmp_path):
    array = picture(300, 400, 3, np.uint8)
    image = Image.fromarray(array)
    deflate = {"compression": "tiff_adobe_deflate", "tiffinfo": {317: 2}}
    for suffix, kind, options in (("png", "PNG", {}), ("tif", "TIFF", deflate)):
        reference = io.BytesIO()
        image.save(reference, kind, **options)
        path = write(Photo.from_array(array), tmp_path / f"x.{suffix}")
        assert path.stat().st_size < 1.1 * len(reference.getvalue())


@pytest.mark.parametrize(
    ("dtype", "suffix", "expected"),
    [
        (np.uint16, "webp", np.uint8),
        (np.float32, "webp", np.uint8),
        (np.float32, "png", np.uint16),
    ],
)
def test_a_depth_that_does_not_fit_is_reduced_and_told(tmp_path, caplog, dtype, suffix, expected):
    photo = Photo.from_array(picture(30, 40, 4, dtype))
    with caplog.at_level(logging.INFO, "restore"):
        again = read(write(photo, tmp_path / f"x.{suffix}"))
    top = np.iinfo(expected).max
    peak = np.iinfo(dtype).max if np.dtype(dtype).kind == "u" else 1
    exact = photo.to_array().astype(np.float64) / peak * top
    error = again.to_array() - np.clip(exact, 0, top)
    assert np.abs(error).max() < (1 if top == 255 else 0.51)
    assert np.abs(error[:, :, 3]).max() < 0.51
    assert again.pixels.dtype == expected
    assert "is written with" in caplog.text


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("suffix", ["webp", "avif", "jxl", "jp2"])
def test_a_format_of_both_kinds_follows_its_source(tmp_path, suffix, channels):
    photo = Photo.from_array(picture(64, 64, channels, np.uint8))
    lossy = read(write(photo, tmp_path / f"lossy.{suffix}", quality=80))
    assert not lossy.source.lossless
    assert not read(write(lossy, tmp_path / f"again.{suffix}")).source.lossless
    assert read(write(photo, tmp_path / f"exact.{suffix}")).source.lossless


@pytest.mark.parametrize("suffix", ["webp", "avif", "jxl"])
def test_a_lossy_format_keeps_alpha_exactly(tmp_path, suffix):
    photo = Photo.from_array(picture(64, 64, 4, np.uint8))
    again = read(write(photo, tmp_path / f"x.{suffix}", quality=60))
    np.testing.assert_array_equal(again.alpha, photo.alpha)


def test_the_format_comes_from_suffix_source_or_caller(tmp_path):
    photo = Photo.from_array(picture(8, 9, 3, np.uint8))
    assert read(write(photo, tmp_path / "A.JPeG")).source.format == "JPEG"
    assert read(write(photo, tmp_path / "b.png", format="tiff")).source.format == "TIFF"
    sourced = Photo(photo.pixels, source=Source(format="WEBP"))
    assert read(write(sourced, tmp_path / "bare")).source.format == "WEBP"
    with pytest.raises(WriteError, match=r"\.png"):
        write(sourced, tmp_path / "x.gif")
    with pytest.raises(WriteError, match="no ending"):
        write(photo, tmp_path / "bare2")
    with pytest.raises(ParameterError, match="PNG"):
        write(photo, tmp_path / "x.png", format="gif")
    with pytest.raises(ParameterError, match="100"):
        write(photo, tmp_path / "x.jpg", quality=101)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["A.JPeG", "b.png", "bare"]


def test_jpeg_refuses_transparency_but_not_an_opaque_alpha(tmp_path):
    array = picture(16, 16, 4, np.uint8)
    with pytest.raises(WriteError, match="transparency"):
        write(Photo.from_array(array), tmp_path / "x.jpg")
    array[:, :, 3] = 255
    assert read(write(Photo.from_array(array), tmp_path / "x.jpg")).alpha is None


@pytest.mark.parametrize("suffix", ["webp", "jpg"])
def test_a_side_too_long_for_the_format_is_refused(tmp_path, suffix):
    with pytest.raises(WriteError, match="a side"):
        write(Photo.from_array(np.zeros((1, 65501), np.uint8)), tmp_path / f"x.{suffix}")


def test_photo_write_is_write(tmp_path):
    photo = Photo.from_array(picture(8, 9, 3, np.uint8))
    path = photo.write(tmp_path / "x.jpg", quality=80)
    assert path.read_bytes() == write(photo, tmp_path / "y.jpg", quality=80).read_bytes()
    assert imagecodecs.jpeg8_decode(path.read_bytes()).shape == (8, 9, 3)


def test_importing_takes_no_codec():
    code = "import sys, restore.photo; print({'PIL', 'tifffile', 'imagecodecs'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
