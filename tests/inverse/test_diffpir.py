import numpy as np
import pytest

from restore.diffusion import karras, noise_like
from restore.inverse import LinearOperator, diffpir, proximal
from tests.diffusion.libraries import Library, on_all_libraries, random
from tests.inverse.problems import OPERATORS, SHAPE, D, Problem, rms, smooth_prior


@on_all_libraries
@pytest.mark.parametrize("A", OPERATORS.values(), ids=OPERATORS)
@pytest.mark.parametrize("rho", [0.01, 1.0, 50.0])
def test_the_proximal_step_is_where_its_gradient_vanishes(
    A: LinearOperator, rho: float, lib: Library
) -> None:
    x, y = lib(random(0, 2, *SHAPE)), A(lib(random(1, 2, *SHAPE)))

    v = proximal(A, x, y, rho)

    assert lib.owns(v)
    gradient = A.adjoint(A(v) - y) + rho * (v - x)
    np.testing.assert_allclose(gradient, 0, atol=100 * lib.eps * (1 + rho))


@pytest.mark.parametrize("sigma_y", [0.1, 0.4])
@pytest.mark.parametrize("name", OPERATORS)
def test_the_mean_of_results_is_close_to_the_posterior_mean(name: str, sigma_y: float) -> None:
    """DiffPIR treats x_0 given x_σ as white around E[x_0 | x_σ], which is an approximation.

    With the defaults its mean stays within a quarter of the posterior's standard deviation, and
    less than half as far from the exact mean as A⁺y is. Its spread is too small.
    """
    problem, n = Problem.of(name, sigma_y), 1000
    noise = noise_like(np.empty((n, *SHAPE)), 1)
    sigmas = karras(40, sigma_max=20)

    x = diffpir(smooth_prior(), problem.operator, problem.batch(n), sigma_y, sigmas, noise).reshape(
        n, D
    )

    error = rms(x.mean(0) - problem.mean)
    assert error < rms(np.sqrt(np.diag(problem.covariance))) / 4
    assert error < rms(problem.operator.pinv(problem.y).ravel() - problem.mean) / 2


@on_all_libraries
def test_without_randomness_the_noise_is_only_the_start(lib: Library) -> None:
    problem = Problem.of("bicubic", 0.1)
    drawn, seen = [], []

    def noise(k: int):  # type: ignore[no-untyped-def]
        drawn.append(k)
        return noise_like(lib(np.empty((2, *SHAPE))), 3)(k)

    x = diffpir(
        smooth_prior(),
        problem.operator,
        lib(problem.batch(2)),
        0.1,
        karras(5),
        noise,
        zeta=0.0,
        callback=lambda *state: seen.append(state[:2]),
    )

    assert lib.owns(x)
    assert drawn == [0]
    assert seen == [(i, 5) for i in range(5)]
