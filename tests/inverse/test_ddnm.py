import numpy as np
import pytest

from restore.diffusion import karras, noise_like
from restore.inverse import Mask, ddnm, ddnm_plus, residual
from tests.diffusion.libraries import Library, on_all_libraries
from tests.inverse.problems import OPERATORS, SHAPE, D, Problem, rms, smooth_prior

SIGMAS = karras(40, sigma_max=20)


@on_all_libraries
@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.parametrize("travel", [(1, 1), (3, 2)])
def test_the_result_measures_as_y(name: str, travel: tuple[int, int], lib: Library) -> None:
    problem = Problem.of(name, 0.0) if name != "identity" else Problem.of(name, 0.1)
    y = lib(problem.batch(3))
    noise = noise_like(lib(np.empty((3, *SHAPE))), 5)

    x = ddnm(smooth_prior(), problem.operator, y, karras(8), noise, travel=travel)

    assert lib.owns(x)
    assert x.shape == (3, *SHAPE)
    assert residual(problem.operator, x, y) < 50 * lib.eps


@pytest.mark.parametrize("sigma_y", [0.0, 0.4])
@pytest.mark.parametrize("name", ["mask", "area", "bicubic"])
@pytest.mark.parametrize("travel", [(1, 1), (3, 2)])
def test_results_are_close_to_draws_from_the_posterior(
    name: str, sigma_y: float, travel: tuple[int, int]
) -> None:
    """Mean and spread; DDNM is approximate, as it projects E[x_0 | x_σ] and not x_0.

    Both errors stay below a quarter of the posterior's own standard deviation, and the mean is
    less than half as far from the exact one as A⁺y is.
    """
    problem, n = Problem.of(name, sigma_y), 1000
    noise = noise_like(np.empty((n, *SHAPE)), 1)
    args = problem.operator, problem.batch(n), sigma_y, SIGMAS, noise

    x = ddnm_plus(smooth_prior(), *args, travel=travel).reshape(n, D)

    exact = rms(np.sqrt(np.diag(problem.covariance)))
    error = rms(x.mean(0) - problem.mean)
    assert error < exact / 4
    assert error < rms(problem.operator.pinv(problem.y).ravel() - problem.mean) / 2
    assert rms(x.std(0)) == pytest.approx(exact, rel=0.25)


def test_with_the_picture_itself_as_measurement_it_is_denoising() -> None:
    """A = I: the process reaches y at σ_y and goes on as a reverse process from there."""
    problem, n = Problem.of("identity", 0.4), 3000
    noise = noise_like(np.empty((n, *SHAPE)), 1)

    x = ddnm_plus(smooth_prior(), problem.operator, problem.batch(n), 0.4, SIGMAS, noise)

    x = x.reshape(n, D)
    np.testing.assert_allclose(x.mean(0), problem.mean, atol=0.1)
    np.testing.assert_allclose(np.cov(x.T), problem.covariance, atol=0.03)


def test_travelling_walks_each_stretch_as_often_as_asked() -> None:
    problem = Problem.of("mask", 0.0)
    noise = noise_like(np.empty((1, *SHAPE)), 0)
    seen = []

    ddnm(
        smooth_prior(),
        problem.operator,
        problem.y,
        [3.0, 2.0, 1.0, 0.0],
        noise,
        travel=(2, 2),
        callback=lambda i, n, sigma, x, denoised: seen.append((i, n, sigma)),
    )

    assert seen == [(i, 6, sigma) for i, sigma in enumerate([3, 2, 3, 2, 1, 1])]


def test_a_mask_that_knows_nothing_leaves_a_draw_from_the_prior() -> None:
    prior, n = smooth_prior(), 1000
    noise = noise_like(np.empty((n, *SHAPE)), 1)
    unknown = Mask(np.zeros((1, 1, *SHAPE[1:])))

    x = ddnm_plus(prior, unknown, np.zeros((n, *SHAPE)), 0.1, SIGMAS, noise).reshape(n, D)

    np.testing.assert_allclose(x.mean(0), prior.mean.ravel(), atol=0.08)
    np.testing.assert_allclose(np.cov(x.T), prior.covariance, atol=0.06)


def test_a_given_start_is_where_it_starts() -> None:
    problem = Problem.of("mask", 0.0)
    start, seen = np.full((1, *SHAPE), 0.3), []

    ddnm(
        smooth_prior(),
        problem.operator,
        problem.y,
        [0.5, 0.0],
        noise_like(start, 0),
        x=start,
        callback=lambda *state: seen.append(state[3]),
    )

    assert seen[0] is start
