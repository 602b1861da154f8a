"""Depth: a result has that of its source, and what 8 bits cannot hold does not fall into bands."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from restore.errors import ParameterError, WriteError
from restore.hooks import Action, Parameters, Report, Result
from restore.hooks.run import run_action
from restore.photo import Photo, read, write
from restore.photo.depth import from_unit, rescaled
from restore.photo.dither import AGAIN, DITHER
from restore.photo.png_chunks import Chunk, assemble, read_chunks
from tests.photo.conftest import picture

U8 = np.dtype(np.uint8)


def changed(photo: Photo) -> Photo:
    """Return what an action makes of a photo that changes all of it."""

    def darken(given, *_):
        return Result(given.with_float(given.to_float() * 0.9), Report("darken"))

    return run_action(Action("darken", "Darken", "", Parameters, darken), photo, {}, None).photo


def ramp(height: int, width: int, levels: float, channels: int = 3) -> np.ndarray:
    """Return a sky: so many levels from left to right, and half a level from top to bottom."""
    y, x = np.mgrid[:height, :width]
    values = (100 + levels * x / width + 0.5 * y / height) / 255
    return np.repeat(values[:, :, None], channels, axis=2).astype(np.float32)


def low_frequencies(error: np.ndarray) -> np.ndarray:
    """Return the mean error of each 8×8 block, which is what an eye sees of it."""
    height, width, channels = error.shape
    return error.reshape(height // 8, 8, width // 8, 8, channels).mean(axis=(1, 3))


@pytest.mark.parametrize("pattern", [DITHER, AGAIN])
def test_a_smooth_sky_does_not_fall_into_bands(pattern):
    values = ramp(64, 512, 6)
    dithered = from_unit(values, U8, pattern)
    rounded = from_unit(values, U8)
    error, plain = (low_frequencies(a - values * 255.0) for a in (dithered, rounded))

    assert np.abs(plain).max() > 0.4
    assert np.abs(error).max() < 0.08
    assert np.abs(error.mean(axis=2)).max() < 0.04
    runs = [
        max(b - a for a, b in pairwise([0, *(np.flatnonzero(np.diff(row)) + 1), len(row)]))
        for row in (dithered[20, :, 1], rounded[20, :, 1])
    ]
    assert runs[0] < 40 < 80 < runs[1]


@pytest.mark.parametrize("pattern", [DITHER, AGAIN])
def test_the_error_lies_in_high_frequencies(pattern):
    values = ramp(128, 128, 3, 1)
    window = np.hanning(128)[:, None] * np.hanning(128)

    def below(levels: np.ndarray) -> float:
        error = (levels - values * 255.0)[:, :, 0]
        power = np.abs(np.fft.fft2((error - error.mean()) * window)) ** 2
        fy, fx = np.meshgrid(np.fft.fftfreq(128), np.fft.fftfreq(128), indexing="ij")
        return float(power[np.hypot(fy, fx) < 0.1].sum() / power.sum())

    assert below(from_unit(values, U8, pattern)) < 0.03
    assert below(from_unit(values, U8)) > 0.5


@given(st.integers(0, 2**31), st.integers(0, 2**31), st.sampled_from([DITHER, AGAIN]))
@settings(max_examples=30, deadline=None)
def test_levels_stay_and_others_become_one_of_their_two_neighbours(row, column, pattern):
    there = type(pattern)(pattern.steps, (row, column))
    levels = np.tile(np.arange(256, dtype=np.uint8)[None, :, None], (5, 1, 3))
    exact = levels / np.float32(255)
    np.testing.assert_array_equal(from_unit(exact, U8, there), levels)
    between = exact[:, :-1] + np.random.default_rng(row).random((5, 255, 3)) / 255
    moved = from_unit(between, U8, there) - between * 255
    assert np.abs(moved).max() < 1


@given(st.floats(-0.5, 1.5), st.integers(1, 40), st.integers(1, 40))
@settings(max_examples=30, deadline=None)
def test_a_part_is_dithered_like_the_whole(value, top, left):
    values = np.full((80, 90, 3), value) + ramp(80, 90, 2)
    whole = from_unit(values, U8, DITHER)
    there = type(DITHER)(DITHER.steps, (top, left))
    np.testing.assert_array_equal(from_unit(values[top:, left:], U8, there), whole[top:, left:])


def test_a_part_of_a_photo_becomes_the_part_of_the_result():
    photo = Photo.from_array(picture(40, 50, 3, np.uint8))
    part = replace(photo, pixels=photo.pixels[13:, 7:], origin=(13, 7))
    for scale in (1, 2):
        whole, done = (
            p.with_float(p.to_float().repeat(scale, 0).repeat(scale, 1) * 0.77)
            for p in (photo, part)
        )
        np.testing.assert_array_equal(done.pixels, whole.pixels[13 * scale :, 7 * scale :])


def test_dithering_twice_does_not_shift_the_mean():
    values = np.full((240, 240, 3), 100.5 / 255)
    once = from_unit(values, U8, DITHER) / 255
    for share in (0.25, 0.5, 0.75):
        mixed = 100 / 255 + share * (once - 100 / 255)
        assert abs(from_unit(mixed, U8, AGAIN).mean() - 100 - share / 2) < 0.01


def test_16_bits_and_alpha_are_rounded():
    photo = Photo.from_array(picture(20, 30, 4, np.uint16))
    half = photo.with_float(photo.to_float() * 0.5 + 1e-6)
    expected = np.rint((photo.to_float() * 0.5 + 1e-6).astype(np.float64) * 65535)
    np.testing.assert_array_equal(half.pixels, expected)
    eight = Photo.from_array(picture(20, 30, 4, np.uint8))
    alpha = ramp(20, 30, 1)[:, :, 0]
    np.testing.assert_array_equal(
        eight.with_float(eight.to_float(), alpha=alpha).alpha,
        np.rint(alpha.astype(np.float64) * 255),
    )


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_what_becomes_8_bits_is_dithered_but_not_on_levels(tmp_path, suffix, dtype):
    sky = ramp(32, 256, 3)
    photo = Photo.from_array(np.zeros(sky.shape, dtype)).with_float(sky)
    done = read(write(photo, tmp_path / f"x.{suffix}", depth=8))
    assert done.pixels.dtype == np.uint8
    if suffix == "png":
        assert np.abs(low_frequencies(done.pixels - sky * 255.0)).max() < 0.08
        levels = picture(16, 16, 3, np.uint8)
        wide = Photo.from_array(np.zeros(levels.shape, dtype)).with_float(levels / 255.0)
        exact = read(write(wide, tmp_path / "y.png", depth=8))
        np.testing.assert_array_equal(exact.pixels, levels)


@pytest.mark.parametrize(
    ("suffix", "depth", "dtype"),
    [("tif", 8, "u1"), ("tif", 16, "u2"), ("tif", "float", "f4"), ("png", 16, "u2")],
)
def test_a_depth_that_is_asked_for(tmp_path, suffix, depth, dtype):
    photo = Photo.from_array(picture(9, 13, 4, np.uint8))
    again = read(write(photo, tmp_path / f"x.{suffix}", depth=depth))
    assert again.pixels.dtype == np.dtype(dtype)
    assert again.alpha is not None
    np.testing.assert_array_equal(again.to_float(), photo.to_float())
    back = read(write(again, tmp_path / "y.png", depth=8))
    np.testing.assert_array_equal(back.to_array(), photo.to_array())


def test_a_depth_that_a_format_does_not_have_is_refused_and_nothing_written(tmp_path):
    photo = Photo.from_array(picture(9, 13, 3, np.uint16))
    with pytest.raises(WriteError, match=r"JPEG cannot hold 16 bits"):
        write(photo, tmp_path / "x.jpg", depth=16)
    with pytest.raises(WriteError, match=r"PNG cannot hold floats"):
        write(photo, tmp_path / "x.png", depth="float")
    with pytest.raises(ParameterError, match="12"):
        write(photo, tmp_path / "x.png", depth=12)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


@settings(deadline=None)
@given(st.integers(9, 15))
def test_fewer_bits_become_16_and_come_back(bits):
    levels = np.arange(2**bits, dtype=np.uint16)
    wide = rescaled(levels, 2**bits - 1, 2**16 - 1)
    assert (wide[0], wide[-1]) == (0, 65535)
    np.testing.assert_array_equal(rescaled(wide, 2**16 - 1, 2**bits - 1), levels)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("peak", [1023, 4095, 16383])
def test_a_tiff_of_10_to_14_bits_in_16_keeps_its_scale(tmp_path, peak, channels):
    samples = (picture(33, 47, channels, np.uint16) // (65536 // (peak + 1))).squeeze()
    alpha = {"extrasamples": ["unassalpha"]} if channels == 4 else {}
    tifffile.imwrite(
        tmp_path / "x.tif",
        samples,
        photometric="rgb" if channels > 1 else "minisblack",
        extratags=[(281, "H", channels, (peak,) * channels, True)],
        **alpha,
    )
    photo = read(tmp_path / "x.tif")
    np.testing.assert_allclose(
        photo.to_float()[:, :, 0], samples.reshape(33, 47, -1)[:, :, 0] / peak, atol=1e-5
    )
    with tifffile.TiffFile(write(photo, tmp_path / "y.tif")) as file:
        np.testing.assert_array_equal(file.asarray(), samples)
        assert np.unique(file.pages[0].tags[281].value).tolist() == [peak]
    assert read(write(changed(photo), tmp_path / "z.tif")).source.peak == peak
    eight = read(write(photo, tmp_path / "w.tif", depth=8))
    np.testing.assert_allclose(eight.to_float(), photo.to_float(), atol=1 / 255)


def test_a_statistical_maximum_is_not_believed(tmp_path):
    samples = picture(9, 13, 3, np.uint16) // 16
    samples[3, 3, 1] = 5000
    for told, array in ((4095, samples), (4000, samples // 2)):
        tifffile.imwrite(
            tmp_path / "x.tif",
            array,
            photometric="rgb",
            extratags=[(281, "H", 3, (told,) * 3, True)],
        )
        photo = read(tmp_path / "x.tif")
        np.testing.assert_array_equal(photo.pixels, array)
        (tmp_path / "x.tif").unlink()


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_packed_bits_become_16(tmp_path, bits):
    samples = picture(17, 24, 1, np.uint16)[:, :, 0] >> (16 - bits)
    stream = np.unpackbits(samples.astype(">u2").view(np.uint8).reshape(17, 24, 2), axis=2)
    rows = np.packbits(stream[:, :, 16 - bits :].reshape(17, -1), axis=1)
    tifffile.imwrite(
        tmp_path / "x.tif",
        iter([rows.tobytes()]),
        shape=(17, 24),
        dtype=np.uint16,
        bitspersample=bits,
        rowsperstrip=17,
        photometric="minisblack",
    )
    photo = read(tmp_path / "x.tif")
    assert photo.source.bits == bits
    np.testing.assert_array_equal(rescaled(photo.pixels[:, :, 0], 65535, 2**bits - 1), samples)
    again = read(write(photo, tmp_path / "y.tif"))
    np.testing.assert_array_equal(again.pixels, photo.pixels)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_half_floats_stay_half_floats(tmp_path, channels):
    samples = picture(33, 47, channels, np.float16).squeeze()
    alpha = {"extrasamples": ["unassalpha"]} if channels == 4 else {}
    photometric = "rgb" if channels > 1 else "minisblack"
    tifffile.imwrite(tmp_path / "x.tif", samples, photometric=photometric, **alpha)
    photo = read(tmp_path / "x.tif")
    assert photo.pixels.dtype == np.float32
    for done in (photo, changed(photo)):
        with tifffile.TiffFile(write(done, tmp_path / "y.tif", overwrite=True)) as file:
            assert file.pages[0].dtype == np.float16
            if done is photo:
                np.testing.assert_array_equal(file.asarray(), samples)
    wide = tifffile.imread(write(photo, tmp_path / "z.tif", depth="float"))
    assert wide.dtype == np.float32
    np.testing.assert_array_equal(wide, samples)


def test_half_floats_do_not_become_infinite(tmp_path, caplog):
    tifffile.imwrite(tmp_path / "x.tif", np.full((4, 5), 60000, np.float16))
    photo = read(tmp_path / "x.tif")
    bright = photo.with_float(photo.to_float() * 2)
    np.testing.assert_array_equal(read(write(bright, tmp_path / "y.tif")).pixels, 120000)
    assert "half floats" in caplog.text


@pytest.mark.parametrize(
    ("dtype", "channels", "bits"),
    [("u2", 3, (12, 12, 12)), ("u2", 2, (10, 16)), ("u1", 3, (5, 6, 5)), ("u2", 1, (14,))],
)
def test_the_significant_bits_of_a_png_are_kept(tmp_path, dtype, channels, bits):
    header, *rest = read_chunks(imagecodecs.png_encode(picture(9, 13, channels, dtype).squeeze()))
    (tmp_path / "x.png").write_bytes(assemble([header, Chunk(b"sBIT", bytes(bits)), *rest]))
    photo = read(tmp_path / "x.png")

    def told(done: Photo) -> list[bytes]:
        path = write(done, tmp_path / "y.png", overwrite=True)
        return [c.data for c in read_chunks(path.read_bytes()) if c.type == b"sBIT"]

    assert told(photo) == [bytes(bits)]
    assert told(changed(photo)) == ([bytes(bits)] if min(bits) >= 8 else [])
    assert read(write(photo, tmp_path / "z.png", depth=8)).source.significant_bits == ()


@pytest.mark.parametrize("suffix", ["png", "tif", "jpg"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_gray_stays_gray_after_an_action(tmp_path, suffix, dtype):
    photo = changed(Photo.from_array(picture(9, 13, 1, dtype)))
    assert read(write(photo, tmp_path / f"x.{suffix}")).pixels.shape == (9, 13, 1)


def test_one_bit_is_expanded(tmp_path):
    samples = np.random.default_rng(0).random((9, 13)) > 0.5
    tifffile.imwrite(tmp_path / "x.tif", samples, photometric="minisblack")
    Image.fromarray(samples).save(tmp_path / "x.png")
    for name in ("x.tif", "x.png"):
        photo = read(tmp_path / name)
        np.testing.assert_array_equal(photo.pixels[:, :, 0], samples * np.uint8(255))
