"""What the documentation says of the methods is measured again."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from benchmarks.oracles import CALLS, DRAWS, MEASUREMENTS, cell
from restore.diffusion import GaussianPrior, karras, noise_like
from restore.diffusion.samplers import sample_ddim, sample_dpmpp_2m, sample_edm
from restore.inverse import (
    METHODS,
    Bayer,
    Blur,
    Composition,
    Downscale,
    Grayscale,
    Identity,
    Jpeg,
    Mask,
    Operator,
    Sum,
    gaussian_kernel,
    motion_kernel,
    residual,
    solve,
    split_gibbs,
)
from tests.diffusion.libraries import random
from tests.inverse.problems import (
    OPERATORS,
    PRIORS,
    SHAPE,
    SIZE,
    D,
    Problem,
    matrix,
    observed,
    rms,
    seen,
    two_textures,
)

TEXT = (Path(__file__).parents[2] / "docs/mathematics.md").read_text(encoding="utf-8")
SOFT = Blur(gaussian_kernel(1.0), SIZE)
KINDS: dict[str, list[Operator]] = {
    "identity": [Identity(SIZE)],
    "mask": [Mask(random(1, 1, 1, *SIZE) > 0)],
    "reduction": [Downscale(2, SIZE), Downscale(2, SIZE, kernel="area")],
    "blur": [SOFT, Blur(motion_kernel(3, 0.5), SIZE)],
    "grayscale, mosaic": [Grayscale(SIZE), Bayer(SIZE)],
    "blur, then reduction": [Composition(Downscale(2, SIZE), SOFT)],
    "motion, then reduction": [
        Composition(Downscale(2, SIZE), Blur(motion_kernel(3, 0.5), SIZE)),
    ],
    "sum": [Sum([SOFT, Identity(SIZE)], [0.5, 0.5])],
    "JPEG": [Jpeg(90, SIZE)],
}
"""The columns of the table of method × operator, and what stands for each."""
COLOURFUL = GaussianPrior(np.zeros((3, *SIZE)), 0.1 * np.eye(72) + 0.2 * np.ones((72, 72)))


def table(first: str) -> dict[str, list[str]]:
    """The rows of the table whose header begins with such a cell, without their first cell."""
    start = TEXT.index(f"| {first} |")
    lines = TEXT[start:].split("\n\n")[0].splitlines()
    rows = [[c.strip() for c in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return {" ".join(row[: 2 if rows[0][1] == "calls" else 1]): row[1:] for row in rows}


def test_the_table_of_method_and_operator_is_true() -> None:
    rows = table("method")
    assert rows.pop("method") == [*KINDS, "noisy y", "∂D/∂x"]
    del rows["---"]
    assert list(rows) == [f"`{method}`" for method in METHODS]
    for name, method in METHODS.items():
        clean = [[method.fault(A, 0.0) == "" for A in kind] for kind in KINDS.values()]
        assert all(len(set(kind)) == 1 for kind in clean)
        noisy = any(not method.fault(kind[0], 0.1) for kind in KINDS.values())
        cells = [*(kind[0] for kind in clean), noisy, method.needs_gradient]
        assert rows[f"`{name}`"] == ["yes" if cell else "" for cell in cells], name


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", KINDS)
def test_where_a_method_is_defined_it_comes_near_what_was_measured(method: str, kind: str) -> None:
    sigma_y = 0.02 if METHODS[method].noisy else 0.0
    for operator in KINDS[kind]:
        if METHODS[method].fault(operator, sigma_y):
            continue
        x_0 = COLOURFUL.sample(random(1, 1, 3, *SIZE))
        y = observed(operator, x_0, sigma_y)
        x = solve(COLOURFUL, operator, y, sigma_y, method=method, calls=40)
        assert x.shape == x_0.shape
        assert residual(operator, x, y) < 0.5 * residual(operator, 0 * x, y)


@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize("method", METHODS)
def test_how_far_a_method_is_off_is_what_the_table_says(method: str, prior: str) -> None:
    """The same draws give the same figures, up to the last digit; the quickest row is enough."""
    calls = CALLS[0]
    told = table(prior)[f"`{method}` {calls}"][1:]
    for text, (name, sigma_y) in zip(told, MEASUREMENTS.values(), strict=True):
        found = cell(method, name, sigma_y, prior, calls)
        assert bool(found) == bool(text)
        if text:
            numbers = ([float(n) for n in t.split(", ")] for t in (found, text))
            np.testing.assert_allclose(*numbers, atol=0.015)


@pytest.mark.parametrize("prior", PRIORS)
def test_denoising_draws_from_the_posterior(prior: str) -> None:
    """Mean and covariance within four standard errors, and ‖y − x̂‖² as chi-square has it."""
    problem, n, sigma_y = Problem.of("identity", 0.3, prior), 400, 0.3

    def draw(y: np.ndarray) -> np.ndarray:
        return solve(
            problem.prior, problem.operator, y, sigma_y, method="denoising", calls=300, seed=2
        )

    x = draw(problem.batch(n)).reshape(n, D)
    std = np.sqrt(np.diag(problem.covariance))
    assert np.abs((x.mean(0) - problem.mean) / std).max() < 4 / n**0.5
    errors = (np.cov(x.T) - problem.covariance) / np.outer(std, std)
    assert np.abs(errors).max() < 4 * (2 / n) ** 0.5

    if prior == "mixture":
        truths = two_textures().sample(n, seed=3)
    else:
        truths = problem.prior.sample(random(5, n, *SHAPE))
    y = observed(problem.operator, truths, sigma_y)
    chi_square = ((y - draw(y)) ** 2).sum() / sigma_y**2
    assert abs(chi_square - n * D) < 4 * (2 * n * D) ** 0.5


@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize("name", ["mask", "blur"])
def test_split_gibbs_draws_from_the_posterior(name: str, prior: str) -> None:
    """At ρ its chain ends in the posterior of y with noise of σ_y² + ρ² A Aᵀ, which is known."""
    rho, sigma_y, n = 0.3, 0.1, 400
    problem = Problem.of(name, sigma_y, prior)
    A = matrix(problem.operator)
    whiten = np.linalg.inv(np.linalg.cholesky(sigma_y**2 * np.eye(len(A)) + rho**2 * A @ A.T))
    y = problem.y[seen(problem.operator, problem.y)]
    posterior = problem.prior.posterior(whiten @ A, whiten @ y, 1.0)
    mean, covariance = posterior.moments if prior == "mixture" else posterior

    noise = noise_like(np.empty((n, *SHAPE)), 1)
    args = problem.operator, problem.batch(n), sigma_y, [rho] * 40, noise
    x = split_gibbs(problem.prior, *args, inner=12).reshape(n, D)

    std = np.sqrt(np.diag(covariance))
    assert np.abs((x.mean(0) - mean) / std).max() < 4.5 / n**0.5
    assert rms(x.std(0)) == pytest.approx(rms(std), rel=0.05)


@pytest.mark.parametrize(
    "sampler",
    [
        lambda d, x, s, noise: sample_ddim(d, x, s, eta=1, noise=noise),
        lambda d, x, s, noise: sample_dpmpp_2m(d, x, s, eta=1, noise=noise),
        lambda d, x, s, noise: sample_edm(d, x, s, noise=noise, s_min=0, s_max=np.inf),
    ],
    ids=["ancestral", "sde dpm-solver++", "edm"],
)
def test_samplers_draw_both_textures_as_often_as_they_are(sampler) -> None:
    prior, n = two_textures(), 800
    noise = noise_like(np.empty((n, *SHAPE)), 3)
    x = sampler(prior, 20 * noise(0), karras(100, sigma_max=20), noise)
    mean, covariance = prior.moments
    assert prior.shares(x, 0.05)[1].mean() == pytest.approx(0.7, abs=4 * (0.21 / n) ** 0.5)
    assert np.abs(x.reshape(n, D).mean(0) - mean).max() < 4.5 * (covariance.max() / n) ** 0.5
    np.testing.assert_allclose(np.cov(x.reshape(n, D).T), covariance, atol=0.05)


@pytest.mark.parametrize(("name", "sigma_y"), MEASUREMENTS.values(), ids=MEASUREMENTS)
@pytest.mark.parametrize("prior", PRIORS)
def test_single_precision_is_within_a_hundred_thousandth(
    name: str, sigma_y: float, prior: str
) -> None:
    problem = Problem.of(name, sigma_y, prior)
    for method in METHODS.values():
        if method.fault(OPERATORS[name], sigma_y):
            continue
        single, double = (
            solve(
                problem.prior,
                problem.operator,
                problem.batch(2).astype(kind),
                sigma_y,
                method=method.name,
                calls=20,
            )
            for kind in (np.float32, np.float64)
        )
        assert single.dtype == np.float32
        np.testing.assert_allclose(single, double, atol=1e-5, err_msg=method.name)


def test_the_table_says_how_many_draws_it_is_of() -> None:
    assert f"{DRAWS} draws" in TEXT
