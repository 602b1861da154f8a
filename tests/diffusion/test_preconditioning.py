import math

import numpy as np
import pytest

from restore.diffusion.preconditioning import precondition
from tests.diffusion.libraries import Library, on_all_libraries, random


@on_all_libraries
def test_pixels_get_what_their_number_would_get(lib: Library) -> None:
    levels = [0.0, 0.001, 0.3, 5.0, 80.0, 200.0]

    factors = precondition(lib(np.reshape(levels, (1, 1, 2, 3))))

    for values, expected in zip(factors, zip(*map(precondition, levels), strict=True), strict=True):
        assert lib.owns(values)
        np.testing.assert_allclose(np.ravel(values), expected, rtol=8 * lib.eps)


@pytest.mark.parametrize("sigma", [0.01, 0.5, 3.0, 80.0])
def test_input_and_target_of_the_network_have_variance_one(sigma: float) -> None:
    """With Gaussian data of σ_d: var(c_in x) = 1 and var((x_0 − c_skip x)/c_out) = 1."""
    sigma_data = 0.7
    x_0 = sigma_data * random(0, 1_000_000)
    x = x_0 + sigma * random(1, 1_000_000)

    c_skip, c_out, c_in, _ = precondition(sigma, sigma_data)

    assert np.std(c_in * x) == pytest.approx(1, abs=5e-3)
    assert np.std((x_0 - c_skip * x) / c_out) == pytest.approx(1, abs=5e-3)


def test_limits() -> None:
    clean = precondition(0.0)
    assert (clean.c_skip, clean.c_out, clean.c_in) == (1, 0, 2)
    assert clean.c_noise == math.log(0.002) / 4
    assert precondition(1.0).c_noise == 0
    assert precondition(1e30).c_out == pytest.approx(0.5)
