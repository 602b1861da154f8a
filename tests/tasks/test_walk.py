"""Walks with a Gaussian prior, for which the posterior that they should end in is known."""

from dataclasses import replace

import numpy as np
import pytest

from restore.diffusion import karras, noise_like, sample_ddim
from restore.tasks.walk import SAMPLING, Walk

SPREAD = 0.1
X = np.zeros((1, 3, 60, 60))


class Exact:
    """E[x_0 | x_σ] where x_0 ~ N(0, s²); counts its calls."""

    def __init__(self):
        self.calls = 0

    def __call__(self, x, sigma):
        self.calls += 1
        return x * SPREAD**2 / (SPREAD**2 + sigma**2)


def walked(walk, calls, denoise=None):
    noise = noise_like(X, seed=3)
    return walk(denoise or Exact(), walk.start * noise(0), calls, noise)


def test_the_usual_walk_is_ancestral_sampling_from_1_to_a_hundredth():
    noise = noise_like(X, seed=3)
    levels = karras(7, 0.01, 1.0)
    expected = sample_ddim(Exact(), noise(0), levels, eta=1.0, noise=noise)
    assert np.array_equal(walked(Walk(), 7), expected)


@pytest.mark.parametrize("sampler", ["ddim", "heun", "dpmpp_2m"])
@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("rho", [3.0, 7.0])
def test_every_walk_ends_in_the_posterior(sampler, eta, rho):
    end = walked(Walk(sampler=sampler, eta=eta, rho=rho), 121)
    assert end.mean() == pytest.approx(0, abs=0.005)
    assert end.std() == pytest.approx(SPREAD, rel=0.05)


@pytest.mark.parametrize("calls", [1, 2, 5, 8])
@pytest.mark.parametrize("sampler", ["ddim", "heun", "dpmpp_2m"])
def test_no_more_calls_are_made_than_are_allowed(sampler, calls):
    denoise = Exact()
    walked(Walk(sampler=sampler), calls, denoise)
    assert denoise.calls == calls - (sampler == "heun" and calls % 2 == 0)


def test_everything_that_can_be_varied_matters():
    usual = walked(Walk(), 6)
    for changed in (
        replace(Walk(), start=0.5),
        replace(Walk(), last=0.03),
        replace(Walk(), rho=3.0),
        replace(Walk(), eta=0.5),
        replace(Walk(), sampler="heun"),
        replace(Walk(), sampler="dpmpp_2m"),
    ):
        assert not np.allclose(walked(changed, 6), usual, atol=1e-3)


@pytest.mark.parametrize("start", [0.5, 1.0])
def test_samples_of_eight_calls_have_the_spread_of_the_posterior(start):
    """Seven calls after the one for the mean; ancestral sampling falls short by a third."""
    sample, ancestral = (
        walked(replace(walk, start=start), 7).std() / SPREAD for walk in (SAMPLING, Walk())
    )
    assert 0.9 < sample < 1.12
    assert ancestral < 0.75
