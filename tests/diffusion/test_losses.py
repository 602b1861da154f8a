"""Every loss is the squared error of x̂_0 under a weight: exact identities."""

import numpy as np
import pytest

from restore.diffusion.losses import loss_weight, weighted_squared_error
from restore.diffusion.parametrisation import eps_of, v_of, x_0_of_eps, x_0_of_v
from restore.diffusion.preconditioning import precondition

SIGMA = np.array([0.01, 0.2, 1.0, 7.0])[:, None, None, None]


@pytest.fixture
def draws():
    x_0, x_0_hat, eps = np.random.default_rng(0).standard_normal((3, 4, 3, 5, 6))
    return x_0, x_0_hat, x_0 + SIGMA * eps


def mean_square(error):
    return np.mean(error**2, axis=(1, 2, 3))


def test_eps_is_l_simple(draws):
    x_0, x_0_hat, x_sigma = draws
    ours = weighted_squared_error(x_0_hat, x_0, loss_weight(SIGMA, "eps"))
    error = eps_of(x_0_hat, x_sigma, SIGMA) - eps_of(x_0, x_sigma, SIGMA)
    np.testing.assert_allclose(ours, mean_square(error), rtol=1e-9)
    again = x_0_of_eps(eps_of(x_0, x_sigma, SIGMA), x_sigma, SIGMA)
    np.testing.assert_allclose(again, x_0, rtol=1e-9, atol=1e-12)


def test_v_is_the_error_of_v(draws):
    x_0, x_0_hat, x_sigma = draws
    ours = weighted_squared_error(x_0_hat, x_0, loss_weight(SIGMA, "v"))
    error = v_of(x_0_hat, x_sigma, SIGMA) - v_of(x_0, x_sigma, SIGMA)
    np.testing.assert_allclose(ours, mean_square(error), rtol=1e-9)


def test_v_is_that_of_the_variance_preserving_process(draws):
    x_0, _, x_sigma = draws
    alpha_bar = 1 / (1 + SIGMA**2)
    eps = eps_of(x_0, x_sigma, SIGMA)
    expected = alpha_bar**0.5 * eps - (1 - alpha_bar) ** 0.5 * x_0
    np.testing.assert_allclose(v_of(x_0, x_sigma, SIGMA), expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(x_0_of_v(expected, x_sigma, SIGMA), x_0, rtol=1e-7, atol=1e-9)


def test_edm_is_the_error_of_the_network_s_own_output(draws):
    x_0, x_0_hat, x_sigma = draws
    c = precondition(SIGMA, 0.5)
    target, output = ((x - c.c_skip * x_sigma) / c.c_out for x in (x_0, x_0_hat))
    ours = weighted_squared_error(x_0_hat, x_0, loss_weight(SIGMA, "edm", 0.5))
    np.testing.assert_allclose(ours, mean_square(output - target), rtol=1e-9)


def test_edm_with_unit_data_is_v():
    np.testing.assert_allclose(loss_weight(SIGMA, "edm", 1.0), loss_weight(SIGMA, "v"))


@pytest.mark.parametrize("weighting", ["edm", "eps", "v"])
def test_pixels_known_for_certain_do_not_count(weighting):
    sigma = np.array([0.0, 1e-4, 1.0, np.inf])
    weight = loss_weight(sigma, weighting)
    assert (weight[:2] == 0).all()
    assert np.isfinite(weight).all()
    assert weight[2] > 0
    if weighting != "eps":
        assert weight[3] > 0


def test_torch_and_numpy_agree(draws):
    import torch

    x_0, x_0_hat, _ = draws
    for weighting in ("edm", "eps", "v"):
        ours = weighted_squared_error(x_0_hat, x_0, loss_weight(SIGMA, weighting))
        theirs = weighted_squared_error(
            torch.from_numpy(x_0_hat),
            torch.from_numpy(x_0),
            loss_weight(torch.from_numpy(SIGMA), weighting),
        )
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-12)
