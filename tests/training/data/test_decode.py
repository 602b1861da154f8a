"""Every format becomes upright 8-bit RGB; what cannot be decoded says why."""

from __future__ import annotations

import io
import math
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from restore.training.data.decode import MAX_BYTES, MAX_PIXELS, decode, explain, read_size
from tests.training.data.pictures import noise, png_header, save, smooth


def decoded(path: Path) -> np.ndarray:
    with path.open("rb") as file:
        return decode(file, path.stat().st_size)


def refusal(path: Path) -> str:
    with pytest.raises(Exception) as caught, path.open("rb") as file:  # noqa: PT011
        decode(file, path.stat().st_size)
    return explain(caught.value)


LOSSLESS = {
    "png": {},
    "tif": {"compression": "tiff_lzw"},
    "tiff": {},
    "webp": {"lossless": True},
    "bmp": {},
    "ppm": {},
    "tga": {},
    "qoi": {},
    "jp2": {"irreversible": False},
}


@pytest.mark.parametrize("suffix", LOSSLESS)
def test_a_lossless_file_comes_back_to_the_bit(tmp_path, suffix):
    array = noise(37, 23)
    pixels = decoded(save(tmp_path / f"x.{suffix}", array, **LOSSLESS[suffix]))
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, array)


def test_a_jpeg_is_what_another_decoder_reads(tmp_path):
    path = save(tmp_path / "x.jpg", noise(37, 23), quality=90, subsampling=0)
    np.testing.assert_array_equal(decoded(path), imagecodecs.jpeg8_decode(path.read_bytes()))


def test_an_avif_is_nearly_what_went_in(tmp_path):
    array = smooth(48, 64)
    pixels = decoded(save(tmp_path / "x.avif", array, quality=100, subsampling="4:4:4"))
    assert np.abs(pixels.astype(int) - array).max() <= 3


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("channels", [1, 3])
def test_16_bits_keep_their_high_byte(tmp_path, suffix, channels):
    rng = np.random.default_rng(0)
    array = rng.integers(0, 1 << 16, (19, 31, channels), np.uint16).squeeze()
    path = tmp_path / f"x.{suffix}"
    if suffix == "png":
        path.write_bytes(imagecodecs.png_encode(array))
    else:
        tifffile.imwrite(path, array, photometric="rgb" if channels == 3 else "minisblack")
    expected = np.broadcast_to((array >> 8).reshape(19, 31, channels), (19, 31, 3))
    np.testing.assert_array_equal(decoded(path), expected)


def test_8_bits_stored_as_16_come_back_to_the_bit(tmp_path):
    array = noise(19, 31)
    path = tmp_path / "x.png"
    path.write_bytes(imagecodecs.png_encode(array.astype(np.uint16) * 257))
    np.testing.assert_array_equal(decoded(path), array)


def test_gray_and_palette_become_rgb(tmp_path):
    gray = noise(8, 9)[:, :, 0]
    np.testing.assert_array_equal(
        decoded(save(tmp_path / "g.png", gray)), np.stack([gray] * 3, axis=2)
    )
    palette = Image.fromarray(noise(8, 9)).convert("P")
    palette.save(tmp_path / "p.gif")
    np.testing.assert_array_equal(decoded(tmp_path / "p.gif"), np.asarray(palette.convert("RGB")))


def test_alpha_is_dropped_where_it_hides_nothing(tmp_path):
    array = noise(8, 9, channels=4)
    array[:, :, 3] = 255
    np.testing.assert_array_equal(decoded(save(tmp_path / "x.png", array)), array[:, :, :3])
    array[3, 4, 3] = 254
    assert refusal(save(tmp_path / "y.png", array)) == "it is transparent in places"


UPRIGHT = {
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).transpose(1, 0, 2),
    8: lambda a: np.rot90(a, 1),
}
"""EXIF 2.32, tag 274: what makes a stored picture upright."""


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("suffix", ["png", "tif", "webp", "jpg", "avif"])
def test_a_picture_is_upright(tmp_path, suffix, orientation):
    array = smooth(40, 56)
    exif = Image.Exif()
    exif[274] = orientation
    options = LOSSLESS.get(suffix) or {"quality": 100, "subsampling": "4:4:4"}
    pixels = decoded(save(tmp_path / f"x.{suffix}", array, exif=exif, **options))
    expected = UPRIGHT[orientation](array)
    assert pixels.shape == expected.shape
    assert np.abs(pixels.astype(int) - expected).max() <= (0 if suffix in LOSSLESS else 4)


def test_what_cannot_be_decoded_says_why(tmp_path):
    text = tmp_path / "text.jpg"
    text.write_text("no picture")
    empty = tmp_path / "empty.png"
    empty.touch()
    assert refusal(text) == refusal(empty) == "it is damaged, or no picture"
    for suffix in ("jpg", "png", "webp", "tif"):
        whole = save(tmp_path / f"whole.{suffix}", noise(64, 64)).read_bytes()
        cut = tmp_path / f"cut.{suffix}"
        cut.write_bytes(whole[: len(whole) // 2])
        assert "object at 0x" not in refusal(cut)
    deep = tmp_path / "deep.tif"
    tifffile.imwrite(deep, np.zeros((8, 8), np.float32))
    assert "32 bits" in refusal(deep)


def test_no_other_program_is_started_for_a_disguised_file(tmp_path):
    path = save(tmp_path / "x.eps", noise(8, 8))
    with Image.open(path) as image:
        assert image.format == "EPS"
    assert refusal(path.rename(tmp_path / "x.jpg")) == "it is damaged, or no picture"


def test_a_size_is_refused_before_memory_is_taken():
    bomb = io.BytesIO(png_header(MAX_PIXELS // 1000, 1001))
    for read in (decode, read_size):
        bomb.seek(0)
        with pytest.raises(ValueError, match=r"150000×1001 pixels; the limit is 150 million"):
            read(bomb, 100)
    most = io.BytesIO(png_header(MAX_PIXELS // 1000, 1000))
    assert math.prod(read_size(most, 100)) == MAX_PIXELS
    with pytest.raises(ValueError, match=r"it has 1\.1 GB; the limit is 1\.1 GB"):
        read_size(most, MAX_BYTES + 1)
