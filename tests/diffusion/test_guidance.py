"""Guidance where Bayes' rule can be done by hand, and its limits."""

import numpy as np
import pytest
import torch

from restore.diffusion.denoiser import Observation
from restore.diffusion.gaussian import GaussianPrior
from restore.diffusion.guidance import classifier_free, classifier_guided, gradient_of
from restore.errors import ParameterError
from tests.diffusion.libraries import Library, on_all_libraries, random

SHAPE, WIDTH, TAU = (1, 2, 3), 0.3, 0.2
PRIOR = GaussianPrior(np.zeros(SHAPE), WIDTH**2 * np.eye(6))
Y = 0.3 * random(0, 1, *SHAPE)


def log_p(x, sigma):
    """log p(y | x_σ = x) of y = x_0 + τ n: a Gaussian around E[x_0 | x_σ]."""
    gain = WIDTH**2 / (WIDTH**2 + sigma**2)
    y = torch.as_tensor(Y, dtype=x.dtype)
    return -0.5 * ((y - gain * x) ** 2 / (gain * sigma**2 + TAU**2)).sum((1, 2, 3))


@pytest.mark.parametrize("sigma", [0.05, 0.4, 5.0])
def test_a_classifier_at_scale_1_is_bayes_rule(sigma: float) -> None:
    x = torch.from_numpy(sigma * random(1, 1, *SHAPE))
    guided = classifier_guided(PRIOR, gradient_of(log_p))(x, sigma)
    posterior = PRIOR(x, sigma, Observation(torch.from_numpy(Y), TAU))
    torch.testing.assert_close(guided, posterior)
    assert not guided.requires_grad


def test_scale_0_is_no_guidance_and_guidances_nest() -> None:
    x = torch.from_numpy(random(1, 2, *SHAPE))
    gradient = gradient_of(log_p)
    torch.testing.assert_close(classifier_guided(PRIOR, gradient, 0.0)(x, 0.5), PRIOR(x, 0.5))
    twice = classifier_guided(classifier_guided(PRIOR, gradient, 0.5), gradient, 1.5)
    torch.testing.assert_close(twice(x, 0.5), classifier_guided(PRIOR, gradient, 2.0)(x, 0.5))


def told(x, sigma):
    return 0.5 * x + 0.1


def untold(x, sigma):
    return 0.4 * x


@on_all_libraries
def test_classifier_free_guidance_extrapolates(lib: Library) -> None:
    x = lib(random(2, 2, *SHAPE))
    for scale in (0.0, 1.0, 3.0):
        found = classifier_free(told, untold, scale)(x, 1.0)
        assert lib.owns(found)
        expected = (1 - scale) * untold(x, 1.0) + scale * told(x, 1.0)
        np.testing.assert_allclose(found, expected, atol=8 * lib.eps)


@on_all_libraries
def test_rescaling_brings_the_spread_back(lib: Library) -> None:
    x = lib(random(2, 2, *SHAPE))

    def spread(picture):
        return np.asarray(picture).std(axis=(1, 2, 3))

    plain, half, full = (
        classifier_free(told, untold, 4.0, rescale=phi)(x, 1.0) for phi in (0.0, 0.5, 1.0)
    )
    np.testing.assert_allclose(spread(full), spread(told(x, 1.0)), rtol=16 * lib.eps)
    np.testing.assert_allclose(half, (np.asarray(plain) + np.asarray(full)) / 2, atol=8 * lib.eps)
    assert (spread(plain) > spread(full)).all()


def test_outside_its_interval_there_is_one_call_and_no_guidance() -> None:
    calls = []

    def counted(x, sigma):
        calls.append(sigma)
        return untold(x, sigma)

    guided = classifier_free(told, counted, 2.0, interval=(0.5, 2.0))
    x = random(2, 1, *SHAPE)
    for sigma in (0.1, 0.5, 2.0, 3.0):
        changed = not np.array_equal(guided(x, sigma), told(x, sigma))
        assert changed == (0.5 <= sigma <= 2.0)
    assert calls == [0.5, 2.0]


@pytest.mark.parametrize("wrong", [{"rescale": -0.1}, {"rescale": 1.1}, {"interval": (2.0, 1.0)}])
def test_what_makes_no_sense_is_refused(wrong) -> None:
    with pytest.raises(ParameterError, match="cannot be rescaled"):
        classifier_free(told, untold, 2.0, **wrong)


@pytest.mark.parametrize(
    ("guide", "missing"),
    [
        (lambda: classifier_guided(PRIOR, None), "a classifier"),
        (lambda: classifier_free(None, untold, 2.0), "a conditional denoiser"),
        (lambda: classifier_free(told, None, 2.0), "an unconditional denoiser"),
        (lambda: classifier_guided(PRIOR, told, float("nan")), "no scale nan"),
        (lambda: classifier_free(told, untold, float("inf")), "no scale inf"),
    ],
)
def test_guidance_without_what_it_needs_is_refused(guide, missing: str) -> None:
    with pytest.raises(ParameterError, match=missing) as refused:
        guide()
    assert refused.value.hint


def test_arrays_without_gradients_are_refused() -> None:
    with pytest.raises(ParameterError, match="no gradients"):
        gradient_of(log_p)(random(0, 1, *SHAPE), 0.5)
