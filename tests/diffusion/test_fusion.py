import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.diffusion.fusion import fuse
from tests.diffusion.libraries import LIBRARIES, Library, on_all_libraries, on_float64, random

INF = math.inf
levels = st.one_of(st.sampled_from([0.0, INF]), st.floats(1e-6, 1e3))


@given(levels, levels, st.sampled_from(LIBRARIES))
def test_precisions_add_and_the_mean_is_weighted_by_them(
    sigma_t: float, sigma_y: float, lib: Library
) -> None:
    x_t, y = lib([[[[-0.4]]]]), lib([[[[0.7]]]])

    z, sigma_eff = fuse(x_t, sigma_t, y, sigma_y)

    assert lib.owns(z)
    assert lib.owns(sigma_eff)
    assert sigma_eff.shape == (1, 1, 1, 1)
    if sigma_y == 0:
        weight, expected = 1.0, 0.0
    elif sigma_t == 0:
        weight, expected = 0.0, 0.0
    elif sigma_t == sigma_y == INF:
        assert (z.item(), sigma_eff.item()) == (0, INF)
        return
    elif INF in (sigma_t, sigma_y):
        weight, expected = float(sigma_t == INF), min(sigma_t, sigma_y)
    else:
        weight = sigma_t**2 / (sigma_t**2 + sigma_y**2)
        expected = sigma_t * sigma_y / math.hypot(sigma_t, sigma_y)
    assert sigma_eff.item() == pytest.approx(expected, rel=8 * lib.eps)
    assert z.item() == pytest.approx(-0.4 + weight * 1.1, abs=8 * lib.eps)


@on_all_libraries
def test_known_pixels_come_back_exactly_and_unknown_ones_give_x_t(lib: Library) -> None:
    x_t, y = random(0, 2, 3, 5, 7), random(1, 2, 3, 5, 7)
    known = random(2, 2, 1, 5, 7) > 0
    y[~np.broadcast_to(known, y.shape)] = np.nan  # what is unknown must not matter

    z, sigma_eff = fuse(lib(x_t), 3.0, lib(y), lib(np.where(known, 0.0, INF)))

    np.testing.assert_array_equal(z, np.where(known, lib(y), lib(x_t)))
    np.testing.assert_array_equal(sigma_eff, np.where(known, 0.0, 3.0))


@on_all_libraries
def test_one_view_alone_is_itself(lib: Library) -> None:
    x = lib(random(0, 2, 3, 4, 4))

    for z, sigma_eff in (
        fuse(x, 0.3, None, 0.0),
        fuse(None, 0.0, x, 0.3),
        fuse(x, 0.3, x + 1, INF),
        fuse(x + 1, INF, x, 0.3),
    ):
        np.testing.assert_array_equal(z, x)
        np.testing.assert_array_equal(sigma_eff, lib(np.full((2, 1, 4, 4), 0.3)))


@on_float64
def test_two_views_and_the_fused_view_have_the_same_posterior(lib: Library) -> None:
    """For x_0 ~ N(μ, Σ): conditioning on both views jointly equals conditioning on z."""
    rng = np.random.default_rng(3)
    d = 12
    root = rng.standard_normal((d, d))
    mu, S = rng.standard_normal(d), root @ root.T
    x_t, y = rng.standard_normal((2, d))
    sigma_t = 0.8
    sigma_y = rng.uniform(0.05, 2, d)
    both, noise = np.vstack([np.eye(d)] * 2), np.diag(np.r_[np.full(d, sigma_t), sigma_y] ** 2)
    gain = S @ both.T @ np.linalg.inv(both @ S @ both.T + noise)
    expected = mu + gain @ (np.r_[x_t, y] - both @ mu)

    z, s = fuse(
        lib(x_t.reshape(1, 1, 3, 4)),
        sigma_t,
        lib(y.reshape(1, 1, 3, 4)),
        lib(sigma_y.reshape(1, 1, 3, 4)),
    )

    fused = mu + S @ np.linalg.solve(S + np.diag(np.ravel(s) ** 2), np.ravel(z) - mu)
    np.testing.assert_allclose(fused, expected, atol=1e-9)


def test_nothing_to_fuse_is_refused() -> None:
    with pytest.raises(ValueError, match="x_t or y"):
        fuse(None, 1.0, None, 1.0)
