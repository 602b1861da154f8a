import numpy as np
import pytest

from restore.diffusion import noise_like
from restore.errors import ParameterError
from restore.inverse import denoise_gaussian
from tests.diffusion.libraries import Library, on_all_libraries, random
from tests.inverse.problems import SHAPE, Problem, smooth_prior


@on_all_libraries
def test_one_step_is_the_posterior_mean(lib: Library) -> None:
    problem = Problem.of("identity", 0.4)

    mean = denoise_gaussian(smooth_prior(), lib(problem.y), 0.4)

    assert lib.owns(mean)
    np.testing.assert_allclose(np.ravel(mean), problem.mean, atol=100 * lib.eps)


def test_many_steps_are_a_draw_from_the_posterior() -> None:
    problem, n = Problem.of("identity", 0.4), 3000
    y = problem.batch(n)

    x = denoise_gaussian(smooth_prior(), y, 0.4, steps=100, noise=noise_like(y, 1)).reshape(n, -1)

    np.testing.assert_allclose(x.mean(0), problem.mean, atol=0.03)
    np.testing.assert_allclose(np.cov(x.T), problem.covariance, atol=0.015)


def test_every_step_is_reported_and_starts_from_the_noise_of_y() -> None:
    y, seen = random(0, 1, *SHAPE), []

    denoise_gaussian(
        smooth_prior(),
        y,
        0.05,
        steps=4,
        noise=noise_like(y, 0),
        callback=lambda i, n, sigma, x, denoised: seen.append((i, n, sigma, x)),
    )

    assert [(i, n) for i, n, *_ in seen] == [(i, 4) for i in range(4)]
    assert seen[0][2] == 0.05
    assert seen[0][3] is y


def test_a_clean_picture_stays_as_it_is_and_nonsense_is_refused() -> None:
    y = random(0, 1, *SHAPE)

    assert denoise_gaussian(smooth_prior(), y, 0.0) is y
    for sigma_y, steps in ((-0.1, 1), (float("nan"), 1), (float("inf"), 1), (0.1, 0)):
        with pytest.raises(ParameterError):
            denoise_gaussian(smooth_prior(), y, sigma_y, steps=steps)
    with pytest.raises(ParameterError, match="needs noise"):
        denoise_gaussian(smooth_prior(), y, 0.1, steps=2)
