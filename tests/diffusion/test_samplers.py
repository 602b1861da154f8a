import math
import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from restore.diffusion.gaussian import GaussianPrior
from restore.diffusion.noise import noise_like
from restore.diffusion.process import from_vp, sigma_to_alpha_bar, to_vp
from restore.diffusion.samplers import (
    sample_ddim,
    sample_dpmpp_2m,
    sample_edm,
    sample_heun,
)
from restore.diffusion.schedule import karras
from restore.errors import ParameterError, ResultError
from tests.diffusion.libraries import Library, on_all_libraries, on_float64, random

SHAPE = (1, 1, 4)
D = math.prod(SHAPE)


@pytest.fixture(scope="module")
def prior() -> GaussianPrior:
    rotation = np.linalg.qr(random(0, D, D))[0]
    return GaussianPrior(random(1, *SHAPE), rotation @ np.diag([0.02, 0.1, 0.5, 1.0]) @ rotation.T)


@on_float64
@pytest.mark.parametrize(
    ("sampler", "order"), [(sample_ddim, 1), (sample_heun, 2), (sample_dpmpp_2m, 2)]
)
def test_ode_samplers_converge_to_the_flow_with_their_order(
    prior: GaussianPrior, sampler: Callable[..., Any], order: int, lib: Library
) -> None:
    x = lib(3.0 * random(2, 4, *SHAPE))
    exact = prior.flow(x, 3.0, 0.1)

    def error(n: int) -> float:
        sigmas = karras(n + 1, 0.1, 3.0, rho=3)[:-1]  # stop at 0.1, where the flow is smooth
        return float(abs(sampler(prior, x, sigmas) - exact).max())

    errors = [error(n) for n in (40, 80, 160)]
    for coarse, fine in pairwise(errors):
        assert math.log2(coarse / fine) == pytest.approx(order, abs=0.2)


@on_float64
@pytest.mark.parametrize("sampler", [sample_ddim, sample_heun, sample_dpmpp_2m])
def test_ode_samplers_reach_the_flow_at_zero(
    prior: GaussianPrior, sampler: Callable[..., Any], lib: Library
) -> None:
    x = lib(80 * random(2, 4, *SHAPE))

    out = sampler(prior, x, karras(400))

    np.testing.assert_allclose(out, prior.flow(x, 80.0, 0.0), atol=0.02)


@pytest.mark.parametrize(
    "sampler",
    [
        lambda d, x, s, noise: sample_ddim(d, x, s, eta=1, noise=noise),
        lambda d, x, s, noise: sample_ddim(d, x, s, eta=0.5, noise=noise),
        lambda d, x, s, noise: sample_edm(d, x, s, noise=noise, s_min=0, s_max=math.inf),
    ],
    ids=["ancestral", "ddim eta 0.5", "edm"],
)
def test_stochastic_samplers_reproduce_the_prior(
    prior: GaussianPrior, sampler: Callable[..., Any]
) -> None:
    noise = noise_like(np.empty((6_000, *SHAPE)), seed=4)
    start = prior.flow(prior.mean + 80 * noise(0), 80.0, 4.0)  # x_0 + 4n

    x = sampler(prior, start, karras(160, sigma_max=4.0), noise).reshape(-1, D)

    np.testing.assert_allclose(x.mean(0), prior.mean.ravel(), atol=0.03)
    np.testing.assert_allclose(np.cov(x.T), prior.covariance, atol=0.06)


@on_float64
@pytest.mark.parametrize("eta", [0.0, 0.4, 1.0])
def test_ddim_is_the_update_of_its_paper(prior: GaussianPrior, eta: float, lib: Library) -> None:
    """One step of Song et al., eq. 12 and 16, in variance-preserving form."""
    sigma, sigma_next = 1.3, 0.4
    a, a_next = sigma_to_alpha_bar(sigma), sigma_to_alpha_bar(sigma_next)
    x, drawn = lib(random(3, 2, *SHAPE)), lib(random(4, 2, *SHAPE))
    x_t, x_0 = to_vp(x, sigma), prior(x, sigma)
    eps = (x_t - a**0.5 * x_0) / (1 - a) ** 0.5
    sigma_t = eta * ((1 - a_next) / (1 - a)) ** 0.5 * (1 - a / a_next) ** 0.5
    expected = a_next**0.5 * x_0 + (1 - a_next - sigma_t**2) ** 0.5 * eps + sigma_t * drawn

    out = sample_ddim(prior, x, [sigma, sigma_next], eta=eta, noise=lambda _: drawn)

    np.testing.assert_allclose(out, from_vp(expected, sigma_next), atol=1e-12)


@on_float64
def test_edm_without_churn_is_heun(prior: GaussianPrior, lib: Library) -> None:
    x = lib(80 * random(2, 1, *SHAPE))

    quiet = sample_edm(prior, x, karras(7), noise=noise_like(x, 0), s_churn=0)

    np.testing.assert_array_equal(quiet, sample_heun(prior, x, karras(7)))


class StopError(Exception):
    """What a callback raises to cancel."""


@on_all_libraries
@pytest.mark.parametrize("sampler", [sample_ddim, sample_heun, sample_edm, sample_dpmpp_2m])
def test_every_sampler_keeps_the_library_tells_its_progress_and_can_be_cancelled(
    prior: GaussianPrior, sampler: Callable[..., Any], lib: Library
) -> None:
    x = lib(random(0, 2, *SHAPE))
    extra: dict[str, Any] = (
        {"noise": noise_like(x, 0)} if sampler in (sample_ddim, sample_edm) else {}
    )
    if sampler is sample_ddim:
        extra["eta"] = 1.0
    seen = []

    def callback(i: int, n: int, sigma: float, x: Any, denoised: Any) -> None:
        assert lib.owns(x)
        assert lib.owns(denoised)
        seen.append((i, n, sigma))
        if len(seen) == 8:
            raise StopError

    assert lib.owns(sampler(prior, x, karras(5), callback=callback, **extra))
    assert [(i, n) for i, n, _ in seen] == [(i, 5) for i in range(5)]
    if sampler is not sample_edm:
        assert [sigma for *_, sigma in seen] == list(karras(5)[:-1])

    with pytest.raises(StopError):
        sampler(prior, x, karras(5), callback=callback, **extra)
    assert len(seen) == 8


def test_random_sampling_without_noise_is_refused(prior: GaussianPrior) -> None:
    with pytest.raises(ParameterError, match="needs noise"):
        sample_ddim(prior, random(0, 1, *SHAPE), karras(3), eta=1)


@pytest.mark.parametrize("sampler", [sample_ddim, sample_heun, sample_edm, sample_dpmpp_2m])
def test_memory_does_not_grow_with_the_steps(sampler: Callable[..., Any]) -> None:
    x = random(0, 1, 3, 64, 64)
    extra = {"noise": noise_like(x, 0)} if sampler is sample_edm else {}

    def peak(steps: int) -> int:
        tracemalloc.start()
        sampler(lambda x, sigma: x * (0.25 / (0.25 + sigma**2)), x, karras(steps), **extra)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(4)
    assert peak(100) < 1.05 * peak(4)


@on_all_libraries
@pytest.mark.parametrize("sampler", [sample_ddim, sample_heun, sample_edm, sample_dpmpp_2m])
def test_what_is_not_finite_stops_the_process_at_its_step(
    prior: GaussianPrior, sampler: Callable[..., Any], lib: Library
) -> None:
    x = lib(random(0, 2, *SHAPE))
    extra = {"noise": noise_like(x, 0)} if sampler is sample_edm else {}
    calls = []

    def denoise(x: Any, sigma: float) -> Any:
        calls.append(sigma)
        return prior(x, sigma) * (math.nan if len(calls) == 4 else 1)

    step = 2 if sampler in (sample_heun, sample_edm) else 4  # of two calls each
    with pytest.raises(ResultError, match=f"Step {step} of 9, at σ = "):
        sampler(denoise, x, karras(9), **extra)
    assert len(calls) == 4


@pytest.mark.parametrize("sampler", [sample_ddim, sample_heun, sample_edm, sample_dpmpp_2m])
@pytest.mark.parametrize(
    ("sigmas", "said"),
    [
        ([], "0 steps"),
        ([3.0], "0 steps"),
        ([3.0, 3.0, 0.0], "step 1: from σ = 3.0 to 3.0"),
        ([3.0, 1.0, 2.0, 0.0], "step 2: from σ = 1.0 to 2.0"),
        ([math.inf, 1.0, 0.0], "step 1: from σ = inf"),
        ([3.0, math.nan, 0.0], "step 1: from σ = 3.0 to nan"),
        ([3.0, -1.0], "to -1.0"),
    ],
)
def test_levels_that_do_not_fall_are_refused(
    prior: GaussianPrior, sampler: Callable[..., Any], sigmas: list[float], said: str
) -> None:
    x = random(0, 1, *SHAPE)
    extra = {"noise": noise_like(x, 0)} if sampler is sample_edm else {}
    with pytest.raises(ParameterError, match=said):
        sampler(prior, x, sigmas, **extra)


@pytest.mark.parametrize("eta", [-0.1, 1.1, math.nan])
def test_eta_and_churn_out_of_range_are_refused(prior: GaussianPrior, eta: float) -> None:
    x = random(0, 1, *SHAPE)
    with pytest.raises(ParameterError, match=f"η = {eta}"):
        sample_ddim(prior, x, karras(3), eta=eta, noise=noise_like(x, 0))
    with pytest.raises(ParameterError, match="s_churn = -1"):
        sample_edm(prior, x, karras(3), s_churn=-1.0, noise=noise_like(x, 0))
