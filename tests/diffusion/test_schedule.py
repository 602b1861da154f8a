from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.diffusion.process import sigma_to_alpha_bar
from restore.diffusion.schedule import (
    SCHEDULES,
    cosine,
    from_betas,
    from_levels,
    karras,
    linear,
    respace,
    scaled_linear,
    schedule,
    truncate,
)
from restore.errors import ParameterError


@pytest.mark.parametrize(
    "sigmas",
    [
        *(karras(1), karras(1, 3.0, 3.0), karras(2), karras(40)),
        *(linear(), linear(1), cosine(), cosine(5), scaled_linear()),
    ],
)
def test_levels_fall_to_zero(sigmas: np.ndarray) -> None:
    assert sigmas.dtype == np.float64
    assert sigmas[-1] == 0
    assert (np.diff(sigmas) < 0).all()
    assert np.isfinite(sigmas).all()


@given(st.integers(2, 50), st.floats(1e-3, 0.1), st.floats(1, 100), st.floats(1, 10))
def test_karras_is_even_in_the_root_of_sigma(n: int, low: float, high: float, rho: float) -> None:
    sigmas = karras(n, low, high, rho)

    assert len(sigmas) == n + 1
    assert sigmas[0] == high
    assert sigmas[-2] == pytest.approx(low)
    i = np.arange(n)
    a, b = high ** (1 / rho), low ** (1 / rho)
    np.testing.assert_allclose(sigmas[:-1], (a + i / (n - 1) * (b - a)) ** rho, rtol=1e-9)


def test_linear_has_the_betas_of_its_paper() -> None:
    alpha_bar = sigma_to_alpha_bar(linear()[::-1])  # ᾱ_0 … ᾱ_1000
    beta = 1 - alpha_bar[1:] / alpha_bar[:-1]

    np.testing.assert_allclose(beta[[0, -1]], [1e-4, 0.02], rtol=1e-9)
    np.testing.assert_allclose(np.diff(beta), (0.02 - 1e-4) / 999, rtol=1e-6)


def test_cosine_has_the_alpha_bar_of_its_paper() -> None:
    T, s = 1000, 0.008
    t = np.arange(T)  # the last step is where β is clipped
    f = np.cos((t / T + s) / (1 + s) * np.pi / 2) ** 2

    alpha_bar = sigma_to_alpha_bar(cosine(T, s)[::-1])

    np.testing.assert_allclose(alpha_bar[:T], f / f[0], rtol=1e-9)
    assert alpha_bar[-1] / alpha_bar[-2] == pytest.approx(1 - 0.999)


def test_the_first_steps_of_the_cosine_are_exact_where_its_square_is_next_to_one() -> None:
    """f(0)/f(t) − 1 with fifty digits, which float64 cannot hold."""
    found = cosine(1000)[::-1]
    for t in (1, 2, 3, 50, 500):
        with localcontext() as digits:
            digits.prec = 50
            now, start = (cosine_of(Decimal(k) / 1000) for k in (t, 0))
            exact = (start**2 / now**2 - 1).sqrt()
        assert found[t] == pytest.approx(float(exact), rel=1e-13)


def cosine_of(share: Decimal) -> Decimal:
    """cos((t/T + s)/(1 + s) π/2) by its power series."""
    pi = Decimal("3.14159265358979323846264338327950288419716939937510582")
    x = (share + Decimal("0.008")) / Decimal("1.008") * pi / 2
    term = total = Decimal(1)
    for k in range(1, 30):
        term *= -x * x / (2 * k * (2 * k - 1))
        total += term
    return total


def test_a_schedule_goes_by_its_name() -> None:
    assert set(SCHEDULES) == {"linear", "cosine", "scaled_linear"}
    for name, whole in (("linear", linear()), ("cosine", cosine())):
        np.testing.assert_array_equal(schedule(name), whole)
        np.testing.assert_array_equal(schedule(name, 20), respace(whole, 20))
    np.testing.assert_array_equal(schedule("karras", 10), karras(10))


@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=30, unique=True), st.data())
def test_a_schedule_may_be_given_by_its_levels(values: list[float], data: st.DataObject) -> None:
    levels = [*sorted(values, reverse=True), 0.0]
    found = schedule(levels)
    np.testing.assert_array_equal(found, levels)
    assert found.dtype == np.float64
    n = data.draw(st.integers(1, len(values)))
    np.testing.assert_array_equal(schedule(levels, n), respace(found, n))


@given(st.lists(st.floats(1e-6, 0.9), min_size=1, max_size=20))
def test_betas_give_the_levels_that_their_products_give(betas: list[float]) -> None:
    alpha_bar = np.cumprod(1 - np.array(betas))
    np.testing.assert_allclose(
        from_betas(betas)[::-1][1:], np.sqrt(1 / alpha_bar - 1), rtol=1e-9, atol=1e-12
    )


@given(st.data(), st.integers(1, 60))
def test_respacing_picks_levels_and_keeps_the_ends(data: st.DataObject, length: int) -> None:
    sigmas = karras(length)
    n = data.draw(st.integers(1, length))

    picked = respace(sigmas, n)

    assert len(picked) == n + 1
    assert set(picked) <= set(sigmas)
    assert (np.diff(picked) < 0).all()
    assert picked[0] == sigmas[0]
    assert picked[-1] == 0
    if n > 1:
        assert picked[-2] == sigmas[-2]


@given(st.floats(0, 200))
def test_a_truncated_schedule_starts_exactly_where_asked(start: float) -> None:
    sigmas = truncate(karras(30), start)

    assert sigmas[0] == start
    assert sigmas[-1] == 0
    assert (np.diff(sigmas) < 0).all()
    assert set(sigmas[1:]) == {s for s in karras(30) if s < start}


@pytest.mark.parametrize(
    "call",
    [
        lambda: karras(0),
        lambda: karras(5, 1.0, 0.5),
        lambda: karras(5, 0.0, 1.0),
        lambda: karras(5, 1.0, 1.0),
        lambda: karras(5, rho=0.0),
        lambda: linear(0),
        lambda: cosine(0),
        lambda: linear(10, 0.0),
        lambda: from_betas([0.1, 1.0]),
        lambda: from_betas([0.1, float("nan")]),
        lambda: from_levels([1.0, 2.0, 0.0]),
        lambda: from_levels([1.0, 1.0, 0.0]),
        lambda: from_levels([1.0, 0.5]),
        lambda: from_levels([float("inf"), 1.0, 0.0]),
        lambda: from_levels([1.0, float("nan"), 0.0]),
        lambda: from_levels([0.0]),
        lambda: schedule("liner", 10),
        lambda: schedule("karras"),
        lambda: schedule("linear", 0),
        lambda: schedule([1.0, 0.5, 0.0], 3),
        lambda: respace(karras(5), 6),
        lambda: respace(karras(5), 0),
        lambda: truncate(karras(5), -1),
        lambda: truncate(karras(5), float("nan")),
    ],
)
def test_impossible_schedules_are_refused(call) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ParameterError) as refused:
        call()

    assert refused.value.hint
