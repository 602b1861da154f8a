import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.diffusion.process import (
    alpha_bar_to_sigma,
    forward,
    from_vp,
    scales_to_sigma,
    sigma_to_alpha_bar,
    sigma_to_scales,
    snr,
    to_vp,
)
from tests.diffusion.libraries import Library, on_all_libraries, random

EPS = np.finfo(float).eps


@given(st.floats(1e-12, 1.0))
def test_alpha_bar_survives_the_way_through_sigma(alpha_bar: float) -> None:
    back = sigma_to_alpha_bar(alpha_bar_to_sigma(alpha_bar))

    assert back == pytest.approx(alpha_bar, rel=4 * EPS)


@given(st.floats(1e-3, 1e6))
def test_sigma_survives_the_way_through_alpha_bar_as_far_as_alpha_bar_can_hold_it(
    sigma: float,
) -> None:
    back = alpha_bar_to_sigma(sigma_to_alpha_bar(sigma))

    assert back == pytest.approx(sigma, rel=4 * EPS * (1 + 1 / sigma**2))


@given(st.floats(0, 1e100))
def test_sigma_survives_the_way_through_the_scales_whatever_it_is(sigma: float) -> None:
    signal, noise = sigma_to_scales(sigma)
    assert scales_to_sigma(signal, noise) == pytest.approx(sigma, rel=4 * EPS)
    assert signal**2 + noise**2 == pytest.approx(1, abs=4 * EPS)
    signals, noises = sigma_to_scales(np.array([sigma]))
    np.testing.assert_allclose([signals[0], noises[0]], [signal, noise], rtol=4 * EPS)


@on_all_libraries
def test_snr_is_that_of_the_scales(lib: Library) -> None:
    sigma = lib([0.5, 3.0, 0.0])
    found = snr(sigma)
    assert lib.owns(found)
    np.testing.assert_allclose(found, [4, 1 / 9, np.inf], rtol=4 * lib.eps)
    assert [snr(0.5), snr(0), snr(0.0)] == [4, np.inf, np.inf]
    signal, noise = sigma_to_scales(3.0)
    assert snr(3.0) == pytest.approx(signal**2 / noise**2)


@given(st.floats(0, 1e6), st.floats(-1e3, 1e3))
def test_vp_scaling_round_trips(sigma: float, value: float) -> None:
    x = np.full((1, 1, 1, 1), value)

    np.testing.assert_allclose(from_vp(to_vp(x, sigma), sigma), x, rtol=4 * EPS, atol=1e-300)


@on_all_libraries
def test_both_processes_are_one(lib: Library) -> None:
    """√ᾱ (x_0 + σε) is √ᾱ x_0 + √(1 − ᾱ) ε."""
    x_0, eps = lib(random(0, 2, 3, 4, 5)), lib(random(1, 2, 3, 4, 5))
    alpha_bar = 0.3
    sigma = alpha_bar_to_sigma(alpha_bar)

    x_t = to_vp(forward(x_0, sigma, eps), sigma)

    assert lib.owns(x_t)
    expected = alpha_bar**0.5 * x_0 + (1 - alpha_bar) ** 0.5 * eps
    np.testing.assert_allclose(x_t, expected, atol=8 * lib.eps)
    arrays = alpha_bar_to_sigma(lib([0.3, 1.0]))
    assert lib.owns(arrays)
    np.testing.assert_allclose(arrays, [sigma, 0], rtol=4 * lib.eps)
