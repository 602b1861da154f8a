"""Classes that are Gaussians, whose exact posterior Bayes' rule gives."""

import numpy as np
from scipy import stats

from restore.diffusion.classification import class_bounds, class_posterior
from restore.diffusion.discrete import DiscreteProcess
from restore.diffusion.gaussian import GaussianPrior
from restore.diffusion.noise import noise_like
from restore.diffusion.reverse import fixed_variance, predict_by
from restore.diffusion.schedule import karras
from tests.diffusion.libraries import random

SHAPE, WIDTH = (1, 2, 2), 0.15
MEANS = 0.12 * random(7, 3, *SHAPE)
PROCESS = DiscreteProcess.of(karras(120, 0.01, 20))


def test_comparing_bounds_is_bayes_rule() -> None:
    truth = np.arange(60) % 3
    x = MEANS[truth] + WIDTH * random(8, 60, *SHAPE)
    x_0 = np.round((x + 1) * 127.5).clip(0, 255) / 127.5 - 1
    priors = [GaussianPrior(mean, WIDTH**2 * np.eye(4)) for mean in MEANS]
    reverses = [fixed_variance(PROCESS, predict_by(PROCESS, prior)) for prior in priors]
    draws = [class_bounds(PROCESS, reverses, x_0, noise_like(x_0, seed)) for seed in range(8)]
    bounds = np.mean(draws, axis=0)
    found = class_posterior(bounds)
    assert bounds.shape == found.shape == (3, 60)
    np.testing.assert_allclose(found.sum(0), 1)
    log_p = np.stack([stats.norm(mean, WIDTH).logpdf(x_0).sum((1, 2, 3)) for mean in MEANS])
    exact = np.exp(log_p - log_p.max(0))
    exact /= exact.sum(0)
    assert 0.4 < exact.max(0).mean() < 0.9  # the classes overlap
    assert np.abs(found - exact).mean() < 0.035
