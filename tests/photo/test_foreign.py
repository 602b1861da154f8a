"""Files as other programs write them, in every layout that is read."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from restore.errors import PhotoError
from restore.photo import read, write
from restore.photo.png_chunks import Chunk, assemble
from tests.photo.conftest import picture

COMPRESSIONS = [None, "lzw", "zlib", "zstd", "packbits", "lzma"]
LAYOUTS = [{"rowsperstrip": 7}, {"tile": (16, 32)}, {"planarconfig": "separate"}]


def png(width: int, height: int, depth: int, kind: int, raw: bytes, interlace: int = 0, *more):
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlace)
    data = Chunk(b"IDAT", zlib.compress(raw))
    return assemble([Chunk(b"IHDR", header), *more, data, Chunk(b"IEND", b"")])


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_tiff_layouts(tmp_path, dtype, compression, layout, byteorder):
    array = picture(45, 53, 4, dtype)
    predictor = compression in ("lzw", "zlib", "zstd")
    tifffile.imwrite(
        tmp_path / "x.tif",
        array if "planarconfig" not in layout else np.moveaxis(array, -1, 0),
        photometric="rgb",
        extrasamples=["unassalpha"],
        compression=compression,
        predictor=predictor,
        byteorder=byteorder,
        metadata=None,
        **layout,
    )
    photo = read(tmp_path / "x.tif")
    np.testing.assert_array_equal(photo.to_array(), array)
    assert photo.pixels.dtype == dtype
    assert photo.source.format == "TIFF"
    assert photo.source.lossless


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
@pytest.mark.parametrize("channels", [1, 3])
def test_other_float_tiffs_become_float32(tmp_path, dtype, channels):
    array = picture(20, 30, channels, dtype)
    kind = "rgb" if channels == 3 else "minisblack"
    tifffile.imwrite(tmp_path / "x.tif", array.squeeze(), photometric=kind, metadata=None)
    photo = read(tmp_path / "x.tif")
    np.testing.assert_array_equal(photo.pixels, array.astype(np.float32))
    assert photo.pixels.dtype == np.float32


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_white_is_zero_is_turned_round(tmp_path, dtype):
    array = picture(20, 30, 1, dtype)[:, :, 0]
    tifffile.imwrite(tmp_path / "x.tif", array, photometric="miniswhite", metadata=None)
    np.testing.assert_array_equal(read(tmp_path / "x.tif").pixels[:, :, 0], ~array)


@pytest.mark.parametrize("mode", ["1", "P", "L"])
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_palettes_and_single_bits_are_expanded(tmp_path, mode, suffix):
    image = Image.fromarray(picture(21, 35, 3, np.uint8)).convert(mode)
    image.save(tmp_path / f"x.{suffix}")
    expected = np.asarray(image.convert({"1": "L", "P": "RGB", "L": "L"}[mode]))
    photo = read(tmp_path / f"x.{suffix}")
    np.testing.assert_array_equal(photo.pixels.squeeze(), expected)
    assert photo.alpha is None


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_lzw"])
def test_fax_tiffs(tmp_path, compression):
    image = Image.fromarray(picture(21, 35, 1, np.uint8)[:, :, 0]).convert("1")
    image.save(tmp_path / "x.tif", compression=compression)
    expected = np.asarray(image.convert("L"))
    np.testing.assert_array_equal(read(tmp_path / "x.tif").pixels[:, :, 0], expected)


def test_a_jpeg_within_a_tiff_counts_as_lossy(tmp_path):
    array = picture(64, 64, 3, np.uint8)
    Image.fromarray(array).save(tmp_path / "x.tif", compression="jpeg")
    photo = read(tmp_path / "x.tif")
    assert np.abs(photo.pixels.astype(int) - array).mean() < 12
    assert not photo.source.lossless


@pytest.mark.parametrize("channels", [1, 3])
def test_interlaced_png_of_16_bits(tmp_path, channels):
    array = picture(11, 13, channels, np.uint16)
    raw = b""
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2)]
    for top, left, down, across in [*passes, (1, 0, 2, 1)]:
        for row in array[top::down, left::across]:
            raw += b"\0" + row.astype(">u2").tobytes()
    (tmp_path / "x.png").write_bytes(png(13, 11, 16, {1: 0, 3: 2}[channels], raw, 1))
    np.testing.assert_array_equal(read(tmp_path / "x.png").pixels, array)


def test_a_transparent_colour_becomes_alpha(tmp_path):
    raw = b"\0" + struct.pack(">6H", 1, 2, 3, 500, 600, 700)
    key = Chunk(b"tRNS", struct.pack(">3H", 1, 2, 3))
    (tmp_path / "x.png").write_bytes(png(2, 1, 16, 2, raw, 0, key))
    photo = read(tmp_path / "x.png")
    np.testing.assert_array_equal(photo.pixels, [[[1, 2, 3], [500, 600, 700]]])
    np.testing.assert_array_equal(photo.alpha, [[0, 65535]])


def test_a_palette_with_transparency_gets_alpha(tmp_path):
    image = Image.fromarray(picture(9, 13, 3, np.uint8)).convert("P")
    image.save(tmp_path / "x.png", transparency=bytes(range(0, 256, 2)))
    with Image.open(tmp_path / "x.png") as stored:
        expected = np.asarray(stored.convert("RGBA"))
    np.testing.assert_array_equal(read(tmp_path / "x.png").to_array(), expected)


def test_gray_of_4_bits_is_expanded(tmp_path):
    (tmp_path / "x.png").write_bytes(png(4, 1, 4, 0, bytes([0, 0x1F, 0x08])))
    np.testing.assert_array_equal(read(tmp_path / "x.png").pixels[0, :, 0], [17, 255, 0, 136])


def test_a_gamma_is_kept_or_its_loss_is_told(tmp_path, caplog):
    linear = Chunk(b"gAMA", struct.pack(">I", 100000))
    (tmp_path / "x.png").write_bytes(png(1, 1, 8, 0, b"\0\x40", 0, linear))
    photo = read(tmp_path / "x.png")
    assert photo.pixels.item() == 64
    again = read(write(photo, tmp_path / "y.png"))
    assert again.metadata.colour_chunks == (("gAMA", linear.data),)
    assert not caplog.text
    write(photo, tmp_path / "y.tif")
    assert f"{tmp_path / 'y.tif'}: TIFF cannot hold the colour tags" in caplog.text


def refused(tmp_path, match: str) -> None:
    with pytest.raises(PhotoError, match=match) as caught:
        read(tmp_path / "x")
    assert str(tmp_path / "x") in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("array", "options", "match"),
    [
        (np.zeros((3, 8, 9, 3), np.uint8), {"photometric": "rgb"}, "3 pages"),
        (
            np.zeros((8, 9, 4), np.uint8),
            {"photometric": "separated", "extratags": [(332, "H", 1, 2, True)]},
            "other inks",
        ),
        (np.zeros((8, 9, 3), np.uint8), {"photometric": "itulab"}, "ITULab"),
        (np.zeros((8, 9, 5), np.uint8), {"photometric": "rgb"}, "channels"),
        (np.zeros((8, 9), np.int16), {"photometric": "minisblack"}, "16-bit numbers"),
        (np.zeros((8, 9), np.uint32), {"photometric": "minisblack"}, "32-bit numbers"),
        (np.full((8, 9), np.nan, np.float32), {"photometric": "minisblack"}, "not finite"),
        (np.zeros((8, 9), np.complex64), {"photometric": "minisblack"}, "64-bit numbers"),
    ],
)
def test_tiffs_that_are_no_photo_are_refused(tmp_path, array, options, match):
    tifffile.imwrite(tmp_path / "x", array, metadata=None, **options)
    refused(tmp_path, match)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF"])
def test_animations_are_refused(tmp_path, kind):
    frames = [Image.fromarray(picture(8, 9, 3, np.uint8, seed)) for seed in range(3)]
    frames[0].save(tmp_path / "x", kind, save_all=True, append_images=frames[1:])
    refused(tmp_path, "animated")


def test_other_kinds_are_named(tmp_path):
    Image.fromarray(picture(8, 9, 3, np.uint8)).save(tmp_path / "x", "GIF")
    refused(tmp_path, "GIF")
