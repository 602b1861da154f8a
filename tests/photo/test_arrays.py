"""Arrays and Pillow images to photos and back, and the float view in between."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from restore.errors import ParameterError, PhotoError, ResultError
from restore.photo import Metadata, Photo
from tests.photo.conftest import XMP, exif_block, picture

SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 9)).flatmap(
    lambda size: st.sampled_from([size, *((*size, channels) for channels in (1, 2, 3, 4))])
)
FINITE = {"allow_nan": False, "allow_infinity": False}


def arrays(dtype: str):
    kind = np.dtype(dtype).kind
    if kind == "u":
        return hnp.arrays(dtype, SHAPES)
    width = np.dtype(dtype).itemsize * 8
    bound = {"min_value": -(2.0**15), "max_value": 2.0**15}
    return hnp.arrays(dtype, SHAPES, elements=st.floats(**bound, **FINITE, width=width))


ANY_ARRAY = st.sampled_from(["u1", "u2", ">u2", "f2", "f4", "f8"]).flatmap(arrays)


@given(ANY_ARRAY)
def test_an_array_comes_back(array):
    photo = Photo.from_array(array)
    back = photo.to_array(like=array)
    expected = array.astype(np.float32).astype(array.dtype) if array.dtype.kind == "f" else array
    np.testing.assert_array_equal(back, expected)
    assert back.dtype == array.dtype
    assert photo.size == (array.shape[1], array.shape[0])
    assert photo.megapixels == array.shape[0] * array.shape[1] / 1e6


@given(ANY_ARRAY)
def test_to_float_and_back_is_exact(array):
    photo = Photo.from_array(array)
    again = photo.with_float(photo.to_float())
    np.testing.assert_array_equal(again.pixels, photo.pixels)
    assert again.pixels.dtype == photo.pixels.dtype
    assert photo.to_float().dtype == np.float32


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_to_float_and_back_is_exact_for_every_level(dtype):
    levels = np.arange(np.iinfo(dtype).max + 1, dtype=dtype)[None]
    photo = Photo.from_array(levels)
    values = photo.to_float()
    assert (values.min(), values.max()) == (0, 1)
    np.testing.assert_array_equal(photo.with_float(values).pixels, photo.pixels)


@settings(max_examples=50)
@given(arrays("f8"))
def test_values_are_rounded_half_to_even_and_clipped(array):
    values = array.reshape(*array.shape[:2], -1)[:, :, :1]
    photo = Photo.from_array(np.zeros(values.shape, "u2"))
    expected = [min(max(round(v * 65535), 0), 65535) for v in values.ravel().tolist()]
    assert photo.with_float(values).pixels.ravel().tolist() == expected


def test_ties_go_to_even():
    photo = Photo.from_array(np.zeros((1, 4), np.uint16))
    ties = np.array([0.5, 1.5, 2.5, 127.5])[None, :, None] / 65535
    assert photo.with_float(ties).pixels.ravel().tolist() == [0, 2, 2, 128]


def test_a_large_photo_is_converted_in_every_part():
    values = np.random.default_rng(0).random((1500, 1000, 3)).astype(np.float32)
    photo = Photo.from_array(np.zeros(values.shape, np.uint16)).with_float(values)
    np.testing.assert_array_equal(photo.pixels, np.rint(values.astype(np.float64) * 65535))


def test_floats_are_not_clipped():
    values = np.array([[[-3.5], [7.25]]], np.float32)
    photo = Photo.from_array(np.zeros((1, 2), np.float32))
    np.testing.assert_array_equal(photo.with_float(values).pixels, values)


def test_the_float_copy_is_a_copy():
    for dtype in (np.uint8, np.float32):
        array = picture(4, 5, 3, dtype)
        photo = Photo.from_array(array)
        before = photo.pixels.copy()
        photo.to_float()[:] = 0
        photo.to_array()[:] = 0
        array[:] = 0
        np.testing.assert_array_equal(photo.pixels, before)


def test_with_float_keeps_everything_else():
    photo = Photo.from_array(picture(4, 5, 4, np.uint8))
    photo = replace(photo, metadata=Metadata(xmp=XMP, dpi=(1.0, 2.0)))
    again = photo.with_float(np.zeros((4, 5, 3)))
    assert again.alpha is photo.alpha
    assert (again.metadata, again.source) == (photo.metadata, photo.source)


def test_another_size_needs_another_alpha():
    photo = Photo.from_array(picture(4, 5, 4, np.uint16))
    large = np.zeros((8, 10, 3), np.float32)
    with pytest.raises(ParameterError, match="alpha of the new size"):
        photo.with_float(large)
    half = photo.with_float(large, alpha=np.full((8, 10), 0.5))
    assert (half.alpha == 32768).all()
    exact = np.full((8, 10), 7, np.uint16)
    np.testing.assert_array_equal(photo.with_float(large, alpha=exact).alpha, exact)
    assert Photo.from_array(picture(4, 5, 3, np.uint8)).with_float(large).size == (10, 8)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused(bad):
    values = np.zeros((4, 5, 3), np.float32)
    values[2, 3, 1] = bad
    with pytest.raises(ResultError, match="not finite"):
        Photo.from_array(picture(4, 5, 3, np.uint8)).with_float(values)
    with pytest.raises(PhotoError, match="not finite"):
        Photo.from_array(values)
    with pytest.raises(PhotoError, match="not finite"):
        Photo.from_array(np.full((2, 2), 1e300))


@pytest.mark.parametrize(
    ("values", "match"),
    [
        (np.zeros((4, 5, 1), np.float32), "do not fit"),
        (np.zeros((4, 5), np.float32), "do not fit"),
        (np.zeros((4, 5, 3), np.uint8), "floats"),
        (np.zeros((0, 5, 3), np.float32), "do not fit"),
    ],
)
def test_values_that_do_not_fit_are_refused(values, match):
    with pytest.raises(ParameterError, match=match):
        Photo.from_array(picture(4, 5, 3, np.uint8)).with_float(values)


@pytest.mark.parametrize(
    ("array", "match"),
    [
        (np.zeros((4, 5), bool), "mask"),
        (np.zeros((4, 5), np.int64), "uint8"),
        (np.zeros((4, 5), np.int8), "uint8"),
        (np.zeros((4, 5), complex), "uint8"),
        (np.zeros((4, 5), object), "uint8"),
        (np.zeros((4, 5), "U3"), "uint8"),
        (np.zeros((3, 40, 50), np.uint8), "transpose"),
        (np.zeros((4, 5, 5), np.uint8), "channels"),
        (np.zeros(4, np.uint8), "height"),
        (np.zeros((0, 4), np.uint8), "height"),
        (np.zeros((1, 4, 5, 3), np.uint8), "height"),
    ],
)
def test_arrays_that_are_no_photo_are_refused_with_a_hint(array, match):
    with pytest.raises(PhotoError, match=match):
        Photo.from_array(array)


def test_an_array_of_another_kind_is_not_made_up():
    photo = Photo.from_array(picture(4, 5, 3, np.uint8))
    for like in (np.zeros(1, np.uint16), np.zeros(1, np.float32), np.zeros(1, bool)):
        with pytest.raises(ParameterError, match="cannot become"):
            photo.to_array(like=like)


def test_a_photo_that_contradicts_itself_is_refused():
    pixels = picture(4, 5, 3, np.uint8)
    for bad in (pixels[:, :, 0], pixels[:, :, :2], pixels.astype(np.int32), pixels[:0]):
        with pytest.raises(PhotoError):
            Photo(bad)
    for alpha in (np.zeros((5, 4), np.uint8), np.zeros((4, 5), np.uint16)):
        with pytest.raises(PhotoError, match="Alpha"):
            Photo(pixels, alpha)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBa", "La"])
def test_pillow_images_of_8_bits(mode):
    source = Image.fromarray(picture(9, 13, 4, np.uint8))
    image = source.convert("RGBA" if mode == "RGBa" else "LA" if mode == "La" else "RGB")
    image = (image if mode in ("RGBa", "La") else source.convert("RGB")).convert(mode)
    plain = {"1": "L", "P": "RGB", "PA": "RGBA", "RGBa": "RGBA", "La": "LA"}.get(mode, mode)
    back = Photo.from_pil(image).to_pil()
    assert back.mode == plain
    np.testing.assert_array_equal(np.asarray(back), np.asarray(image.convert(plain)))


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_deep_gray_pillow_images(dtype):
    array = picture(9, 13, 1, dtype)[:, :, 0]
    photo = Photo.from_pil(Image.fromarray(array))
    np.testing.assert_array_equal(photo.pixels[:, :, 0], array)
    assert photo.pixels.dtype == dtype
    np.testing.assert_array_equal(np.asarray(photo.to_pil()), array)


def test_big_endian_pillow_images():
    array = picture(9, 13, 1, np.uint16)[:, :, 0]
    image = Image.frombytes("I;16B", (13, 9), array.astype(">u2").tobytes())
    np.testing.assert_array_equal(Photo.from_pil(image).pixels[:, :, 0], array)


def test_pillow_has_no_mode_for_deep_colour():
    for shape, dtype in (((4, 5, 3), np.uint16), ((4, 5, 4), np.float32), ((4, 5, 2), np.uint16)):
        with pytest.raises(PhotoError, match="to_array"):
            Photo.from_array(np.zeros(shape, dtype)).to_pil()


@pytest.mark.parametrize("mode", ["CMYK", "LAB", "HSV", "YCbCr", "I"])
def test_other_pillow_modes_are_refused(mode):
    with pytest.raises(PhotoError, match="convert"):
        Photo.from_pil(Image.new(mode, (4, 5)))


def test_metadata_go_to_pillow_and_back(tmp_path, icc):
    metadata = Metadata(icc=icc, exif=exif_block(1), xmp=XMP, dpi=(240.0, 240.0))
    photo = replace(Photo.from_array(picture(9, 13, 3, np.uint8)), metadata=metadata)
    image = photo.to_pil()
    assert Photo.from_pil(image).metadata == metadata
    assert image.getexif()[271] == "Camera maker"
    image.save(tmp_path / "x.png", exif=image.info["exif"])
    with Image.open(tmp_path / "x.png") as saved:
        assert saved.getexif()[271] == "Camera maker"
        assert saved.info["icc_profile"] == icc
