import math

import numpy as np
import pytest

from restore.diffusion.denoiser import DifferentiableDenoiser, Observation
from restore.diffusion.gaussian import GaussianPrior, StationaryPrior
from tests.diffusion.libraries import Library, on_all_libraries, on_float64, random

SHAPE = (2, 2, 3)
D = math.prod(SHAPE)


@pytest.fixture
def prior() -> GaussianPrior:
    root = random(0, D, D)
    return GaussianPrior(random(1, *SHAPE), root @ root.T / D + 0.01 * np.eye(D))


def stationary(h: int, w: int) -> StationaryPrior:
    f = np.hypot(np.fft.fftfreq(h)[:, None], np.fft.fftfreq(w))
    return StationaryPrior(0.2, 0.05 / (0.02 + f**2))


@on_float64
def test_two_views_give_the_jointly_computed_posterior_mean(
    prior: GaussianPrior, lib: Library
) -> None:
    x_t, y = random(2, 3, *SHAPE), random(3, 3, *SHAPE)
    noise = np.abs(random(4, 3, 1, 2, 3))
    noise[0, 0, 0, 0], noise[1, 0, 1, 1] = math.inf, 0.0

    mean = prior(lib(x_t), 0.4, Observation(lib(y), lib(noise)))

    assert lib.owns(mean)
    for i in range(3):
        s_y = np.broadcast_to(noise[i], SHAPE).ravel()
        known = np.isfinite(s_y)
        A = np.vstack([np.eye(D), np.eye(D)[known]])
        R = np.diag(np.r_[np.full(D, 0.4), s_y[known]] ** 2)
        S, mu = prior.covariance, prior.mean.ravel()
        error = np.r_[x_t[i].ravel(), y[i].ravel()[known]] - A @ mu
        expected = mu + S @ A.T @ np.linalg.solve(A @ S @ A.T + R, error)
        np.testing.assert_allclose(np.ravel(mean[i]), expected, atol=1e-9)


@on_float64
def test_both_priors_agree_on_a_stationary_covariance(lib: Library) -> None:
    filtered = stationary(4, 5)
    roots = filtered.sample(np.eye(20).reshape(20, 1, 4, 5)).reshape(20, 20) - filtered.mean
    full = GaussianPrior(np.full((1, 4, 5), filtered.mean), roots.T @ roots)
    x, v = lib(random(0, 2, 1, 4, 5)), lib(random(1, 2, 1, 4, 5))
    y = Observation(lib(random(2, 2, 1, 4, 5)), 0.7)

    np.testing.assert_allclose(filtered(x, 0.3, y), full(x, 0.3, y), atol=1e-9)
    np.testing.assert_allclose(filtered(None, 0.3, y), full(None, 0.3, y), atol=1e-9)
    a, b = filtered.vjp(x, 0.3, y)[1](v), full.vjp(x, 0.3, y)[1](v)
    np.testing.assert_allclose(a, b, atol=1e-9)


@on_all_libraries
@pytest.mark.parametrize("pixelwise", [False, True])
def test_the_vjp_is_the_derivative(prior: GaussianPrior, lib: Library, pixelwise: bool) -> None:
    """The mean is affine in x_t, so that a finite difference is exact."""
    assert isinstance(prior, DifferentiableDenoiser)
    x, v, w = (lib(random(i, 2, *SHAPE)) for i in range(3))
    noise = lib(np.abs(random(4, 2, 1, 2, 3))) if pixelwise else 0.6
    y = Observation(lib(random(3, 2, *SHAPE)), noise)

    mean, jacobian = prior.vjp(x, 0.5, y)

    assert lib.owns(jacobian(v))
    np.testing.assert_array_equal(mean, prior(x, 0.5, y))
    change = prior(x + w, 0.5, y) - mean
    assert float((v * change).sum()) == pytest.approx(float((jacobian(v) * w).sum()), rel=1e-3)


def test_posterior_matches_its_precision_form(prior: GaussianPrior) -> None:
    A, y = random(5, 4, D), random(6, 4)

    mean, covariance = prior.posterior(A, y, 0.3)

    precision = np.linalg.inv(prior.covariance)
    expected = np.linalg.inv(precision + A.T @ A / 0.09)
    np.testing.assert_allclose(covariance, expected, atol=1e-9)
    information = precision @ prior.mean.ravel() + A.T @ y / 0.09
    np.testing.assert_allclose(mean, expected @ information, atol=1e-8)


@on_float64
def test_the_flow_is_a_group_and_its_slope_is_the_ode(prior: GaussianPrior, lib: Library) -> None:
    x = lib(random(0, 2, *SHAPE))

    np.testing.assert_allclose(
        prior.flow(prior.flow(x, 2.0, 0.7), 0.7, 0.1), prior.flow(x, 2.0, 0.1), atol=1e-12
    )
    h = 1e-5
    slope = (prior.flow(x, 0.5, 0.5 + h) - prior.flow(x, 0.5, 0.5 - h)) / (2 * h)
    np.testing.assert_allclose(slope, (x - prior(x, 0.5)) / 0.5, atol=1e-7)


def test_stationary_samples_have_the_spectrum() -> None:
    prior = stationary(8, 9)

    x = prior.sample(random(0, 20_000, 1, 8, 9))

    power = np.mean(np.abs(np.fft.fft2(x - prior.mean)) ** 2, axis=(0, 1)) / 72
    np.testing.assert_allclose(power, prior.spectrum, rtol=0.08)
    with pytest.raises(ValueError, match="same noise"):
        prior(x[:1], 1.0, Observation(x[:1], np.linspace(0, 1, 72).reshape(1, 1, 8, 9)))
