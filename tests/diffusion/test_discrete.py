"""The discrete process against its own definition, one step after another."""

import numpy as np
import pytest

from restore.diffusion.discrete import DiscreteProcess
from restore.diffusion.process import to_vp
from restore.diffusion.schedule import cosine, karras, linear, scaled_linear
from restore.errors import ParameterError
from tests.diffusion.libraries import Library, on_all_libraries, random

PROCESSES = [DiscreteProcess.of(s) for s in (linear(), cosine(), scaled_linear(), karras(50))]
on_all_processes = pytest.mark.parametrize(
    "process", PROCESSES, ids=["linear", "cosine", "scaled", "karras"]
)


def test_betas_are_those_of_the_papers() -> None:
    linear_betas, _, scaled, _ = (process.beta for process in PROCESSES)
    np.testing.assert_allclose(linear_betas[1:], np.linspace(1e-4, 0.02, 1000), rtol=1e-9)
    np.testing.assert_allclose(np.diff(np.sqrt(scaled[1:]), 2), 0, atol=1e-12)
    np.testing.assert_allclose(scaled[[1, -1]], [0.00085, 0.012], rtol=1e-9)


@on_all_processes
def test_levels_survive_the_way_through_betas(process: DiscreteProcess) -> None:
    again = DiscreteProcess.of(process.sigmas)
    np.testing.assert_allclose(again.sigma, process.sigma, rtol=1e-12)
    np.testing.assert_allclose(again.beta, process.beta, rtol=1e-9)
    np.testing.assert_allclose(
        process.snr[1:], process.alpha_bar[1:] / (1 - process.alpha_bar[1:]), rtol=1e-9
    )


def test_a_tiny_level_is_not_lost_where_alpha_bar_cannot_hold_it() -> None:
    levels = np.array([1.0, 1e-9, 1e-10, 0.0])
    process = DiscreteProcess.of(levels)
    np.testing.assert_allclose(process.sigmas, levels, rtol=1e-12)
    np.testing.assert_allclose(process.variance[:3], [0, 1e-20, 1e-18], rtol=1e-12)
    assert process.marginal(np.ones((1, 1, 1, 1)), 1).variance == pytest.approx(1e-20, rel=1e-12)


@on_all_processes
def test_single_steps_compose_to_the_marginal(process: DiscreteProcess) -> None:
    """x_t = √(1 − β) x_{t−1} + √β n, from x_0 on: mean and variance follow a recursion."""
    mean, variance = 1.0, 0.0
    one = np.ones((1, 1, 1, 1))
    for t in range(1, process.T + 1):
        mean *= (1 - process.beta[t]) ** 0.5
        variance = (1 - process.beta[t]) * variance + process.beta[t]
        found = process.marginal(one, t)
        assert found.mean.item() == pytest.approx(mean, rel=1e-9)
        assert found.variance == pytest.approx(variance, rel=1e-9)


@on_all_processes
def test_the_posterior_is_bayes_rule(process: DiscreteProcess) -> None:
    """q(x_{t−1} | x_t, x_0) ∝ q(x_t | x_{t−1}) q(x_{t−1} | x_0), a product of two Gaussians."""
    x_0, x_t = random(0, 1, 2, 3, 3), random(1, 1, 2, 3, 3)
    for t in range(2, process.T + 1, 7):
        beta, before = process.beta[t], process.marginal(x_0, t - 1)
        precision = (1 - beta) / beta + 1 / before.variance
        mean = ((1 - beta) ** 0.5 * x_t / beta + before.mean / before.variance) / precision
        found = process.posterior(x_0, x_t, t)
        assert found.variance == pytest.approx(1 / precision, rel=1e-8)
        np.testing.assert_allclose(found.mean, mean, rtol=1e-7, atol=1e-9)


@on_all_processes
def test_before_the_first_step_the_picture_is_certain(process: DiscreteProcess) -> None:
    x_0, x_1 = random(0, 1, 2, 3, 3), random(1, 1, 2, 3, 3)
    mean, variance = process.posterior(x_0, x_1, 1)
    np.testing.assert_allclose(mean, x_0, atol=1e-12)
    assert variance == 0


@on_all_libraries
def test_pictures_may_be_at_steps_of_their_own(lib: Library) -> None:
    process = PROCESSES[1]
    x_0, eps = lib(random(0, 3, 2, 4, 4)), lib(random(1, 3, 2, 4, 4))
    t = lib([1, 500, 999]).astype(int) if lib.name == "numpy" else lib([1, 500, 999]).long()
    together = process.forward(x_0, t, eps)
    assert lib.owns(together)
    for i, step in enumerate((1, 500, 999)):
        alone = process.forward(x_0[i : i + 1], step, eps[i : i + 1])
        np.testing.assert_allclose(together[i : i + 1], alone, atol=8 * lib.eps)
        sigma = float(process.sigma[step])
        np.testing.assert_allclose(
            alone, to_vp(x_0[i : i + 1] + sigma * eps[i : i + 1], sigma), atol=1e-6
        )
    np.testing.assert_allclose(
        process.to_x_t(process.to_x_sigma(x_0, t), t), x_0, atol=32 * lib.eps
    )


@pytest.mark.parametrize("n", [1, 2, 17, 1000])
def test_a_respaced_process_has_the_marginals_of_the_picked_steps(n: int) -> None:
    process = PROCESSES[0]
    fewer = process.respaced(n)
    assert n == fewer.T
    assert fewer.sigma[-1] == pytest.approx(process.sigma[-1], rel=1e-12)
    if n > 1:
        assert fewer.sigma[1] == pytest.approx(process.sigma[1], rel=1e-12)
    assert all(np.isclose(process.sigma, level, rtol=1e-9).any() for level in fewer.sigma)
    np.testing.assert_allclose(process.respaced(1000).beta, process.beta, rtol=1e-9)


@pytest.mark.parametrize("beta", [[0.0], [0.1, 0.1], [0.0, 0.0], [0.0, 1.0], [0.0, np.nan]])
def test_betas_that_are_none_are_refused(beta: list[float]) -> None:
    with pytest.raises(ParameterError, match="not the β"):
        DiscreteProcess(np.array(beta))


@pytest.mark.parametrize("n", [0, 1001])
def test_a_process_cannot_be_respaced_to_more_steps_than_it_has(n: int) -> None:
    with pytest.raises(ParameterError, match="cannot pick"):
        PROCESSES[0].respaced(n)


@pytest.mark.parametrize("t", [-1, 1001])
def test_a_step_that_there_is_not_is_refused(t: int) -> None:
    x = random(0, 1, 1, 2, 2)
    for call in (PROCESSES[0].marginal, PROCESSES[0].to_x_t, PROCESSES[0].to_x_sigma):
        with pytest.raises(ParameterError, match=f"no step {t}"):
            call(x, t)
    with pytest.raises(ParameterError, match=f"step {t}"):
        PROCESSES[0].posterior(x, x, t)


def test_nothing_comes_before_the_picture() -> None:
    x = random(0, 1, 1, 2, 2)
    with pytest.raises(ParameterError, match="before step 0"):
        PROCESSES[0].posterior(x, x, 0)
