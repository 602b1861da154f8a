"""Calibration where the truth is known: a Gaussian prior, whose posterior has a closed form."""

import math

import numpy as np
import pytest

from restore.diffusion import GaussianPrior, Observation
from restore.errors import ParameterError
from restore.evaluation.calibration import calibration, calibration_of_samples
from restore.tasks.posterior import Posterior
from restore.tasks.walk import Walk

SIDE = 6
NOISE = 0.4


@pytest.fixture(scope="module")
def prior():
    """Neighbours that resemble each other, and a variance that grows by a hundred to the right."""
    at = np.stack(np.mgrid[:SIDE, :SIDE], -1).reshape(-1, 2)
    near = np.exp(-np.square(at[:, None] - at[None]).sum(2) / 4)
    scale = 0.1 * 10 ** (at[:, 1] / (SIDE - 1))
    one = near * np.outer(scale, scale) + 1e-6 * np.eye(SIDE**2)
    return GaussianPrior(np.zeros((3, SIDE, SIDE)), np.kron(np.eye(3), one))


@pytest.fixture(scope="module")
def posteriors(prior):
    """Many truths drawn from the prior, each with its exact posterior: errors of the mean, and σ.

    The noise of y grows from row to row, so that σ is different in every pixel of a picture.
    """
    random = np.random.default_rng(0)
    n = prior.covariance.shape[0]
    noise = np.repeat(np.linspace(0.05, 1, SIDE), SIDE)
    A = np.tile(1 / noise, 3)[:, None] * np.eye(n)  # y/noise has unit noise
    root = np.linalg.cholesky(prior.covariance)
    errors, sigmas = [], []
    for _ in range(600):
        x_0 = root @ random.standard_normal(n)
        y = A @ x_0 + random.standard_normal(n)
        mean, covariance = prior.posterior(A, y, 1.0)
        errors.append(mean - x_0)
        sigmas.append(np.sqrt(np.diag(covariance)))
    return np.array(errors), np.array(sigmas)


def test_an_exact_posterior_lies_on_the_diagonal(posteriors):
    found = calibration(*posteriors)
    assert found.curve[-1].predicted > 5 * found.curve[0].predicted
    for b in found.curve:
        assert b.observed == pytest.approx(b.predicted, rel=0.05)
    assert found.ece < 0.02 * found.curve[-1].predicted
    assert found.error_over_sigma == pytest.approx(1, rel=0.03)
    assert (found.expected_1, found.expected_2) == pytest.approx((0.6827, 0.9545), abs=1e-4)
    assert found.within_1 == pytest.approx(found.expected_1, abs=0.01)
    assert found.within_2 == pytest.approx(found.expected_2, abs=0.01)


def test_half_the_deviation_is_off_by_two_in_every_bin(posteriors):
    error, sigma = posteriors
    right, found = calibration(error, sigma), calibration(error, sigma / 2)
    assert [b.observed for b in found.curve] == [b.observed for b in right.curve]
    for b in found.curve:
        assert b.observed == pytest.approx(2 * b.predicted, rel=0.05)
    assert found.error_over_sigma == pytest.approx(2 * right.error_over_sigma)
    mean = np.mean([b.predicted for b in found.curve])
    assert found.ece == pytest.approx(mean, rel=0.05)  # |2σ − σ|
    assert found.within_2 == right.within_1


def test_a_map_that_is_right_only_on_the_whole_is_found_out(posteriors):
    error, sigma = posteriors
    flat = np.full_like(sigma, np.sqrt(np.mean(sigma**2)))
    shuffled = np.random.default_rng(0).permutation(sigma.ravel()).reshape(sigma.shape)
    for wrong in (flat, shuffled):
        found = calibration(error, wrong)
        assert found.error_over_sigma == pytest.approx(1, rel=0.03)
        assert abs(found.within_1 - found.expected_1) > 0.02
    assert found.ece > 10 * calibration(error, sigma).ece


@pytest.mark.parametrize("count", [4, 8, 25])
def test_few_draws_of_a_calibrated_posterior_are_calibrated(count):
    """The truth is one more draw; neither bins nor coverage suffer from how few there are."""
    random = np.random.default_rng(1)
    sigma = np.broadcast_to(10 ** np.linspace(-2, -1, 400)[:, None, None], (400, 60, 3))
    truth, *samples = (0.5 + sigma * random.standard_normal(sigma.shape) for _ in range(count + 1))
    found = calibration_of_samples(samples, truth)
    assert found.error_over_sigma == pytest.approx(1, rel=0.02)
    for b in found.curve:
        assert b.observed == pytest.approx(b.predicted, rel=0.1)
    assert found.within_1 == pytest.approx(found.expected_1, abs=0.01)
    assert found.within_2 == pytest.approx(found.expected_2, abs=0.01)


def test_samples_that_spread_half_as_far_are_found_out():
    random = np.random.default_rng(2)
    truth = random.standard_normal((60, 60, 3))
    samples = [0.5 * random.standard_normal(truth.shape) for _ in range(16)]
    variance = (1 + 0.25 / 16) / (0.25 + 0.25 / 16)  # of the error, over that of a sample's
    found = calibration_of_samples(samples, truth)
    assert found.error_over_sigma == pytest.approx(math.sqrt(variance), rel=0.03)


def test_only_what_the_mask_marks_counts():
    random = np.random.default_rng(3)
    truth, *samples = (random.standard_normal((40, 40, 3)) for _ in range(9))
    mask = np.zeros((40, 40), bool)
    mask[:, :20] = True
    cut = calibration_of_samples([s[:, :20] for s in samples], truth[:, :20])
    for sample in samples:
        sample[:, 20:] = 7
    assert calibration_of_samples(samples, truth, mask=mask) == cut


def test_samples_of_the_toolkit_with_an_exact_prior_are_calibrated(prior):
    """The whole way: a task's own samples, a truth from the prior."""
    random = np.random.default_rng(4)
    root = np.linalg.cholesky(prior.covariance)
    x_0 = (random.standard_normal((120, root.shape[0])) @ root.T).reshape(-1, 3, SIDE, SIDE)
    y = x_0 + NOISE * random.standard_normal(x_0.shape)
    posterior = Posterior(prior, Observation(y, NOISE), walk=Walk(sampler="dpmpp_2m"))
    samples = [posterior.draw(16, seed).reshape(120, -1, 3) for seed in range(8)]
    found = calibration_of_samples(samples, x_0.reshape(120, -1, 3), bins=5)
    assert found.error_over_sigma == pytest.approx(1, rel=0.05)
    assert found.within_2 == pytest.approx(found.expected_2, abs=0.02)


def test_a_certain_map_and_an_error():
    zero, one = np.zeros(20), np.ones(20)
    assert calibration(zero, zero).error_over_sigma == 1
    assert calibration(one, zero).error_over_sigma == math.inf
    assert calibration(one, zero).ece == 1
    assert calibration(zero, zero).within_1 == 1


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: calibration(np.zeros(20), np.zeros(21)), "uncertainty"),
        (lambda: calibration(np.zeros(9), np.zeros(9)), "too few"),
        (lambda: calibration_of_samples([np.zeros((9, 9, 3))] * 3, np.zeros((9, 9, 3))), "4"),
        (lambda: calibration_of_samples([np.zeros((9, 9, 3))] * 4, np.zeros((9, 8, 3))), "size"),
    ],
)
def test_what_cannot_be_measured_is_refused(call, said):
    with pytest.raises(ParameterError, match=said):
        call()
