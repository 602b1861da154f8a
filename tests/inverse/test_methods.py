"""Every conditioned reverse process against a Gaussian prior, whose posterior is known.

The exact ones must reach it; what the approximate ones are off by was measured, and is held here.
"""

from __future__ import annotations

import numpy as np
import pytest

from restore.diffusion import GaussianPrior, karras, noise_like
from restore.errors import ParameterError
from restore.inverse import Blur, Identity, ddrm, dps, pigdm, repaint, spectrum, split_gibbs
from tests.diffusion.libraries import Library, on_all_libraries, random
from tests.inverse.problems import SHAPE, SIZE, D, Problem, rms, smooth_prior

N = 600
SIGMAS = karras(40, sigma_max=20)


def off(problem: Problem, x: np.ndarray) -> tuple[float, float]:
    """The error of the mean in posterior standard deviations, and the spread over the exact one."""
    x = x.reshape(len(x), D)
    exact = rms(np.sqrt(np.diag(problem.covariance)))
    return rms(x.mean(0) - problem.mean) / exact, rms(x.std(0)) / exact


def run(method, problem: Problem, **options):
    noise = noise_like(np.empty((N, *SHAPE)), 1)
    prior = smooth_prior()
    denoise = prior.vjp if method in (dps, pigdm) else prior
    y = problem.batch(N)
    return method(denoise, problem.operator, y, problem.sigma_y, SIGMAS, noise, **options)


@pytest.mark.parametrize("name", ["mask", "area", "bicubic", "blur"])
def test_ddrm_is_close_to_the_posterior_of_a_clean_measurement(name: str) -> None:
    mean, spread = off(problem := Problem.of(name, 0.0), run(ddrm, problem))
    assert mean < 0.2
    assert 0.75 < spread < 1


@pytest.mark.parametrize("name", ["identity", "mask", "area", "bicubic", "blur"])
def test_ddrm_of_a_noisy_measurement_is_biased_and_too_sure(name: str) -> None:
    """Where the state is less noisy than y it keeps y's own noise: up to 0.8 posterior widths."""
    problem = Problem.of(name, 0.4)
    mean, spread = off(problem, run(ddrm, problem))
    assert mean < 0.9
    assert 0.4 < spread < 0.8
    naive, _ = off(problem, problem.operator.pinv(problem.y))
    assert mean < naive


@pytest.mark.parametrize("sigma_y", [0.05, 0.4])
@pytest.mark.parametrize("name", ["identity", "mask", "bicubic", "blur"])
def test_pigdm_is_close_to_the_posterior(name: str, sigma_y: float) -> None:
    mean, spread = off(problem := Problem.of(name, sigma_y), run(pigdm, problem))
    assert mean < 0.3
    assert 0.8 < spread < 1


@pytest.mark.parametrize("sigma_y", [0.05, 0.3])
def test_pigdm_is_exact_where_its_assumption_is(sigma_y: float) -> None:
    """With white pictures x_0 given x_σ is white, and every guided step is E[x_0 | x_σ, y]."""
    prior = GaussianPrior(np.zeros(SHAPE), 0.25 * np.eye(D))
    operator = Blur(np.array([[0.2, 0.6, 0.2]]), SIZE)
    y = operator(0.5 * random(0, 1, *SHAPE)) + sigma_y * random(1, 1, *SHAPE)
    A = operator(np.eye(D).reshape(D, *SHAPE)).reshape(D, -1).T
    seen = []
    pigdm(
        prior.vjp,
        operator,
        y,
        sigma_y,
        karras(6, sigma_max=20),
        noise_like(y, 2),
        bayes=True,
        callback=lambda i, n, sigma, x, denoised: seen.append((sigma, x, denoised)),
    )
    for sigma, x, denoised in seen:
        both = np.concatenate([A / sigma_y, np.eye(D) / sigma])
        told = np.concatenate([y.ravel() / sigma_y, x.ravel() / sigma])
        mean, _ = prior.posterior(both, told, 1.0)
        np.testing.assert_allclose(denoised.ravel(), mean, atol=1e-9)


@pytest.mark.parametrize("name", ["mask", "bicubic", "blur"])
def test_dps_finds_pictures_that_measure_as_y(name: str) -> None:
    """Its mean is near; its spread is not the posterior's, as its step knows nothing of σ_y."""
    problem = Problem.of(name, 0.1)
    x = run(dps, problem, zeta=0.3)
    mean, _ = off(problem, x)
    assert mean < 0.6
    before = rms(problem.operator(smooth_prior().mean[None]) - problem.y)
    assert rms(problem.operator(x) - problem.y) < before / 2


def test_repaint_is_close_to_the_posterior() -> None:
    problem = Problem.of("mask", 0.0)
    x = run(repaint, problem, jump=5, repeats=6)
    mean, spread = off(problem, x)
    assert mean < 0.2
    assert 0.8 < spread < 1
    assert np.array_equal(problem.operator(x), problem.batch(N))


@pytest.mark.parametrize("name", ["mask", "bicubic", "blur"])
def test_split_gibbs_draws_from_the_posterior_that_it_promises(name: str) -> None:
    rho, sigma_y = 0.3, 0.1
    problem, prior = Problem.of(name, sigma_y), smooth_prior()
    A = problem.operator(np.eye(D).reshape(D, *SHAPE)).reshape(D, -1).T
    rows = np.abs(A).sum(1) > 0
    noise = sigma_y**2 * np.eye(rows.sum()) + rho**2 * A[rows] @ A[rows].T
    whiten = np.linalg.inv(np.linalg.cholesky(noise))
    mean, covariance = prior.posterior(whiten @ A[rows], whiten @ problem.y.ravel()[rows], 1.0)

    y = problem.batch(N)
    rounds = [rho] * 30
    x = split_gibbs(
        prior, problem.operator, y, sigma_y, rounds, noise_like(np.empty((N, *SHAPE)), 1), inner=12
    ).reshape(N, D)

    exact = np.sqrt(np.diag(covariance))
    assert rms((x.mean(0) - mean) / exact) < 3 / N**0.5
    assert rms(x.std(0)) == pytest.approx(rms(exact), rel=0.05)


@on_all_libraries
@pytest.mark.parametrize("method", [ddrm, repaint])
def test_the_library_and_the_precision_stay(method, lib: Library) -> None:
    problem = Problem.of("mask", 0.0)
    y = lib(problem.batch(2))
    x = method(smooth_prior(), problem.operator, y, 0.0, karras(4), noise_like(y, 3))
    assert lib.owns(x)
    assert x.shape == y.shape


@on_all_libraries
@pytest.mark.parametrize("method", [pigdm, dps])
def test_so_do_they_where_gradients_are_taken(method, lib: Library) -> None:
    problem = Problem.of("blur", 0.1)
    y = lib(problem.batch(2))
    x = method(smooth_prior().vjp, problem.operator, y, 0.1, karras(4), noise_like(y, 3))
    assert lib.owns(x)
    again = method(smooth_prior().vjp, problem.operator, y, 0.1, karras(4), noise_like(y, 3))
    np.testing.assert_array_equal(x, again)


def test_ddrm_s_start_and_steps_have_the_variances_of_its_paper() -> None:
    """With a prior that knows nothing the state keeps its noise level, whatever was measured."""
    operator = Blur(np.array([[0.2, 0.6, 0.2]]), SIZE)
    y = np.zeros((4000, *SHAPE))
    levels = [5.0, 2.0, 1.0, 0.5, 0.0]
    seen = []
    ddrm(
        lambda x, sigma: 0 * x,
        operator,
        y,
        0.05,
        levels,
        noise_like(y, 0),
        callback=lambda i, n, sigma, x, denoised: seen.append((sigma, x)),
    )
    loudest = 0.05 / spectrum(operator).singular.min()
    for sigma, x in seen:
        assert x.var() == pytest.approx(sigma**2, abs=3 * loudest**2 + 0.05 * sigma**2)


def test_repaint_refuses_what_is_no_mask_and_no_schedule() -> None:
    y = np.zeros((1, *SHAPE))
    with pytest.raises(ParameterError, match="nothing else"):
        repaint(smooth_prior(), Identity(SIZE), y, 0.0, SIGMAS, noise_like(y, 0))
    mask = Problem.of("mask", 0.0).operator
    with pytest.raises(ParameterError, match="no schedule"):
        repaint(smooth_prior(), mask, y, 0.0, SIGMAS, noise_like(y, 0), repeats=0)
    with pytest.raises(ParameterError, match="free of noise"):
        repaint(smooth_prior(), mask, y, 0.1, SIGMAS, noise_like(y, 0))
