"""The probability flow of a Gaussian, which is known, and the likelihood along it."""

import numpy as np
import pytest
from scipy import stats

from restore.diffusion.flow import encode, log_likelihood
from restore.diffusion.gaussian import GaussianPrior
from restore.diffusion.noise import noise_like
from restore.diffusion.samplers import sample_heun
from restore.diffusion.schedule import karras
from tests.diffusion.libraries import Library, on_all_libraries, on_float64, random

SHAPE = (1, 2, 2)
LEVELS = karras(200, 0.02, 80.0)[:-1]
FINE = karras(800, 0.02, 80.0)[:-1]
WIDTHS = np.array([0.3, 0.05, 0.6, 0.1])
DIAGONAL = GaussianPrior(0.2 * random(0, *SHAPE), np.diag(WIDTHS**2))
_root = random(1, 4, 4)
FULL = GaussianPrior(0.2 * random(0, *SHAPE), 0.05 * _root @ _root.T + 0.01 * np.eye(4))


@on_float64
@pytest.mark.parametrize("prior", [DIAGONAL, FULL], ids=["diagonal", "full"])
def test_encoding_is_the_exact_flow(lib: Library, prior: GaussianPrior) -> None:
    x = lib(0.3 * random(2, 3, *SHAPE))
    found = encode(prior, x, LEVELS)
    assert lib.owns(found)
    np.testing.assert_allclose(found, prior.flow(x, 0.02, 80.0), rtol=2e-3, atol=2e-2)


@on_all_libraries
def test_what_was_encoded_is_decoded(lib: Library) -> None:
    x = lib(0.3 * random(2, 3, *SHAPE))
    back = sample_heun(FULL, encode(FULL, x, LEVELS), LEVELS)
    np.testing.assert_allclose(back, x, atol=2e-3)


@on_float64
def test_the_likelihood_of_independent_values_is_exact_with_one_probe(lib: Library) -> None:
    x = lib(0.3 * random(2, 3, *SHAPE))
    found = log_likelihood(DIAGONAL.vjp, x, FINE, noise_like(x, seed=1))
    assert lib.owns(found)
    std = np.hypot(WIDTHS, LEVELS[-1]).reshape(SHAPE)
    expected = stats.norm(DIAGONAL.mean, std).logpdf(np.asarray(x)).sum((1, 2, 3))
    np.testing.assert_allclose(found, expected, atol=0.01)


def test_the_likelihood_of_dependent_values_is_unbiased() -> None:
    x = np.repeat(0.3 * random(2, 1, *SHAPE), 300, axis=0)
    found = log_likelihood(FULL.vjp, x, FINE, noise_like(x, seed=1), probes=2)
    covariance = FULL.covariance + LEVELS[-1] ** 2 * np.eye(4)
    expected = stats.multivariate_normal(FULL.mean.ravel(), covariance).logpdf(x[0].ravel())
    assert found.std() > 0.01
    assert found.mean() == pytest.approx(expected, abs=4 * found.std() / 300**0.5 + 0.02)
