"""Each degradation against a trusted library or an exact figure."""

import io
import math

import numpy as np
import pytest
import torch
from PIL import Image
from pydantic import ValidationError

from restore.training.degradations import (
    PIECES,
    Blur,
    Camera,
    Downscale,
    Gaussian,
    Jpeg,
    Mask,
    Step,
    View,
    apply,
)
from restore.training.degradations.blur import convolve, gaussian_kernel
from restore.training.degradations.downscale import enlarged, reduced
from restore.training.degradations.jpeg import SUBSAMPLINGS, compressed
from tests.engine.conftest import picture


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def photo(height=96, width=96, seed=0):
    """Return (1, 3, H, W) in [-1, 1] on 8 bits, and the same as (H, W, 3) uint8."""
    pixels = (picture(height, width, seed) * 255).round().astype(np.uint8)
    return torch.from_numpy(pixels / np.float32(127.5) - 1).permute(2, 0, 1)[None], pixels


def gray(n=4, side=96, value=0.0):
    return View.clean(torch.full((n, 3, side, side), value))


def psnr(a, b):
    return 10 * math.log10(4 / float(((a - b) ** 2).mean()))


@pytest.mark.parametrize("kind", PIECES)
def test_the_same_generator_gives_the_same_and_another_one_another(kind):
    view = View.clean(photo()[0].repeat(4, 1, 1, 1))
    first, again, other = (PIECES[kind]()(view, generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(first.y, again.y)
    assert torch.equal(first.noise, again.noise)
    assert not torch.equal(first.y, other.y)
    assert torch.equal(view.y, photo()[0].repeat(4, 1, 1, 1))


@pytest.mark.parametrize("kind", PIECES)
def test_each_example_has_a_strength_of_its_own(kind):
    y = PIECES[kind]()(View.clean(photo()[0].repeat(3, 1, 1, 1)), generator()).y
    assert not torch.equal(y[0], y[1])
    assert not torch.equal(y[1], y[2])


@pytest.mark.parametrize("quality", [10, 30, 60, 95])
@pytest.mark.parametrize("number", range(3))
def test_jpeg_is_libjpeg_s(quality, number):
    x, pixels = photo(128, 160)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling=number)
    theirs = torch.from_numpy(np.asarray(Image.open(file)) / 127.5 - 1).permute(2, 0, 1)[None]
    factors = list(SUBSAMPLINGS.values())[number]
    ours = compressed(x, torch.full((1, 1, 1, 1), float(quality)), factors)
    assert psnr(ours, theirs) > 50
    assert psnr(theirs, x) < 45


def test_the_grid_of_blocks_lies_anywhere():
    x, _ = photo(96, 96)
    view = Jpeg(quality=(10, 10), subsampling=("4:4:4",))(
        View.clean(x.repeat(64, 1, 1, 1)), generator()
    )
    jumps = (view.y[:, :, :, 1:] - view.y[:, :, :, :-1]).abs().mean((1, 2))
    phase = jumps[:, :88].view(64, 11, 8).mean(1).argmax(1)
    assert len(set(phase.tolist())) >= 6


def test_reduction_and_enlargement_are_pillow_s():
    x, pixels = photo(96, 120)
    for factor in (2, 3, 4):
        size = 120 // factor, 96 // factor
        small = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))
        ours = reduced(x, factor, "bicubic")
        theirs = torch.from_numpy(small / np.float32(127.5) - 1).permute(2, 0, 1)[None]
        assert (ours.clamp(-1, 1) - theirs).abs().max() < 1.01 / 127.5
        again = np.asarray(Image.fromarray(small).resize((120, 96), Image.Resampling.BICUBIC))
        large = torch.from_numpy(again / np.float32(127.5) - 1).permute(2, 0, 1)[None]
        difference = enlarged(theirs, torch.Size((96, 120))).clamp(-1, 1) - large
        assert difference.abs().max() < 1.5 / 127.5


def test_what_happens_at_the_small_size_is_enlarged_with_it():
    view = Downscale(factors=(4,), then=(Gaussian(sigma=(0.05, 0.05), files=0, misjudged=0),))(
        gray(), generator()
    )
    assert (view.scale == 4).all()
    assert view.noise.mean() == pytest.approx(0.1, rel=0.02)
    error = view.y - view.y.mean((2, 3), keepdim=True)
    assert float((error[..., 1:] * error[..., :-1]).mean() / error.square().mean()) > 0.8


def test_a_factor_that_does_not_divide_is_refused():
    with pytest.raises(ValueError, match="exactly"):
        reduced(torch.zeros(1, 3, 64, 64), 3, "area")


def test_the_map_says_how_strong_the_noise_is():
    view = Gaussian(sigma=(0.02, 0.2), files=0, misjudged=0)(gray(16), generator())
    measured = view.y.std((1, 2, 3))
    said = view.noise.mean((1, 2, 3))
    torch.testing.assert_close(said, measured, rtol=0.06, atol=0)
    assert said.min() < 0.08 < 0.2 < said.max()


def test_noise_adds_in_quadrature():
    piece = Gaussian(sigma=(0.1, 0.1), dependence=0, files=0, misjudged=0)
    view = apply((Step(piece=piece), Step(piece=piece)), gray(), generator())
    torch.testing.assert_close(view.noise.mean(), torch.tensor(0.2 * 2**0.5), rtol=0.01, atol=0)


def test_noise_that_depends_on_light_is_stronger_in_the_lights():
    piece = Gaussian(sigma=(0.05, 0.05), dependence=1, files=0, misjudged=0)
    dark, light = (piece(gray(64, 48, value), generator()).y.std() for value in (-0.9, 0.9))
    assert light > 1.2 * dark


def test_a_camera_neither_lifts_black_nor_dims_white():
    for value in (-1.0, -0.95, 0.0, 0.9):
        view = Camera(shot=(2e-4, 2e-4), read=(2e-4, 2e-4))(gray(16, 96, value), generator())
        assert float(view.y.mean()) == pytest.approx(value, abs=0.02)


def test_camera_noise_is_correlated_and_its_map_is_its_size():
    view = Camera(shot=(5e-3, 5e-3), smoothed=0, misjudged=0)(gray(8), generator())
    error = view.y - 0
    correlation = (error[..., 1:] * error[..., :-1]).mean() / error.square().mean()
    assert 0.15 < float(correlation) < 0.7
    torch.testing.assert_close(
        view.noise.mean((1, 2, 3)), error.square().mean((1, 2, 3)).sqrt(), rtol=0.1, atol=0
    )


def test_blur_is_scipy_s_gaussian():
    from scipy.ndimage import gaussian_filter

    x, _ = photo()
    for sigma in (0.5, 1.0, 1.5):
        kernel = gaussian_kernel(torch.full((1, 1, 1, 1), sigma))
        theirs = gaussian_filter(x[0].numpy(), (0, sigma, sigma), mode="mirror", radius=6)
        torch.testing.assert_close(
            convolve(x, kernel)[0], torch.from_numpy(theirs), atol=1e-4, rtol=0
        )


@pytest.mark.parametrize("shape", ["gaussian", "disc", "motion"])
def test_blur_keeps_the_light(shape):
    view = Blur(shapes=(shape,), sigma=(0.3, 1.5))(gray(8, 48, 0.3), generator())
    torch.testing.assert_close(view.y, torch.full_like(view.y, 0.3))


@pytest.mark.parametrize("shape", ["scratch", "stroke", "dust", "box", "text", "tear"])
def test_a_mask_takes_away_what_it_marks_and_nothing_else(shape):
    x = photo()[0].repeat(16, 1, 1, 1)
    view = Mask(shapes=(shape,))(View.clean(x), generator())
    marked = view.noise.isinf()
    share = marked.float().mean()
    assert 0.001 < share < 0.5
    assert (view.y[marked.expand_as(x)] == 0).all()
    assert torch.equal(view.y[~marked.expand_as(x)], x[~marked.expand_as(x)])
    assert (view.noise[~marked] == 0).all()


def test_scratches_are_as_wide_as_they_were_asked_to_be():
    from scipy.ndimage import distance_transform_edt

    widths = []
    for seed in range(20):
        marked = Mask(shapes=("scratch",), scratch_width=(4, 4)).draw(
            torch.zeros(1, 3, 96, 96), generator(seed)
        )
        if marked.any():
            padded = np.pad(marked[0, 0].numpy(), 1, mode="edge")
            inner = distance_transform_edt(padded)
            widths.append(np.median(inner[inner > 0]))
    assert 1 <= np.median(widths) <= 2.3


def test_a_step_befalls_its_share():
    chain = (Step(piece=Gaussian(sigma=(0.1, 0.1)), chance=0.25),)
    x = torch.zeros(400, 3, 24, 24)
    touched = (apply(chain, View.clean(x), generator()).y != 0).flatten(1).any(1)
    assert 0.17 < float(touched.float().mean()) < 0.33


@pytest.mark.parametrize(
    "table",
    [
        {"kind": "jpeg", "qualty": [5, 90]},
        {"kind": "sharpen"},
        {"kind": "gaussian", "sigma": [0.2, 0.1]},
        {"kind": "gaussian", "chance": 2},
        "jpeg",
    ],
)
def test_a_step_that_cannot_be_is_refused(table):
    with pytest.raises(ValidationError):
        Downscale.model_validate({"then": [table]})


def test_a_chain_survives_writing():
    piece = Downscale.model_validate(
        {"then": [{"kind": "jpeg", "quality": [5, 90], "chance": 0.5}, {"kind": "blur"}]}
    )
    assert Downscale.model_validate(piece.model_dump()) == piece
    assert Downscale.model_validate_json(piece.model_dump_json()) == piece
