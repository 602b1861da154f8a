"""Fillings, windows, clipping and posteriors, each against what they must be."""

import numpy as np
import pytest
from scipy.stats import norm

from restore.diffusion import Observation
from restore.tasks.clipping import unclipped_mean
from restore.tasks.fill import smooth_fill
from restore.tasks.posterior import Posterior
from restore.tasks.regions import windows_around


def test_a_filling_continues_a_linear_ramp_exactly():
    rows, columns = np.mgrid[:60, :80] / 80
    image = np.stack([rows, columns, 0.3 + 0.2 * rows - 0.1 * columns], 2)
    mask = np.zeros((60, 80), bool)
    mask[20:35, 30:33] = mask[40:50, 10:30] = True

    filled = smooth_fill(np.where(mask[:, :, None], 7, image), mask)

    assert np.abs(filled - image).max() < 1e-4


def test_large_holes_are_filled_from_their_rim():
    image = np.full((300, 300, 1), 0.25, np.float32)
    mask = np.zeros((300, 300), bool)
    mask[20:280, 20:280] = True

    filled = smooth_fill(np.where(mask[:, :, None], 0, image), mask)

    assert np.abs(filled - image).max() < 1e-3


@pytest.mark.parametrize("seed", range(20))
def test_windows_hold_every_marked_pixel_once(seed):
    rng = np.random.default_rng(seed)
    mask = np.zeros(rng.integers(1, 2500, 2), bool)
    for _ in range(rng.integers(1, 6)):
        top, left = (rng.integers(0, n) for n in mask.shape)
        height, width = rng.integers(1, (4, 2000) if rng.random() < 0.5 else (300, 300))
        mask[top : top + height, left : left + width] = True

    count = np.zeros(mask.shape, int)
    for window, context in windows_around(mask):
        count[window] += 1
        for inner, outer, length in zip(window, context, mask.shape, strict=True):
            assert 0 <= outer.start <= inner.start < inner.stop <= outer.stop <= length
            assert outer.start == 0 or outer.start <= inner.start - 48
            assert (outer.stop - outer.start) % 16 == 0 or outer.stop - outer.start == length

    assert count.max() == 1
    assert (count[mask] == 1).all()


def test_a_scratch_across_a_large_photo_takes_little():
    mask = np.zeros((4000, 6000), bool)
    for x in range(6000):
        mask[int(x * 0.6) : int(x * 0.6) + 3, x] = True

    area = sum(
        (rows.stop - rows.start) * (columns.stop - columns.start)
        for _, (rows, columns) in windows_around(mask)
    )

    assert area < 0.25 * mask.size


@pytest.mark.parametrize("sigma", [0.02, 0.1, 0.2])
def test_the_mean_of_clipped_noise_is_turned_back(sigma):
    x = np.linspace(0, 1, 41)
    n = norm.ppf((np.arange(20_001) + 0.5) / 20_001)
    mean = (x[:, None] + sigma * n).clip(0, 1).mean(1)[:, None, None]

    assert np.abs(mean[:, 0, 0] - x).max() > 0.3 * sigma
    assert np.abs(unclipped_mean(mean, sigma)[:, 0, 0] - x).max() < 0.01


def test_far_from_black_and_white_nothing_is_turned():
    mean = np.random.default_rng(0).uniform(0.3, 0.7, (20, 20, 3)).astype(np.float32)

    assert np.abs(unclipped_mean(mean, 0.05) - mean).max() < 1e-6


def test_samples_have_the_mean_and_the_spread_of_an_analytic_posterior():
    """For a Gaussian picture seen through Gaussian noise both are known exactly."""
    prior_sigma, y_sigma = 0.5, 0.2

    def prior(x_t, sigma, y):
        precision = prior_sigma**-2 + y.noise**-2
        weighted = y.y * y.noise**-2
        if x_t is not None:
            precision, weighted = precision + sigma**-2, weighted + x_t * sigma**-2
        return weighted / precision

    y = np.full((1, 3, 80, 80), 0.4, np.float32)
    variance = 1 / (prior_sigma**-2 + y_sigma**-2)
    posterior = Posterior(prior, Observation(y, y_sigma))

    drawn = posterior.draw(40, seed=1)

    assert np.abs(posterior.mean - 0.4 * variance / y_sigma**2).max() < 1e-6
    assert drawn.mean() == pytest.approx(posterior.mean.mean(), abs=0.01)
    assert drawn.std() == pytest.approx(variance**0.5, rel=0.1)
    assert np.array_equal(drawn, posterior.draw(40, seed=1))
    assert not np.array_equal(drawn, posterior.draw(40, seed=2))
