"""Colour: profiles stay, light is encoded for the network and decoded after it, inks become RGB."""

from __future__ import annotations

import io
from dataclasses import replace

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image, ImageCms

from restore.errors import PhotoError
from restore.hooks import Action, Parameters, Report, Result
from restore.hooks.run import run_action
from restore.photo import Metadata, Photo, read, write
from restore.photo.colour.profiles import adobe_rgb, is_linear, linear_srgb, prophoto, space
from restore.photo.colour.transfer import decoded, encoded
from restore.photo.fitting import fit
from restore.photo.formats import Format
from tests.photo.conftest import picture
from tests.photo.profiles import WIDE, cmyk, linear_table, wide

LIGHT = st.floats(-65504, 65504, width=32)


def run(photo: Photo, change, **parameters) -> Result:
    """Run an action on what a photo looks like."""

    def work(given: Photo, *_):
        return Result(given.with_float(change(given.to_float())), Report("work", notes=("Done.",)))

    return run_action(Action("work", "Work", "", Parameters, work), photo, parameters, None)


def by_pillow(pixels: np.ndarray, icc: bytes, mode: str, target: bytes) -> np.ndarray:
    """Return what littleCMS makes of 8-bit pixels when Pillow calls it."""
    done = ImageCms.profileToProfile(
        Image.fromarray(pixels, mode),
        ImageCms.ImageCmsProfile(io.BytesIO(icc)),
        ImageCms.ImageCmsProfile(io.BytesIO(target)),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    return np.asarray(done)


@settings(deadline=None)
@given(LIGHT, LIGHT)
def test_the_transfer_is_increasing_and_has_an_inverse(a, b):
    a, b = sorted((a, b))
    light = np.array([a, b, -a], np.float32)
    values = encoded(light)
    assert values[0] <= values[1]
    assert values[2] == -values[0]
    if b - a > 1e-5 * max(abs(a), abs(b), 1e-3):
        assert values[0] < values[1]
    np.testing.assert_allclose(decoded(values), light, rtol=3e-6, atol=1e-9)


def test_the_transfer_is_srgb_up_to_white_and_smooth_everywhere():
    x = np.linspace(0, 1, 4097)
    srgb = np.where(x <= 0.0031308, 12.92 * x, 1.055 * x.clip(1e-9) ** (1 / 2.4) - 0.055)
    np.testing.assert_allclose(encoded(x.astype(np.float32)), srgb, atol=2e-5)
    for at in (0.0030399, 1.0):
        before, here, after = encoded(np.array([at * 0.99, at, at * 1.01], np.float32))
        assert abs((after - here) / (here - before) - 1) < 0.02
    np.testing.assert_allclose(encoded(np.float32([16])), 1 + 1.055 / 2.4 * np.log(16), rtol=1e-6)


@settings(deadline=None)
@given(
    hnp.arrays(np.float32, (4, 5, 3), elements=LIGHT),
    hnp.arrays(bool, (4, 5, 3)),
    st.sampled_from([0.3, 1.0]),
)
def test_light_that_an_action_does_not_change_keeps_its_bits(pixels, where, strength):
    photo = Photo(pixels, transfer="linear")
    done = run(photo, lambda x: np.where(where, 0.5 + x * 0.5, x), strength=strength).photo
    np.testing.assert_array_equal(done.pixels[~where], pixels[~where])
    assert done.transfer == "linear"
    expected = encoded(pixels) * (1 - 0.5 * strength) + 0.5 * strength
    np.testing.assert_allclose(done.to_float()[where], expected[where], rtol=1e-5, atol=1e-5)


def test_16_bits_of_light_keep_every_level():
    levels = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1)
    photo = Photo(levels, transfer="linear")
    np.testing.assert_array_equal(photo.with_float(photo.to_float()).pixels, levels)
    assert np.abs(run(photo, lambda x: x + 1e-7).photo.pixels.astype(int) - levels).max() <= 1


@pytest.mark.parametrize(
    ("icc", "linear"),
    [
        (linear_srgb(), True),
        (linear_table(2), True),
        (linear_table(1024), True),
        (linear_table(1024, 0.05), False),
        (imagecodecs.cms_profile("gray", gamma=1.0), True),
        (imagecodecs.cms_profile("srgb"), False),
        (wide("ProPhoto"), False),
        (cmyk(), False),
        (b"", False),
        (None, False),
        (linear_srgb()[:140], False),
    ],
)
def test_a_profile_says_whether_values_are_linear(icc, linear):
    assert is_linear(icc) is linear


def test_a_profile_that_is_cut_anywhere_raises_nothing():
    for icc in (linear_srgb(), linear_table(64)):
        for length in range(0, len(icc), 7):
            is_linear(icc[:length])
            space(icc[:length])


@pytest.mark.parametrize("dtype", [np.float32, np.uint16])
def test_a_tiff_with_a_linear_profile_is_linear(tmp_path, dtype):
    photo = Photo(picture(9, 13, 3, dtype), metadata=Metadata(icc=linear_srgb()))
    again = read(write(photo, tmp_path / "x.tif"))
    assert again.transfer == "linear"
    assert read(tmp_path / "x.tif", transfer="encoded").transfer == "encoded"
    np.testing.assert_array_equal(again.pixels, photo.pixels)
    same = read(write(run(again, lambda x: x).photo, tmp_path / "y.tif"))
    np.testing.assert_array_equal(same.pixels, photo.pixels)
    assert same.metadata.icc == linear_srgb()
    np.testing.assert_allclose(again.to_float(), encoded(photo.to_float()), atol=1e-6)


def test_linear_light_becomes_what_a_format_can_state(tmp_path, caplog):
    light = picture(9, 13, 3, np.float32).clip(0) * 2
    photo = Photo(light, transfer="linear")
    png = read(write(photo, tmp_path / "x.png"))
    np.testing.assert_allclose(png.to_float(), encoded(light).clip(0, 1), atol=1e-5)
    assert png.metadata.icc is None
    assert "highlights are clipped" in caplog.text
    tiff = read(write(photo, tmp_path / "x.tif"))
    np.testing.assert_array_equal(tiff.pixels, light)
    assert tiff.transfer == "linear"
    gray = read(write(Photo(light[:, :, :1], transfer="linear"), tmp_path / "y.tif"))
    assert (gray.transfer, space(gray.metadata.icc)) == ("linear", "GRAY")
    plain = read(write(Photo(light), tmp_path / "z.tif"), transfer="linear")
    assert read(write(plain, tmp_path / "w.tif")).metadata.icc is None


def test_a_format_of_light_is_given_light():
    exr = Format("EXR", (".exr",), bool, None, None, (np.float32,), premultiplied=True, linear=True)
    photo = Photo.from_array(picture(9, 13, 4, np.uint8))
    given = fit(photo, exr)
    assert (given.transfer, given.premultiplied) == ("linear", True)
    light = decoded(photo.to_float()) * (photo.alpha / np.float32(255))[:, :, None]
    shown = photo.alpha > 0
    np.testing.assert_allclose(given.pixels[shown], light[shown], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(given.to_float(), photo.to_float(), atol=1e-5)
    stored = replace(given, pixels=given.pixels * 3)
    assert fit(stored, exr) is stored


@pytest.mark.parametrize("suffix", ["png", "tif", "jpg", "webp"])
@pytest.mark.parametrize("name", WIDE)
def test_wide_gamuts_are_neither_clipped_nor_shifted(tmp_path, suffix, name):
    edges = np.stack(np.meshgrid(*[[0, 1, 64, 128, 254, 255]] * 3), axis=-1)
    edges = edges.reshape(12, 18, 3).astype(np.uint8)
    deep = suffix in ("png", "tif")
    for pixels in (edges, edges.astype(np.uint16) * 257) if deep else (edges,):
        icc = wide(name)
        photo = Photo(pixels, metadata=Metadata(icc=icc))
        path = write(photo, tmp_path / f"x.{suffix}", overwrite=True)
        done = run(read(path), lambda x: x).photo
        again = read(write(done, tmp_path / f"y.{suffix}", overwrite=True))
        assert again.metadata.icc == icc
        if suffix != "jpg":
            np.testing.assert_array_equal(again.pixels, pixels)
        darker = run(photo, lambda x: x * 0.5).photo
        assert np.abs(darker.pixels - pixels * 0.5).max() <= 1


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("alpha", [False, True])
def test_cmyk_tiffs_are_converted_as_littlecms_does_it(tmp_path, dtype, alpha):
    inks = picture(20, 31, 5 if alpha else 4, np.uint8)
    samples = inks.astype(dtype) * (257 if dtype == np.uint16 else 1)
    options = {"extrasamples": ["unassalpha"]} if alpha else {}
    tifffile.imwrite(
        tmp_path / "x.tif", samples, photometric="separated", iccprofile=cmyk(), **options
    )
    photo = read(tmp_path / "x.tif")
    working = adobe_rgb() if dtype == np.uint8 else prophoto()
    expected = by_pillow(np.ascontiguousarray(inks[:, :, :4]), cmyk(), "CMYK", working)
    np.testing.assert_allclose(photo.to_float() * 255, expected, atol=1.01)
    assert photo.pixels.dtype == dtype
    assert photo.metadata.icc == working
    if alpha:
        np.testing.assert_array_equal(photo.alpha, samples[:, :, 4])
    report = run(photo, lambda x: x).report
    assert "CMYK was converted to" in report.notes[0]
    assert report.notes[1] == "Done."
    assert read(write(photo, tmp_path / "y.tif")).metadata.icc == working


@pytest.mark.parametrize("inverted", [True, False])
def test_cmyk_jpegs_with_and_without_adobe(tmp_path, inverted):
    inks = picture(48, 64, 4, np.uint8)
    inks = np.asarray(Image.fromarray(inks, "CMYK").resize((64, 48), Image.Resampling.BOX))
    Image.fromarray(inks, "CMYK").save(
        tmp_path / "x.jpg", quality=98, icc_profile=cmyk(), subsampling=0
    )
    if not inverted:
        data = imagecodecs.jpeg8_encode(inks, level=98, colorspace="cmyk", outcolorspace="cmyk")
        at = data.find(b"\xff\xee")
        if at > 0:
            data = data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") :]
        (tmp_path / "x.jpg").write_bytes(data)
    photo = read(tmp_path / "x.jpg")
    if inverted:
        expected = by_pillow(inks, cmyk(), "CMYK", adobe_rgb()).astype(float)
        assert photo.metadata.icc == adobe_rgb()
    else:
        paper = 1 - inks / 255.0
        expected = paper[:, :, :3] * paper[:, :, 3:] * 255
        assert photo.metadata.icc is None
        assert "without a profile" in photo.notes[0]
    assert np.abs(photo.pixels - expected).mean() < 4
    assert np.corrcoef(photo.pixels.ravel(), expected.ravel())[0, 1] > 0.98


@pytest.mark.parametrize("kind", ["cielab", "icclab"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_lab_tiffs_have_the_colours_that_they_say(tmp_path, kind, dtype):
    lab = np.array([[[100, 0, 0], [0, 0, 0], [50, 0, 0], [60, 40, -30], [70, -30, 50]]], float)
    fine = 256 if dtype == np.uint16 else 1
    white = {(1, "cielab"): 255, (1, "icclab"): 255, (256, "cielab"): 65535}.get(
        (fine, kind), 65280
    )
    numbers = lab * [white / 100, fine, fine]
    if kind == "icclab":
        numbers[:, :, 1:] += 128 * fine
    samples = np.rint(numbers).astype(np.int32).astype(dtype)
    tifffile.imwrite(tmp_path / "x.tif", samples, photometric=kind)
    photo = read(tmp_path / "x.tif")
    working = adobe_rgb() if dtype == np.uint8 else prophoto()
    assert photo.metadata.icc == working
    assert photo.pixels.dtype == dtype
    back = imagecodecs.cms_transform(
        photo.to_float(),
        working,
        ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB", 5000)).tobytes(),
        colorspace="rgb",
        outcolorspace="lab",
        outdtype=np.float32,
        intent=1,
    )
    np.testing.assert_allclose(back, lab, atol=1.2 if dtype == np.uint8 else 0.05)
    assert "Lab was converted" in photo.notes[0]


def test_working_profiles_are_the_same_whenever_they_are_made():
    for make in (adobe_rgb, prophoto, linear_srgb):
        first = make()
        make.cache_clear()
        assert make() == first
        assert space(first) == "RGB"


def test_a_photo_without_a_profile_stays_without_one(tmp_path):
    for suffix in ("png", "tif", "jpg", "webp"):
        photo = Photo(picture(9, 13, 3, np.uint8))
        done = run(photo, lambda x: x * 0.9).photo
        assert read(write(done, tmp_path / f"x.{suffix}")).metadata.icc is None


def test_premultiplied_without_alpha_makes_no_sense():
    with pytest.raises(PhotoError, match="alpha"):
        Photo(picture(4, 5, 3, np.uint8), premultiplied=True)
    photo = Photo.from_array(picture(4, 5, 4, np.uint8))
    assert replace(photo, premultiplied=True).premultiplied
