"""Ancestral sampling in x_t is DDIM with η = 1 in x_σ, and ends in the model's distribution."""

import numpy as np
import pytest

from restore.diffusion.discrete import DiscreteProcess, Normal
from restore.diffusion.gaussian import GaussianPrior
from restore.diffusion.noise import noise_like
from restore.diffusion.reverse import (
    fixed_variance,
    learned_variance,
    sample_ddpm,
    variance_told,
)
from restore.diffusion.samplers import sample_ddim, sample_dpmpp_2m, sample_euler_ancestral
from restore.diffusion.schedule import cosine, karras
from restore.errors import ParameterError
from tests.diffusion.libraries import Library, on_all_libraries, on_float64, random

SHAPE = (1, 2, 3)
MEAN = 0.3 * random(0, *SHAPE)
PRIOR = GaussianPrior(MEAN, 0.04 * np.eye(6) + 0.02 * np.ones((6, 6)))
PROCESS = DiscreteProcess.of(cosine(40))


def predict(x_t, t):
    return PRIOR(PROCESS.to_x_sigma(x_t, t), float(PROCESS.sigma[t]))


@on_all_libraries
def test_ddpm_and_ddim_with_eta_1_walk_the_same_path(lib: Library) -> None:
    x_T = lib(random(1, 2, *SHAPE))
    noise = noise_like(x_T, seed=5)
    ancestral = sample_ddpm(PROCESS, fixed_variance(PROCESS, predict), x_T, noise)
    x_sigma = PROCESS.to_x_sigma(x_T, PROCESS.T)
    ddim = sample_ddim(PRIOR, x_sigma, PROCESS.sigmas, eta=1.0, noise=noise)
    assert lib.owns(ancestral)
    np.testing.assert_allclose(ancestral, ddim, atol=1e4 * lib.eps)


@pytest.mark.parametrize("eta", [0.0, 0.4, 1.0])
def test_euler_s_ancestral_step_is_that_of_its_definition(eta: float) -> None:
    x = 3 * random(2, 1, *SHAPE)
    noise = noise_like(x, seed=1)
    sigma, sigma_next = 3.0, 1.2
    up = eta * (sigma_next**2 * (sigma**2 - sigma_next**2) / sigma**2) ** 0.5
    down = (sigma_next**2 - up**2) ** 0.5
    slope = (x - PRIOR(x, sigma)) / sigma
    expected = x + slope * (down - sigma) + up * noise(1)
    found = sample_euler_ancestral(PRIOR, x, [sigma, sigma_next], eta=eta, noise=noise)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def exact(x_t, t):
    """p(x_{t−1} | x_t) of independent Gaussian values: q(x_{t−1} | x_t, x_0), x_0 left open."""
    square = float(PROCESS.sigma[t]) ** 2
    left = 0.04 * square / (0.04 + square)
    mean = 0.04 / (0.04 + square) * PROCESS.to_x_sigma(x_t, t)
    unit = PROCESS.posterior(np.ones((1, 1, 1, 1)), np.zeros((1, 1, 1, 1)), t).mean.item()
    p = PROCESS.posterior(mean, x_t, t)
    return Normal(p.mean, p.variance + unit**2 * left)


def test_the_exact_reverse_process_ends_in_the_data() -> None:
    x_T = random(3, 4000, 1, 2, 2)
    ends: list[np.ndarray] = []

    def reverse(x_t, t):
        p = exact(x_t, t)
        if t == 1:
            ends.append(p.mean + p.variance**0.5 * random(4, *x_t.shape))
        return p

    sample_ddpm(PROCESS, reverse, x_T, noise_like(x_T, seed=2))
    assert ends[0].mean() == pytest.approx(0, abs=0.01)
    assert ends[0].std() == pytest.approx(0.2, rel=0.02)


@on_float64
def test_a_learned_variance_lies_between_both_bounds(lib: Library) -> None:
    for t in (2, 20, 40):
        ends = learned_variance(PROCESS, lib([0.0, 0.5, 1.0]), t)
        low, high = PROCESS.posterior_variance[t], PROCESS.beta[t]
        np.testing.assert_allclose(ends, [low, (low * high) ** 0.5, high], rtol=1e-9)
    assert np.isfinite(np.asarray(learned_variance(PROCESS, lib([0.0]), 1))).all()


def test_the_callback_sees_every_state() -> None:
    seen = []
    x_T = random(1, 1, *SHAPE)
    sample_ddpm(
        PROCESS,
        fixed_variance(PROCESS, predict, large=True),
        x_T,
        noise_like(x_T, seed=0),
        callback=lambda i, n, sigma, x, mean: seen.append((i, n, sigma, x.shape, mean.shape)),
    )
    assert [s[0] for s in seen] == list(range(40))
    assert [s[2] for s in seen] == pytest.approx(PROCESS.sigmas[:-1])


def test_the_second_order_sde_solver_spreads_as_the_truth_in_few_steps() -> None:
    """Ancestral sampling takes x_0 as certain within a step, and ends too narrow; this does not."""
    z = np.repeat(MEAN[None] + 0.3 * random(5, 1, *SHAPE), 4000, axis=0)
    levels = karras(12, 0.01, 0.3)
    posterior = PRIOR.posterior(np.eye(6), z[0].ravel(), 0.3)
    exact = np.sqrt(np.trace(posterior[1]))

    def spread(sampler) -> float:
        x = sampler(PRIOR, z, levels, eta=1.0, noise=noise_like(z, 7)).reshape(4000, -1)
        return float(np.sqrt(x.var(0).sum()) / exact)

    assert spread(sample_ddim) < 0.93
    assert spread(sample_dpmpp_2m) == pytest.approx(1, abs=0.03)


@on_float64
def test_the_sde_solver_s_first_step_is_ancestral(lib: Library) -> None:
    x = lib(3 * random(2, 1, *SHAPE))
    noise = noise_like(x, seed=1)
    one, other = (
        sampler(PRIOR, x, [3.0, 1.2], eta=1.0, noise=noise)
        for sampler in (sample_ddim, sample_dpmpp_2m)
    )
    np.testing.assert_allclose(one, other, atol=1e-12)
    with pytest.raises(ParameterError, match="needs noise"):
        sample_dpmpp_2m(PRIOR, x, [3.0, 1.2], eta=1.0)


@on_all_libraries
def test_a_variance_that_is_told_is_sampled_with(lib: Library) -> None:
    """0 and 1 stand for the two fixed ones."""
    x_T = lib(random(1, 2, *SHAPE))
    noise = noise_like(x_T, seed=5)
    for v, large in ((0.0, False), (1.0, True)):
        told = variance_told(PROCESS, lambda x, t, v=v: (predict(x, t), 0 * x + v))
        fixed = fixed_variance(PROCESS, predict, large=large)
        found, expected = (sample_ddpm(PROCESS, r, x_T, noise) for r in (told, fixed))
        assert lib.owns(found)
        np.testing.assert_allclose(found, expected, atol=1e4 * lib.eps)
