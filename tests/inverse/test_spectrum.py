"""In an operator's own coordinates it is a multiplication, by its singular values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restore.errors import ParameterError
from restore.inverse import Downscale, LinearOperator, spectrum
from tests.diffusion.libraries import LIBRARIES, Library, random
from tests.inverse.problems import OPERATORS, SHAPE, D
from tests.inverse.test_operators import gentle, lossy, operators


@settings(deadline=None, max_examples=60)
@given(operators, st.sampled_from(LIBRARIES), st.integers(0, 99))
def test_the_coordinates_are_orthonormal_and_measured_alone(
    A: LinearOperator, lib: Library, seed: int
) -> None:
    space = spectrum(A)
    x = lib(random(seed, 2, 3, *A.size_x))
    z = space.to(x)
    assert lib.owns(space.back(z))
    np.testing.assert_allclose(space.back(z), x, atol=200 * lib.eps)
    size = float((np.abs(np.asarray(z)) ** 2).sum())
    assert size == pytest.approx(float((x**2).sum()), rel=200 * lib.eps)
    seen = (space.singular > 0) * np.ones(x.shape)
    worst = 1 / space.singular[space.singular > 0].min() if seen.any() else 1
    measured = np.asarray(space.measured(A(x)))
    np.testing.assert_allclose(measured, np.asarray(z) * seen, atol=500 * lib.eps * worst)


@pytest.mark.parametrize("A", [*OPERATORS.values(), gentle(0, (4, 6)), lossy((4, 3))])
def test_the_singular_values_are_those_of_the_matrix(A: LinearOperator) -> None:
    matrix = A(np.eye(D).reshape(D, *SHAPE)).reshape(D, -1).T
    expected = np.linalg.svd(matrix, compute_uv=False)
    found = np.sort((spectrum(A).singular * np.ones((1, 1, *SHAPE[1:]))).ravel())[::-1]
    np.testing.assert_allclose(found[: len(expected)], expected, atol=1e-9)
    np.testing.assert_allclose(found[len(expected) :], 0, atol=1e-12)


def test_white_noise_stays_white() -> None:
    A = Downscale(2, (8, 8))
    z = spectrum(A).to(random(0, 4000, 1, 8, 8)).reshape(4000, -1)
    np.testing.assert_allclose(np.cov(z.T), np.eye(64), atol=0.1)


def test_an_operator_without_known_singular_values_is_refused() -> None:
    class Other:
        size_x = size_y = (2, 2)
        measured = 1.0

    with pytest.raises(ParameterError, match="singular values of Other"):
        spectrum(Other())  # type: ignore[arg-type]
