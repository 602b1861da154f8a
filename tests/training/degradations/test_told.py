"""What is told of a view is what could be found out at inference, and nothing that could not."""

import math

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from restore.training.degradations import Blur, Camera, Downscale, Gaussian, Jpeg, Mask, View, apply
from restore.training.degradations.camera import encoded, rise
from restore.training.degradations.chain import Step
from restore.training.degradations.downscale import noise_kept, reduced
from restore.training.degradations.drawing import local_mean
from restore.training.mixture import Kind, degrade, maps_of
from tests.engine.conftest import picture

FLAT = Gaussian(sigma=(0.05, 0.05), dependence=0, files=0, misjudged=0)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def gray(n=4, side=96, value=0.0):
    return View.clean(torch.full((n, 3, side, side), value))


def photos(n=8, side=96):
    pixels = np.stack([picture(side, side, seed) for seed in range(n)])
    return torch.from_numpy(pixels).permute(0, 3, 1, 2) * 2 - 1


def told(view, noise=False, jpeg=False):
    """Return the values of the maps where noise or compression are not told."""
    unknown = (torch.full((len(view.y), 1, 1, 1), which) for which in (noise, jpeg))
    return maps_of(view, *unknown)[:, :, 0, 0].T


def test_a_noise_map_tells_nothing_of_the_picture_beneath():
    """Two pictures with the same local means, one flat and one of stripes, have one map."""
    stripes = torch.zeros(1, 3, 96, 96)
    stripes[:, :, :, ::2] = 0.2
    stripes[:, :, :, 1::2] = -0.2
    noisy = Gaussian(sigma=(0.02, 0.02), misjudged=0, files=0)
    flat, striped = (noisy(View.clean(x), generator(3)).noise for x in (0 * stripes, stripes))
    torch.testing.assert_close(flat, striped, rtol=0.02, atol=0)


def test_the_estimate_is_some_per_cent_off():
    piece = Gaussian(sigma=(0.05, 0.05), dependence=0, misjudged=0.1)
    off = piece(gray(400, 16), generator()).noise[:, 0, 0, 0].log() - math.log(0.1)
    assert float(off.mean()) == pytest.approx(0, abs=0.02)
    assert float(off.std()) == pytest.approx(0.1, abs=0.015)


def test_the_local_mean_is_that_of_the_noise_estimate():
    from scipy.ndimage import uniform_filter

    x = photos(2, 48)
    theirs = uniform_filter(x.numpy(), (0, 0, 17, 17), mode="mirror")
    inner = slice(8, -8)
    np.testing.assert_allclose(
        local_mean(x)[..., inner, inner].numpy(), theirs[..., inner, inner], atol=1e-5
    )
    torch.testing.assert_close(local_mean(torch.full((1, 1, 6, 6), 0.3)).mean(), torch.tensor(0.3))


@pytest.mark.parametrize("shot", [1e-3, 1e-2])
def test_developing_noise_keeps_its_mean(shot):
    for value in (-0.6, 0.0, 0.6):
        piece = Camera(shot=(shot, shot), read=(1e-3, 1e-3), smoothed=0)
        error = piece(gray(32, 64, value), generator()).y - value
        assert float(error.mean()) == pytest.approx(0, abs=0.15 * float(error.std()))


def test_noise_is_stretched_by_the_secant_of_the_tone_curve():
    one = torch.ones(1)
    light, sigma = torch.tensor([0.07, 0.3, 0.6, 0.9]), 1e-3
    slopes = [(encoded(v + 1e-4) - encoded(v - 1e-4)) / 2e-4 for v in light]
    weak = rise(light, sigma * one, one) / 2
    torch.testing.assert_close(weak, sigma * torch.stack(slopes), rtol=1e-2, atol=0)
    black = rise(0 * one, 0.04 * one, 1.25 * one) / 2
    torch.testing.assert_close(black, encoded(0.04 * one) ** 0.8)


def test_a_bayer_mosaic_begins_at_any_of_its_four_places():
    """Green is measured, and noisiest, on one of the two chequerboards."""
    y = Camera(shot=(1e-2, 1e-2), smoothed=0)(gray(64, 96), generator()).y
    red = torch.stack([y[:, 0, i::2, j::2].std((1, 2)) for i in (0, 1) for j in (0, 1)])
    assert sorted(set(red.argmax(0).tolist())) == [0, 1, 2, 3]


def test_of_two_compressions_the_lower_quality_is_told():
    chain = (Step(piece=Jpeg(quality=(20, 20))), Step(piece=Jpeg(quality=(80, 80))))
    assert (apply(chain, View.clean(photos(2)), generator()).jpeg == 20).all()
    assert (apply(chain[::-1], View.clean(photos(2)), generator()).jpeg == 20).all()


def test_nothing_is_known_of_the_noise_of_a_blurred_view():
    noise, _, _ = told(apply((Step(piece=FLAT), Step(piece=Blur())), gray(), generator()))
    assert (noise == -1).all()


def test_compression_before_an_enlargement_is_told_as_unknown_noise():
    """As `restore.tasks.found` tells the prior of a photo that is to be enlarged."""
    small = Downscale(factors=(2,), then=(Step(piece=Jpeg(quality=(40, 40))),))
    noise, scale, jpeg = told(small(View.clean(photos(2)), generator()))
    assert (noise == -1).all()
    assert (scale == 0.5).all()
    assert (jpeg == 0).all()


def test_only_the_bicubic_filter_is_what_an_enlargement_is_taken_for():
    for kernel in ("bicubic", "bilinear", "area", "nearest"):
        noise, scale, _ = told(Downscale(factors=(4,), kernels=(kernel,))(gray(), generator()))
        assert (noise == (0 if kernel == "bicubic" else -1)).all()
        assert (scale == 1).all()


def test_who_tells_nothing_does_not_tell_an_enlargement_either():
    view = Downscale(factors=(4,))(gray(), generator())
    assert (told(view, noise=True)[1] == 1).all()
    noise, scale, jpeg = told(view, noise=True, jpeg=True)
    assert (noise == -1).all()
    assert (scale == 0).all()
    assert (jpeg == -1).all()


@pytest.mark.parametrize("kernel", ["bicubic", "bilinear", "area", "nearest"])
@pytest.mark.parametrize("factor", [2, 3, 4])
def test_reduction_takes_noise_away(kernel, factor):
    noise = torch.randn(64, 3, 24 * factor, 24 * factor, generator=generator())
    kept = reduced(noise, factor, kernel)[..., 3:-3, 3:-3].std()
    assert float(kept) == pytest.approx(noise_kept(factor, kernel), rel=0.02)


def test_noise_is_told_as_it_is_when_the_picture_is_small():
    chain = (Step(piece=FLAT), Step(piece=Downscale(factors=(2,))))
    noise, _, _ = told(apply(chain, gray(), generator()))
    torch.testing.assert_close(noise, torch.full_like(noise, 0.1 * noise_kept(2, "bicubic")))


def test_what_is_masked_stays_unknown_whatever_follows():
    steps = ({"kind": "mask"}, {"kind": "gaussian"}, {"kind": "jpeg"})
    kind = Kind.model_validate({"name": "torn", "share": 1, "chain": steps})
    degraded = degrade(photos(), [kind], generator())
    hole = degraded.maps[:, :1] == 2
    assert hole.any()
    assert (degraded.y[hole.expand_as(degraded.y)] == 0).all()


def test_much_noise_is_not_nothing():
    view = View.clean(torch.zeros(1, 3, 8, 8))
    loud = View(view.y, view.noise + 5, view.scale, view.jpeg, view.blind)
    assert (told(loud)[0] < 2).all()
    assert (told(loud)[0] > 1.9).all()


def test_examples_go_out_and_come_back():
    view = Downscale(factors=(2,), kernels=("area",))(View.clean(photos()), generator())
    index = torch.tensor([5, 0])
    for name in ("y", "noise", "scale", "jpeg", "blind"):
        again = getattr(View.clean(photos()).put(index, view.at(index)), name)
        assert torch.equal(again[index], getattr(view, name)[index])
        assert torch.equal(again[1], getattr(View.clean(photos()), name)[1])


@pytest.mark.parametrize(
    ("piece", "table"),
    [
        (Gaussian, {"sigma": [0, 0.1]}),
        (Gaussian, {"sigma": [-0.1, 0.1]}),
        (Gaussian, {"sigma": [0.1, math.inf]}),
        (Jpeg, {"quality": [0, 50]}),
        (Jpeg, {"quality": [50, 101]}),
        (Jpeg, {"quality": [60, 50]}),
        (Jpeg, {"subsampling": []}),
        (Blur, {"shapes": []}),
        (Mask, {"shapes": []}),
        (Downscale, {"factors": []}),
        (Downscale, {"kernels": []}),
        (Downscale, {"factors": [5]}),
    ],
)
def test_strengths_that_cannot_be_are_refused(piece, table):
    with pytest.raises(ValidationError):
        piece.model_validate(table)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_batch_on_a_gpu_stays_there():
    x_0 = photos().to("cuda")
    chain = [{"kind": k} for k in ("blur", "downscale", "gaussian", "camera", "jpeg", "mask")]
    kind = Kind.model_validate({"name": "all", "share": 1, "chain": chain})
    degraded = degrade(x_0, [kind], torch.Generator("cuda").manual_seed(0))
    assert degraded.y.device == degraded.maps.device == x_0.device
    assert torch.isfinite(degraded.y).all()
