"""Turning, odd sizes, crops and strips: properties that hold for every picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from restore.photo import FORMATS, Photo, read, write
from restore.photo.orientation import turn, upright
from tests.photo.comparing import at_home_in, same

INVERSE = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}
orientations = st.integers(1, 8)
sides = st.integers(1, 40)
LOSSLESS = [f for f in FORMATS if f.encode and not f.lossy]


@st.composite
def arrays(draw: st.DrawFn, channels: int | None = None) -> np.ndarray:
    """Return noise of any size, type and number of channels: no two pixels need be alike."""
    shape = (draw(sides), draw(sides), channels or draw(st.integers(1, 4)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    kind = draw(st.sampled_from(["u1", "u2", "f4"]))
    if kind == "f4":
        return rng.normal(0.5, 1, shape).astype(np.float32)
    return rng.integers(0, np.iinfo(kind).max, shape, dtype=kind, endpoint=True)


@given(arrays(), orientations)
def test_every_turn_has_an_inverse(array, orientation):
    there = turn(array, orientation)
    assert there.flags.c_contiguous
    assert there.shape[:2] == (array.shape[:2] if orientation < 5 else array.shape[1::-1])
    np.testing.assert_array_equal(turn(there, INVERSE[orientation]), array)


@given(arrays(channels=1), orientations)
def test_a_turn_is_pillows(array, orientation):
    plane = np.ascontiguousarray(array.view(np.uint8)[:, :, 0])
    image = Image.fromarray(plane)
    image.getexif()[274] = orientation
    np.testing.assert_array_equal(
        turn(plane, orientation), np.asarray(ImageOps.exif_transpose(image))
    )


@given(orientations, orientations, arrays())
def test_turns_form_a_group(first, second, array):
    """Two turns are one: as a set, the eight are the symmetries of a rectangle's sides."""
    both = turn(turn(array, first), second)
    assert any(
        both.shape == (once := turn(array, o)).shape and np.array_equal(both, once)
        for o in range(1, 9)
    )


@given(arrays(), orientations, st.data())
def test_a_crop_turns_with_its_picture(array, orientation, data):
    """The turned crop is the crop of the turned picture, at the place to which it was turned."""
    height, width = array.shape[:2]
    top, left = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    bottom, right = data.draw(st.integers(top + 1, height)), data.draw(st.integers(left + 1, width))
    inside = np.zeros((height, width), bool)
    inside[top:bottom, left:right] = True
    crop = turn(array[top:bottom, left:right], orientation)
    rows, columns = np.nonzero(turn(inside, orientation))
    place = np.s_[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    np.testing.assert_array_equal(turn(array, orientation)[place], crop)


@given(arrays(), orientations)
def test_alpha_turns_with_its_picture(array, orientation):
    from restore.photo import Metadata

    alpha = np.ascontiguousarray(array[:, :, 0])
    pixels = np.repeat(array[:, :, :1], 3, axis=2)
    photo = upright(pixels, alpha, Metadata(dpi=(100.0, 200.0)), orientation)
    np.testing.assert_array_equal(photo.pixels[:, :, 1], photo.alpha)
    assert photo.metadata.dpi == ((100.0, 200.0) if orientation < 5 else (200.0, 100.0))


@pytest.mark.parametrize("target", LOSSLESS, ids=lambda target: target.name)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(array=arrays())
def test_any_size_comes_back(tmp_path, target, array):
    if array.dtype not in map(np.dtype, target.types) or not (target.alpha or array.shape[2] % 2):
        return
    photo = at_home_in(target, Photo.from_array(array))
    path = tmp_path / f"x{target.suffixes[0]}"
    same(read(write(photo, path, overwrite=True)), photo)


@pytest.mark.parametrize("size", [(1, 1), (1, 4097), (4097, 1), (3, 70_001)])
@pytest.mark.parametrize("target", LOSSLESS, ids=lambda target: target.name)
def test_thin_pictures_come_back(tmp_path, target, size):
    rng = np.random.default_rng(0)
    photo = Photo.from_array(rng.integers(0, 256, (*size, 3), dtype=np.uint8))
    if np.uint8 in target.types and max(size) <= target.max_side:
        same(read(write(photo, tmp_path / f"x{target.suffixes[0]}")), photo)
