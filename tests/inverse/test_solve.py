"""One interface to every method: what it computes, what it spends, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from restore.diffusion import GaussianPrior, karras, noise_like
from restore.errors import ParameterError, ResultError
from restore.inverse import METHODS, Identity, Mask, ddrm, solve
from tests.diffusion.libraries import Library, on_all_libraries
from tests.inverse.problems import OPERATORS, SHAPE, SIZE, Problem, smooth_prior

DEFINED = [
    (method, name, sigma_y)
    for method in METHODS
    for name, operator in OPERATORS.items()
    for sigma_y in (0.0, 0.1)
    if not METHODS[method].fault(operator, sigma_y)
]
"""Every method with every measurement that it is defined for."""


class Counted:
    """A prior that counts how often it is called, and can be made to fail."""

    def __init__(self, prior: GaussianPrior, fail_at: int = 0) -> None:
        self.prior, self.calls, self.fail_at = prior, 0, fail_at

    def __call__(self, x_t, sigma, y=None):
        self.calls += 1
        return self.prior(x_t, sigma, y) * (np.nan if self.calls == self.fail_at else 1)

    def vjp(self, x_t, sigma, y=None):
        return self(x_t, sigma, y), self.prior.vjp(x_t, sigma, y)[1]


def one(method: str, prior=None, name: str = "", calls: int = 8, sigma_y: float = 0.0, **options):
    """The method on a measurement that it is defined for."""
    name = name or next(n for m, n, s in DEFINED if m == method and s == sigma_y)
    problem = Problem.of(name, sigma_y)
    return solve(
        prior or smooth_prior(),
        problem.operator,
        problem.y,
        sigma_y,
        method=method,
        calls=calls,
        **options,
    )


@on_all_libraries
@pytest.mark.parametrize(("method", "name", "sigma_y"), DEFINED)
def test_every_method_keeps_the_library_and_is_deterministic(
    method: str, name: str, sigma_y: float, lib: Library
) -> None:
    problem = Problem.of(name, sigma_y)
    y = lib(problem.batch(2))

    def run(seed: int):
        return solve(
            smooth_prior(), problem.operator, y, sigma_y, method=method, calls=5, seed=seed
        )

    x = run(3)
    assert lib.owns(x)
    assert tuple(x.shape) == (2, *SHAPE)
    np.testing.assert_array_equal(x, run(3))
    if sigma_y:
        assert not np.array_equal(x, run(4))


@pytest.mark.parametrize("calls", [1, 2, 7, 20, 100])
@pytest.mark.parametrize("method", METHODS)
def test_no_method_spends_more_than_it_may_nor_less_than_half(method: str, calls: int) -> None:
    sigma_y = 0.1 if METHODS[method].noisy else 0.0
    told: list[int] = []
    prior = Counted(smooth_prior())

    one(
        method,
        prior,
        calls=calls,
        sigma_y=sigma_y,
        callback=lambda i, n, sigma, x, denoised: told.append(i),
    )

    assert calls / 2 <= prior.calls <= calls
    assert told == list(range(prior.calls))


def test_it_is_the_method_itself_with_its_options() -> None:
    problem = Problem.of("blur", 0.1)
    noise = noise_like(problem.y, 5)
    levels = karras(6, sigma_max=30)
    expected = ddrm(smooth_prior(), problem.operator, problem.y, 0.1, levels, noise, eta=0.5)
    found = one("ddrm", name="blur", calls=6, sigma_y=0.1, sigma_max=30.0, seed=5, eta=0.5)
    np.testing.assert_array_equal(found, expected)


def test_one_evaluation_is_the_posterior_mean() -> None:
    problem = Problem.of("identity", 0.4)
    mean = one("denoising", name="identity", calls=1, sigma_y=0.4)
    np.testing.assert_allclose(mean.ravel(), problem.mean, atol=1e-12)


def test_what_a_mask_does_not_know_is_not_looked_at() -> None:
    problem = Problem.of("mask", 0.0)
    torn = np.where(problem.operator.keep, problem.y, np.nan)
    x = [
        solve(smooth_prior(), problem.operator, y, 0.0, method="dps", calls=4)
        for y in (problem.y, torn)
    ]
    np.testing.assert_array_equal(*x)


@pytest.mark.parametrize("method", METHODS)
def test_what_is_not_finite_stops_at_its_step(method: str) -> None:
    sigma_y = 0.1 if METHODS[method].noisy else 0.0
    prior = Counted(smooth_prior(), fail_at=3)

    with pytest.raises(ResultError, match="Step 3 of "):
        one(method, prior, calls=12, sigma_y=sigma_y)

    assert prior.calls == 3


@pytest.mark.parametrize(
    ("method", "name", "sigma_y", "said"),
    [
        ("denoising", "blur", 0.1, "Stochastic denoising is defined for Identity alone, not for"),
        ("repaint", "blur", 0.0, "RePaint is defined for Mask alone, not for Blur"),
        ("repaint", "mask", 0.1, "RePaint takes Mask as free of noise, and σ_y is 0.1"),
        ("ddnm", "area", 0.2, "DDNM takes Downscale as free of noise, and σ_y is 0.2"),
        ("magic", "blur", 0.0, "no method “magic”"),
    ],
)
def test_a_method_that_is_not_defined_says_so(
    method: str, name: str, sigma_y: float, said: str
) -> None:
    with pytest.raises(ParameterError, match=said) as caught:
        one(method, name=name, sigma_y=sigma_y)
    for named in caught.value.hint.removeprefix("Use ").removesuffix(".").split(", "):
        assert method == "magic" or not METHODS[named].fault(OPERATORS[name], sigma_y)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"calls": 0}, "in 0 network evaluations"),
        ({"calls": -3}, "in -3 network evaluations"),
        ({"sigma_y": -0.1}, "deviation -0.1"),
        ({"sigma_y": float("nan")}, "deviation nan"),
        ({"sigma_max": float("inf")}, "start at σ = inf"),
        ({"sigma_max": 0.0}, r"start at σ = 0\.0"),
        ({"magic": 3}, "no option “magic”"),
        ({"y": np.zeros((1, 1, 3, 6))}, r"cannot begin: .*\(B, C, 4, 6\)"),
        ({"y": np.zeros((1, *SIZE))}, r"cannot begin: .*\(B, C, 4, 6\)"),
        ({"y": np.full((1, *SHAPE), np.nan)}, "not finite"),
        ({"operator": Mask(np.zeros((1, 1, *SIZE)))}, "nothing known|Identity alone"),
    ],
)
def test_nonsense_is_refused_by_name(method: str, wrong: dict, said: str) -> None:
    keep = np.ones((1, 1, *SIZE))
    given = {
        "operator": Mask(keep) if method != "denoising" else Identity(SIZE),
        "y": np.zeros((1, *SHAPE)),
        "sigma_y": 0.1 if METHODS[method].noisy else 0.0,
        "calls": 4,
    } | wrong
    with pytest.raises(ParameterError, match=said):
        solve(smooth_prior(), method=method, **given)


@pytest.mark.parametrize("method", [m.name for m in METHODS.values() if m.needs_gradient])
def test_a_prior_without_gradients_is_refused_where_they_are_needed(method: str) -> None:
    with pytest.raises(ParameterError, match=rf"{METHODS[method].title} takes gradients"):
        one(method, smooth_prior().__call__)
