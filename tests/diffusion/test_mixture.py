"""A mixture of Gaussians in closed form, against brute force, differences and its own samples."""

import math

import numpy as np
import pytest

from restore.diffusion import (
    DifferentiableDenoiser,
    GaussianMixturePrior,
    GaussianPrior,
    Observation,
)
from tests.diffusion.libraries import Library, on_all_libraries, on_float64, random

SHAPE = (1, 2, 3)
D = math.prod(SHAPE)


def gaussian(seed: int) -> GaussianPrior:
    root = random(seed, D, D)
    return GaussianPrior(random(seed + 1, *SHAPE), root @ root.T / D + 0.02 * np.eye(D))


PRIOR = GaussianMixturePrior(np.array([0.5, 0.2, 0.3]), (gaussian(0), gaussian(2), gaussian(4)))


@pytest.fixture(scope="module")
def draws() -> np.ndarray:
    return PRIOR.sample(200_000, seed=1)


def test_samples_have_the_moments(draws: np.ndarray) -> None:
    mean, covariance = PRIOR.moments
    np.testing.assert_allclose(draws.reshape(-1, D).mean(0), mean, atol=0.02)
    np.testing.assert_allclose(np.cov(draws.reshape(-1, D).T), covariance, atol=0.05)


@on_float64
@pytest.mark.parametrize("pixelwise", [False, True])
def test_the_denoiser_is_bayes_rule_over_samples(
    draws: np.ndarray, lib: Library, pixelwise: bool
) -> None:
    """E[x_0 | x_t, y] is the mean of draws from the prior, weighted by what both views say."""
    x_t, view = PRIOR.sample(3, seed=2), PRIOR.sample(3, seed=3)
    noise = np.full((3, 1, 2, 3), 0.9)
    if pixelwise:
        noise[:, :, 0, 1], noise[:, :, 1, 2] = math.inf, 1.4
    found = PRIOR(lib(x_t), 0.8, Observation(lib(view), lib(noise)))
    for i in range(3):
        log_w = -(((draws - x_t[i]) / 0.8) ** 2).sum((1, 2, 3)) / 2
        log_w -= (((draws - view[i]) / noise[i]) ** 2).sum((1, 2, 3)) / 2
        w = np.exp(log_w - log_w.max())
        expected = np.tensordot(w / w.sum(), draws, 1)
        np.testing.assert_allclose(found[i], expected, atol=0.05)


@on_all_libraries
def test_the_vjp_is_the_derivative(lib: Library) -> None:
    assert isinstance(PRIOR, DifferentiableDenoiser)
    x, v, w = (lib(random(i, 4, *SHAPE)) for i in range(3))
    noise = lib(np.abs(random(5, 4, 1, 2, 3)))
    y = Observation(lib(random(4, 4, *SHAPE)), noise)
    mean, jacobian = PRIOR.vjp(x, 0.5, y)
    assert lib.owns(jacobian(v))
    np.testing.assert_array_equal(mean, PRIOR(x, 0.5, y))
    h = lib.eps ** (1 / 3)
    change = (PRIOR(x + h * w, 0.5, y) - PRIOR(x - h * w, 0.5, y)) / (2 * h)
    expected, found = float((v * change).sum()), float((jacobian(v) * w).sum())
    assert found == pytest.approx(expected, rel=20 * h)


@on_all_libraries
def test_of_one_component_it_is_that_component(lib: Library) -> None:
    alone, g = GaussianMixturePrior(np.ones(1), (gaussian(0),)), gaussian(0)
    x = lib(random(1, 2, *SHAPE))
    np.testing.assert_allclose(alone(x, 0.3), g(x, 0.3), atol=10 * lib.eps)
    np.testing.assert_array_equal(alone.shares(x, 0.3), np.ones((1, 2)))


def test_the_posterior_is_bayes_rule_over_samples(draws: np.ndarray) -> None:
    A, sigma = random(7, 2, D) / 2, 0.5
    y = A @ PRIOR.sample(1, seed=9).ravel()
    posterior = PRIOR.posterior(A, y, sigma)
    rows = draws.reshape(-1, D)
    w = np.exp(-(((rows @ A.T - y) / sigma) ** 2).sum(1) / 2)
    mean = w @ rows / w.sum()
    np.testing.assert_allclose(posterior.moments[0], mean, atol=0.03)
    second = (rows.T * (w / w.sum())) @ rows - np.outer(mean, mean)
    np.testing.assert_allclose(posterior.moments[1], second, atol=0.05)


def test_the_posterior_of_a_noisy_picture_has_the_denoiser_s_mean() -> None:
    x = PRIOR.sample(1, seed=4)
    posterior = PRIOR.posterior(np.eye(D), x.ravel(), 0.7)
    np.testing.assert_allclose(posterior.moments[0], PRIOR(x, 0.7).ravel(), atol=1e-9)
    np.testing.assert_allclose(posterior.weights, PRIOR.shares(x, 0.7)[:, 0], atol=1e-9)
