"""The variational bound where it is known: tight for the true reverse process, and no less."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from restore.diffusion.bound import (
    bound_weight,
    discretised_log_likelihood,
    flow_bound,
    hybrid_loss,
    kl,
    prior_term,
    step_term,
    variational_bound,
)
from restore.diffusion.discrete import DiscreteProcess, Normal
from restore.diffusion.noise import noise_like
from restore.diffusion.reverse import fixed_variance, learned_variance
from restore.diffusion.schedule import cosine, linear
from tests.diffusion.libraries import Library, on_all_libraries, on_float64, random

SPREAD = 0.2
PROCESS = DiscreteProcess.of(cosine(30))


def levels(seed: int, *shape: int) -> np.ndarray:
    """Pictures of 256 levels, of standard deviation SPREAD."""
    return np.round((SPREAD * random(seed, *shape) + 1) * 127.5).clip(0, 255) / 127.5 - 1


@on_float64
def test_kl_is_the_textbook_s(lib: Library) -> None:
    a, b = lib(random(0, 1, 1, 2, 3)), lib(random(1, 1, 1, 2, 3))
    np.testing.assert_allclose(kl(Normal(a, 0.3), Normal(a, 0.3)), 0, atol=1e-12)
    x = np.random.default_rng(2).normal(0.0, 0.3**0.5, (200_000, 1, 1, 1))
    p, q = Normal(lib(0 * x), 0.3), Normal(lib(0 * x + 0.4), 0.8)
    sampled = stats.norm(0, 0.3**0.5).logpdf(x) - stats.norm(0.4, 0.8**0.5).logpdf(x)
    assert float(kl(p, q).mean()) == pytest.approx(float(sampled.mean()), rel=0.01)
    assert float(kl(Normal(a, 0.3), Normal(b, 0.8)).min()) > 0


@on_all_libraries
@pytest.mark.parametrize("std", [1e-3, 0.02, 0.5, 40.0])
def test_the_256_levels_share_all_probability(lib: Library, std: float) -> None:
    x_0 = lib((np.arange(256) / 127.5 - 1)[None, None, None])
    log_p = np.asarray(discretised_log_likelihood(x_0, Normal(0 * x_0 + 0.123, std**2)))
    assert np.isfinite(log_p).all()
    assert np.exp(log_p.astype(np.float64)).sum() == pytest.approx(1, abs=300 * lib.eps)


def test_levels_far_from_the_mean_keep_their_logarithm() -> None:
    x_0 = np.array([-0.8, 0.8])[None, None, None]
    found = discretised_log_likelihood(x_0, Normal(0 * x_0, 0.02**2)).ravel()
    z = (0.8 - 1 / 255) / 0.02
    assert found == pytest.approx(stats.norm.logsf(z), rel=1e-3)


@on_float64
def test_the_parts_of_the_bound_are_divergences(lib: Library) -> None:
    x_0 = lib(levels(0, 2, 1, 4, 4))
    for process in (PROCESS, DiscreteProcess.of(linear(50, 1e-3, 0.4))):
        noise = noise_like(x_0, seed=3)
        reverse = fixed_variance(process, lambda x_t, t: x_0)
        terms = variational_bound(process, reverse, x_0, noise).terms
        assert terms.shape == (process.T + 1, 2)
        # A model that knows the picture has nothing to learn from any step but the first, whose
        # variance it must still guess.
        np.testing.assert_allclose(terms[1:-1], 0, atol=1e-9)
        assert (terms[[0, -1]] > 0).all()
    a = np.sqrt(PROCESS.alpha_bar[-1])
    by_hand = 0.5 * (a**2 * np.asarray(x_0) ** 2 - a**2 - np.log1p(-(a**2)))
    np.testing.assert_allclose(prior_term(PROCESS, x_0), by_hand.sum((1, 2, 3)), rtol=1e-6)


def true_reverse(x_t, t):
    """p(x_{t−1} | x_t) where every value of x_0 is N(0, SPREAD²)."""
    square = float(PROCESS.sigma[t]) ** 2
    gain = SPREAD**2 / (SPREAD**2 + square)
    one = np.ones((1, 1, 1, 1))
    unit = PROCESS.posterior(one, 0 * one, t).mean.item()
    p = PROCESS.posterior(gain * PROCESS.to_x_sigma(x_t, t), x_t, t)
    return Normal(p.mean, p.variance + unit**2 * gain * square)


def test_the_bound_of_the_true_reverse_process_is_the_likelihood() -> None:
    picture = levels(5, 1, 1, 3, 3)
    x_0 = np.repeat(picture, 3000, axis=0)
    bound = variational_bound(PROCESS, true_reverse, x_0, noise_like(x_0, seed=1)).nats
    middle = stats.norm(0, SPREAD)
    truth = -np.log(middle.cdf(picture + 1 / 255) - middle.cdf(picture - 1 / 255)).sum()
    error = bound.std() / len(bound) ** 0.5
    assert bound.mean() == pytest.approx(truth, abs=4 * error + 0.01)
    assert error < 0.05


def test_a_worse_variance_costs_bits() -> None:
    x_0 = np.repeat(levels(5, 1, 1, 3, 3), 400, axis=0)
    noise = noise_like(x_0, seed=1)

    def predict(x_t, t):
        gain = SPREAD**2 / (SPREAD**2 + float(PROCESS.sigma[t]) ** 2)
        return gain * PROCESS.to_x_sigma(x_t, t)

    best = variational_bound(PROCESS, true_reverse, x_0, noise)
    for large in (False, True):
        fixed = variational_bound(
            PROCESS, fixed_variance(PROCESS, predict, large=large), x_0, noise
        )
        assert fixed.bits.mean() > best.bits.mean() + 0.01
    np.testing.assert_allclose(best.bits * 9 * math.log(2), best.nats)


def test_the_bound_in_the_hybrid_loss_teaches_the_variance_alone() -> None:
    x_0, eps = (torch.from_numpy(a) for a in (levels(0, 2, 1, 3, 3), random(1, 2, 1, 3, 3)))
    for t in (1, 2, 25):
        x_t = PROCESS.forward(x_0, t, eps)
        x_0_hat = (x_0 + 0.1).requires_grad_()
        v = torch.full_like(x_0, 0.4).requires_grad_()
        loss = hybrid_loss(PROCESS, x_0_hat, v, x_0, x_t, t)
        loss.sum().backward()
        weight = 1 / float(PROCESS.sigma[t]) ** 2
        expected = 2 * weight * (x_0_hat - x_0).detach() / 9
        torch.testing.assert_close(x_0_hat.grad, expected)
        assert v.grad is not None
        assert (v.grad != 0).all()
        mean = PROCESS.posterior(x_0_hat.detach(), x_t, t).mean
        term = step_term(PROCESS, Normal(mean, learned_variance(PROCESS, v, t)), x_0, x_t, t)
        simple = weight * (x_0_hat - x_0).square().mean((1, 2, 3))
        torch.testing.assert_close(loss, simple + 0.001 * 30 * term / 9)


def test_a_step_of_the_bound_is_the_squared_error_times_what_the_step_adds_to_the_snr() -> None:
    x_0, x_0_hat = levels(0, 2, 1, 3, 3), levels(1, 2, 1, 3, 3)
    weight = bound_weight(PROCESS)
    reverse = fixed_variance(PROCESS, lambda x_t, t: x_0_hat)
    square = ((x_0_hat - x_0) ** 2).sum(axis=(1, 2, 3))
    for t in range(2, PROCESS.T + 1):
        x_t = PROCESS.forward(x_0, t, random(t, *x_0.shape))
        term = step_term(PROCESS, reverse(x_t, t), x_0, x_t, t)
        np.testing.assert_allclose(term, weight[t] * square, rtol=1e-7)
        # Ho et al. 2020, eq. 12, with the variance β̃ and the error of ε
        beta, tilde = PROCESS.beta[t], PROCESS.posterior_variance[t]
        of_eps = beta**2 / (2 * tilde * (1 - beta) * (1 - PROCESS.alpha_bar[t]))
        np.testing.assert_allclose(of_eps / PROCESS.sigma[t] ** 2, weight[t], rtol=1e-7)
    assert np.isinf(weight[:2]).all()


@on_all_libraries
def test_pictures_at_steps_of_their_own_have_the_terms_they_have_alone(lib: Library) -> None:
    x_0, eps = lib(levels(0, 4, 1, 3, 3)), lib(random(1, 4, 1, 3, 3))
    v, x_0_hat = lib(np.full((4, 1, 3, 3), 0.3)), x_0 * 0.9
    steps = [1, 2, 15, 30]
    t = lib(steps).astype(int) if lib.name == "numpy" else lib(steps).long()
    x_t = PROCESS.forward(x_0, t, eps)
    together = hybrid_loss(PROCESS, x_0_hat, v, x_0, x_t, t)
    assert lib.owns(together)
    reverse = fixed_variance(PROCESS, lambda x_t, t: x_0_hat)
    terms = step_term(PROCESS, reverse(x_t, t), x_0, x_t, t)
    for i, step in enumerate(steps):
        one = slice(i, i + 1)
        alone = hybrid_loss(PROCESS, x_0_hat[one], v[one], x_0[one], x_t[one], step)
        np.testing.assert_allclose(together[one], alone, rtol=2e3 * lib.eps)
        single = fixed_variance(PROCESS, lambda x_t, t, one=one: x_0_hat[one])(x_t[one], step)
        term = step_term(PROCESS, single, x_0[one], x_t[one], step)
        np.testing.assert_allclose(terms[one], term, rtol=2e3 * lib.eps)


def test_black_and_white_and_the_first_step_have_finite_gradients() -> None:
    x_0 = torch.tensor([-1.0, 1.0, 0.2 + 1 / 255, -1.0], dtype=torch.float64)
    x_0 = x_0.reshape(4, 1, 1, 1).repeat(1, 1, 2, 2)
    t = torch.tensor([1, 1, 1, 30])
    x_t = PROCESS.forward(x_0, t, torch.from_numpy(random(1, 4, 1, 2, 2)))
    x_0_hat, v = (x_0 * 0.8).requires_grad_(), torch.full_like(x_0, 0.4).requires_grad_()
    hybrid_loss(PROCESS, x_0_hat, v, x_0, x_t, t).sum().backward()
    for gradient in (x_0_hat.grad, v.grad):
        assert gradient is not None
        assert torch.isfinite(gradient).all()
        assert (gradient != 0).all()


def test_one_step_is_all_decoder() -> None:
    process = DiscreteProcess.of(np.array([0.5, 0.0]))
    x_0 = levels(0, 2, 1, 3, 3)
    x_t = process.forward(x_0, 1, random(1, *x_0.shape))
    reverse = fixed_variance(process, lambda x_t, t: 0.9 * x_0)
    expected = -discretised_log_likelihood(x_0, reverse(x_t, 1)).sum(axis=(1, 2, 3))
    for t in (1, np.array([1, 1])):
        np.testing.assert_allclose(step_term(process, reverse(x_t, t), x_0, x_t, t), expected)


def test_17_levels_share_all_probability_too() -> None:
    x_0 = np.linspace(-1, 1, 17)[None, None, None]
    log_p = discretised_log_likelihood(x_0, Normal(0 * x_0 + 0.123, 0.2**2), levels=17)
    assert np.exp(log_p).sum() == pytest.approx(1, abs=1e-12)


def test_a_likelihood_of_noisy_pictures_bounds_that_of_their_levels() -> None:
    """Of a Gaussian that is wide against a level, all is known: the bound is tight and holds."""
    sigma_1, levels = 0.004, 256
    x_0 = np.repeat(np.round(random(3, 1, 1, 4, 4) * 20 + 127.5).clip(0, 255) / 127.5 - 1, 2000, 0)
    x_1 = x_0 + sigma_1 * random(4, *x_0.shape)
    log_p = stats.norm(0, np.hypot(SPREAD, sigma_1)).logpdf(x_1).sum((1, 2, 3))
    gain = SPREAD**2 / (SPREAD**2 + sigma_1**2)
    found = flow_bound(Normal(gain * x_1, gain * sigma_1**2), log_p, x_0, sigma_1)
    exact = -discretised_log_likelihood(x_0[:1], Normal(0 * x_0[:1], SPREAD**2), levels).sum()
    error = found.nats.std() / len(x_0) ** 0.5
    assert error < 0.2
    assert exact - 3 * error < found.nats.mean() < exact + 3 * error + 0.01 * 16
    assert found.bits.mean() == pytest.approx(found.nats.mean() / (16 * math.log(2)))


def test_the_bound_teaches_the_variance_that_is_true() -> None:
    """Of all variances the true one has the least divergence, on average over pictures."""
    x_0 = SPREAD * random(0, 20_000, 1, 2, 2)
    for t in (2, 10, 25):
        x_t = PROCESS.forward(x_0, t, random(t, *x_0.shape))
        mean, true = true_reverse(x_t, t)
        low, high = np.log(PROCESS.posterior_variance[t]), np.log(PROCESS.beta[t])
        best = (np.log(true) - low) / (high - low)
        assert 0 < best < 1

        def loss(v: float, t: int = t, x_t: np.ndarray = x_t, mean: np.ndarray = mean) -> float:
            variance = learned_variance(PROCESS, 0 * x_0 + v, t)
            return step_term(PROCESS, Normal(mean, variance), x_0, x_t, t).mean()

        assert min(loss(best - 0.1), loss(best + 0.1)) > loss(best)
