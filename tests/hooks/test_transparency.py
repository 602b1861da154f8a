"""What is transparent: alpha and hidden colours stay, and nothing hidden is seen by an action."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from restore.hooks import Action, Parameters, Report, Result
from restore.hooks.run import run_action
from restore.hooks.transparency import filled, visible
from restore.photo import Photo, read, write
from restore.photo.depth import peak, to_unit
from tests.photo.conftest import picture

DTYPES = [np.uint8, np.uint16, np.float32]


class Scaled(Parameters):
    scale: int = 1


def run(photo: Photo, change, *, scale: int = 1, strength: float = 1.0) -> Photo:
    """Run an action that changes the values it is shown, and returns neither alpha nor metadata."""

    def work(given: Photo, *_):
        values = change(given.to_float())
        return Result(Photo(replace(given, alpha=None).with_float(values).pixels), Report("work"))

    action = Action("work", "Work", "", Scaled, work, scale="scale")
    return run_action(action, photo, {"scale": scale, "strength": strength}, None).photo


def cut_out(dtype, *, premultiplied: bool = False, seed: int = 0) -> Photo:
    """Return a disc with a soft edge; what is hidden around it is noise."""
    y, x = np.mgrid[:40, :50]
    inside = (15.5 - np.hypot(y - 20, x - 25)).clip(0, 4) / 4
    top = peak(np.dtype(dtype))
    alpha = inside * top
    alpha = alpha.astype(dtype) if top == 1 else np.rint(alpha).astype(dtype)
    colours = picture(40, 50, 3, np.float32).clip(0, 1) * 0.2 + 0.7
    rng = np.random.default_rng(seed)
    if premultiplied:
        colours = colours * to_unit(alpha)[:, :, None]
    else:
        colours = np.where(inside[:, :, None] > 0, colours, rng.random((40, 50, 3)) * 0.3)
    pixels = colours * top
    pixels = pixels.astype(dtype) if top == 1 else np.rint(pixels).astype(dtype)
    return Photo(pixels, alpha, premultiplied=premultiplied)


def blurred(values: np.ndarray) -> np.ndarray:
    """Average squares of 5×5, which lets hidden colours into the picture."""
    padded = np.pad(values, ((2, 2), (2, 2), (0, 0)), "edge")
    return sum(
        padded[i : i + values.shape[0], j : j + values.shape[1]] for i in range(5) for j in range(5)
    ) / np.float32(25)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_hidden_colours_do_not_bleed_and_do_not_change(dtype, strength):
    photo, other = cut_out(dtype), cut_out(dtype, seed=1)
    done, again = (run(p, blurred, strength=strength) for p in (photo, other))
    hidden = photo.alpha == 0
    np.testing.assert_array_equal(done.alpha, photo.alpha)
    np.testing.assert_array_equal(done.pixels[hidden], photo.pixels[hidden])
    np.testing.assert_array_equal(done.pixels[~hidden], again.pixels[~hidden])
    assert done.to_float()[~hidden].min() > 0.65
    assert (done.pixels[~hidden] != photo.pixels[~hidden]).mean() > 0.5


@pytest.mark.parametrize("transfer", ["encoded", "linear"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("strength", [0.3, 1.0])
def test_multiplied_colours_that_do_not_change_keep_their_bits(dtype, strength, transfer):
    photo = replace(cut_out(dtype, premultiplied=True), transfer=transfer)
    glow = photo.pixels.copy()
    glow[0, 0] = peak(photo.pixels.dtype)  # light without substance, as flames have it
    glow[20, 11:14] = peak(photo.pixels.dtype)  # brighter than its alpha allows
    photo = replace(photo, pixels=glow)
    same = run(photo, lambda x: x, strength=strength)
    np.testing.assert_array_equal(same.pixels, photo.pixels)
    assert same.premultiplied

    def half(values: np.ndarray) -> np.ndarray:
        values = values.copy()
        values[:, 25:] *= 0.5
        return values

    done = run(photo, half, strength=strength)
    np.testing.assert_array_equal(done.pixels[:, :25], photo.pixels[:, :25])
    inside = photo.alpha[:, 25:] > peak(photo.pixels.dtype) / 2
    left = done.to_float()[:, 25:][inside] / photo.to_float()[:, 25:][inside]
    np.testing.assert_allclose(left, 1 - strength / 2, atol=0.03 if dtype == np.uint8 else 0.001)


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_action_sees_colours_that_are_not_multiplied(dtype):
    straight, multiplied = cut_out(dtype), cut_out(dtype, premultiplied=True)
    shown = []
    for photo in (straight, multiplied):
        run(photo, lambda x: shown.append(x) or x)
    solid = straight.alpha > peak(straight.pixels.dtype) * 0.2
    tolerance = 3 / 255 if dtype == np.uint8 else 1e-4
    np.testing.assert_allclose(shown[0][solid], shown[1][solid], atol=tolerance)
    assert shown[0].min() > 0.65


@pytest.mark.parametrize("premultiplied", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
def test_an_enlarged_cut_out_has_no_halo(dtype, premultiplied, strength):
    photo = cut_out(dtype, premultiplied=premultiplied)

    def enlarge(values: np.ndarray) -> np.ndarray:
        return blurred(values.repeat(3, 0).repeat(3, 1))

    done = run(photo, enlarge, scale=3, strength=strength)
    assert done.size == (150, 120)
    assert done.premultiplied == premultiplied
    seen = done.to_float()[done.alpha > 0.2 * peak(done.alpha.dtype)]
    assert seen.min() > 0.66
    assert (done.alpha[56:64, 71:79] == peak(done.alpha.dtype)).all()
    assert (done.alpha[:6] == 0).all()


def test_an_opaque_photo_stays_opaque_when_enlarged(tmp_path):
    for dtype in (np.uint8, np.float32):
        array = picture(17, 23, 4, dtype)
        array[:, :, 3] = peak(np.dtype(dtype))
        done = run(Photo.from_array(array), lambda x: x.repeat(2, 0).repeat(2, 1), scale=2)
        assert (done.alpha == peak(done.alpha.dtype)).all()
        write(done, tmp_path / f"{np.dtype(dtype)}.jpg")


def test_what_an_action_uncovers_is_what_it_painted():
    photo = cut_out(np.uint8)
    opaque = np.full_like(photo.alpha, 255)

    def uncover(given: Photo, *_):
        return Result(Photo(given.pixels // 2, opaque), Report("uncover"))

    done = run_action(Action("uncover", "U", "", Parameters, uncover), photo, {}, None).photo
    np.testing.assert_array_equal(done.alpha, opaque)
    np.testing.assert_array_equal(done.pixels, visible(photo).pixels // 2)


@settings(deadline=None)
@given(
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=9).flatmap(
        lambda shape: hnp.arrays(np.float32, shape, elements=st.sampled_from([0.0, 0.25, 1.0]))
    )
)
def test_gaps_are_filled_with_values_between_those_that_are_seen(alpha):
    values = picture(*alpha.shape, 3, np.float32)
    if not (alpha > 0).any():
        return
    done = filled(values, alpha)
    seen = values[alpha > 0]
    np.testing.assert_array_equal(done[alpha > 0], seen)
    slack = 1e-5
    assert (done >= seen.min(axis=0) - slack).all()
    assert (done <= seen.max(axis=0) + slack).all()


def test_a_gap_is_filled_from_what_is_near():
    y, x = np.mgrid[:64, :64].astype(np.float32) / 64
    values = np.stack([x, y, x * y], axis=2)
    alpha = np.ones((64, 64), np.float32)
    alpha[20:40, 24:36] = 0
    assert np.abs(filled(values, alpha) - values)[20:40, 24:36].max() < 0.12


@pytest.mark.parametrize("low", [-0.25, np.nan])
def test_a_float_alpha_that_is_no_opacity_hides(low):
    photo = Photo.from_array(picture(11, 17, 4, np.float32))
    alpha = photo.alpha.clip(0, 2)
    alpha[:, :9] = low
    photo = replace(photo, alpha=alpha)
    seen = visible(photo)
    assert np.isfinite(seen.pixels).all()
    np.testing.assert_array_equal(seen.pixels[alpha > 0], photo.pixels[alpha > 0])


def test_alpha_may_leave_its_range():
    array = picture(40, 50, 4, np.float32)
    array[:20, :, 3] = -1e-3
    array[20:, 25:, 3] = np.float32(3e38)
    photo = Photo.from_array(array)
    for given_photo in (photo, replace(photo, premultiplied=True)):
        same = run(given_photo, lambda x: x)
        np.testing.assert_array_equal(same.to_array(), array)


def test_a_photo_that_is_all_hidden_stays_as_it_is():
    photo = Photo(picture(9, 13, 3, np.uint8), np.zeros((9, 13), np.uint8))
    done = run(photo, lambda x: 1 - x)
    np.testing.assert_array_equal(done.pixels, photo.pixels)


@pytest.mark.parametrize("dtype", [*DTYPES, np.float16])
def test_multiplied_tiffs_come_back(tmp_path, dtype):
    photo = cut_out(np.float32 if dtype == np.float16 else dtype, premultiplied=True)
    stored = np.dstack([photo.pixels, photo.alpha]).astype(dtype)
    tifffile.imwrite(tmp_path / "x.tif", stored, photometric="rgb", extrasamples=["assocalpha"])
    given_photo = read(tmp_path / "x.tif")
    assert given_photo.premultiplied
    path = write(run(given_photo, lambda x: x), tmp_path / "y.tif")
    with tifffile.TiffFile(path) as file:
        np.testing.assert_array_equal(file.asarray(), stored)
        assert file.pages[0].extrasamples == (tifffile.EXTRASAMPLE.ASSOCALPHA,)
    if dtype != np.uint8:
        return
    png = read(write(given_photo, tmp_path / "y.png"))
    assert not png.premultiplied
    solid = stored[:, :, 3] > 200
    np.testing.assert_allclose(png.to_float()[solid], cut_out(dtype).to_float()[solid], atol=0.012)
    np.testing.assert_array_equal(np.asarray(given_photo.to_pil())[:, :, :3], png.pixels)
