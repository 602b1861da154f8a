"""ε, x_0, v and F are one thing: each comes back from each, and agrees with its definition."""

from decimal import Decimal, localcontext
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.diffusion.discrete import DiscreteProcess
from restore.diffusion.parametrisation import Parametrisation, convert
from restore.diffusion.preconditioning import precondition
from restore.diffusion.schedule import cosine, karras, linear, scaled_linear
from restore.errors import ParameterError
from tests.diffusion.libraries import Library, on_all_libraries, random

EPS = np.finfo(float).eps
KINDS: tuple[Parametrisation, ...] = ("x_0", "eps", "v", "F")


@pytest.mark.parametrize(("source", "target"), [*permutations(KINDS, 2)])
@given(st.floats(0.002, 80))
def test_every_way_there_and_back_is_the_identity(
    source: Parametrisation, target: Parametrisation, sigma: float
) -> None:
    value, eps = random(0, 2, 3, 4, 5), random(1, 2, 3, 4, 5)
    x_sigma = random(2, 2, 3, 4, 5) + sigma * eps
    there = convert(value, x_sigma, sigma, source, target)
    back = convert(there, x_sigma, sigma, target, source)
    # A value of order one says of another kind of order κ: round-off grows by that.
    condition = max(1, np.abs(there).max(), np.abs(x_sigma).max()) * max(sigma, 1 / sigma)
    np.testing.assert_allclose(back, value, atol=64 * np.finfo(float).eps * condition, rtol=0)


def coefficients(kind: Parametrisation, sigma: Decimal) -> tuple[Decimal, Decimal]:
    """p and q of x_0 = p x_σ + q · value, from each kind's definition."""
    one, data = Decimal(1), Decimal("0.5")
    alpha_bar = one / (one + sigma * sigma)
    total = (sigma * sigma + data * data).sqrt()
    return {
        "x_0": (Decimal(0), one),
        "eps": (one, -sigma),
        "v": (alpha_bar, -(one - alpha_bar).sqrt()),
        "F": (data * data / total / total, sigma * data / total),
    }[kind]


@pytest.mark.parametrize("levels", [linear(), cosine(), scaled_linear(), karras(40)])
def test_every_conversion_at_every_t_is_exact_to_round_off(levels: np.ndarray) -> None:
    """Against forty digits: no more is lost than by rounding its two terms."""
    value, x_sigma = 0.7, -1.3
    with localcontext() as digits:
        digits.prec = 40
        for sigma in levels[:-1]:
            family = {kind: coefficients(kind, Decimal(float(sigma))) for kind in KINDS}
            for source, target in permutations(KINDS, 2):
                (p, q), (p_t, q_t) = family[source], family[target]
                of_value, of_x = q / q_t * Decimal(value), (p - p_t) / q_t * Decimal(x_sigma)
                found = convert(value, x_sigma, float(sigma), source, target)
                error = abs(Decimal(float(found)) - of_value - of_x)
                assert error <= Decimal(6 * EPS) * (abs(of_value) + abs(of_x))


@pytest.mark.parametrize("levels", [linear(), cosine(), scaled_linear(), karras(40)])
def test_at_every_t_the_truth_is_the_truth_in_every_parametrisation(levels: np.ndarray) -> None:
    process = DiscreteProcess.of(levels)
    x_0, eps = random(0, 1, 1, 3, 3), random(1, 1, 1, 3, 3)
    for t in range(1, process.T + 1, 37):
        sigma, alpha_bar = float(process.sigma[t]), float(process.alpha_bar[t])
        x_sigma = x_0 + sigma * eps
        v = alpha_bar**0.5 * eps - (1 - alpha_bar) ** 0.5 * x_0
        c = precondition(sigma)
        truth = {"x_0": x_0, "eps": eps, "v": v, "F": (x_0 - c.c_skip * x_sigma) / c.c_out}
        for source, target in permutations(KINDS, 2):
            found = convert(truth[source], x_sigma, sigma, source, target)
            size = max(1, float(np.abs(truth[target]).max()), sigma, 1 / sigma)
            np.testing.assert_allclose(found, truth[target], atol=1e-12 * size)


def test_what_is_no_parametrisation_is_refused() -> None:
    x = random(0, 1, 1, 2, 2)
    for source, target in (("epsilon", "v"), ("v", "epsilon")):
        with pytest.raises(ParameterError, match="epsilon"):
            convert(x, x, 1.0, source, target)


@on_all_libraries
def test_a_batch_may_have_levels_of_its_own(lib: Library) -> None:
    sigma = lib(np.array([0.1, 3.0])[:, None, None, None])
    value, x_sigma = lib(random(0, 2, 3, 4, 5)), lib(random(1, 2, 3, 4, 5))
    together = convert(value, x_sigma, sigma, "v", "F")
    assert lib.owns(together)
    for i, level in enumerate((0.1, 3.0)):
        alone = convert(value[i : i + 1], x_sigma[i : i + 1], level, "v", "F")
        np.testing.assert_allclose(together[i : i + 1], alone, atol=200 * lib.eps)
