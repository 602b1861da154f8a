"""Black-and-white photos among the examples: what is the same in every channel is told as such."""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor

from restore.networks.conditioning import NOTHING_KNOWN
from restore.training.degradations import Gaussian, Mask
from restore.training.mixture import Kind, degrade
from restore.training.monochrome import Monochrome, gray


def pictures(count: int = 32) -> Tensor:
    generator = Generator().manual_seed(0)
    rough = torch.rand(count, 3, 6, 6, generator=generator) * 1.6 - 0.8
    return torch.nn.functional.interpolate(rough, size=(48, 48), mode="bilinear")


def examples(kind: Kind, share: float) -> tuple[Monochrome, Tensor, Tensor, Tensor]:
    """Return who is gray, x_0, y and the maps, as the objective makes them."""
    generator = Generator().manual_seed(1)
    monochrome = Monochrome(pictures(), share, generator)
    x_0 = monochrome.untoned(pictures())
    degraded = monochrome.observed(degrade(x_0, (kind,), generator))
    return monochrome, monochrome.toned(x_0), degraded.y, degraded.maps


NOISE = Kind(
    name="noise",
    share=1,
    chain=(Gaussian(sigma=(0.05, 0.05), dependence=0, misjudged=0, files=0),),
)


def test_a_gray_photo_has_one_noise_and_is_told_of_the_luma_s() -> None:
    monochrome, _, y, maps = examples(NOISE, 1.0)
    plain = (monochrome.tone == 0).all(1).flatten()
    assert 0 < plain.sum() < len(plain)
    error = (y - gray(pictures()))[plain]

    assert torch.equal(error[:, 0], error[:, 1])
    assert torch.equal(error[:, 1], error[:, 2])
    told = float(maps[:, 0].mean())
    assert math.isclose(told, 2 * 0.05 * math.sqrt(3), rel_tol=1e-5)
    luma_of_independent = told / math.sqrt(3)
    assert math.isclose(float(error.std()), luma_of_independent, rel_tol=0.02)


def test_colour_photos_stay_what_they_were() -> None:
    _, x_0, y, maps = examples(NOISE, 0.0)
    assert torch.equal(x_0, pictures())
    assert not torch.equal((y - x_0)[:, 0], (y - x_0)[:, 1])
    assert math.isclose(float(maps[:, 0].mean()), 0.1, rel_tol=1e-5)


def test_a_toned_print_is_toned_outside_its_holes_only() -> None:
    mask = Kind(name="mask", share=1, chain=(Mask(),))
    monochrome, x_0, y, maps = examples(mask, 1.0)
    hole = (maps[:, :1] == NOTHING_KNOWN).expand_as(y)
    assert hole.any()

    assert (y[hole] == 0).all()
    torch.testing.assert_close(y[~hole], x_0[~hole])
    toned = (monochrome.tone != 0).any(1).flatten()
    spread = (x_0.amax(1) - x_0.amin(1)).amax((1, 2))
    assert (spread[toned] > 0.01).all()
    assert (spread[~toned] < 1e-6).all()
    assert x_0.abs().max() <= 1
