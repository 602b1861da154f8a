"""In an operator's own coordinates it is a multiplication, by its singular values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restore.errors import ParameterError
from restore.inverse import Downscale, LinearOperator, spectrum
from tests.diffusion.libraries import LIBRARIES, Library, random
from tests.inverse.problems import OPERATORS, SHAPE, D
from tests.inverse.test_operators import COMPOSED, dense, gentle, lossy, operators

CLOSED = dict(list(COMPOSED.items())[: list(COMPOSED).index("downscale∘blur")])
sides = st.integers(1, 9)
known = st.one_of(
    operators,
    st.builds(
        lambda name, seed, size: CLOSED[name](seed, size),
        st.sampled_from(list(CLOSED)),
        st.integers(0, 99),
        st.tuples(sides, sides),
    ),
)


@settings(deadline=None, max_examples=60)
@given(known, st.sampled_from(LIBRARIES), st.integers(0, 99))
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


@settings(deadline=None, max_examples=60)
@given(known, st.integers(0, 99))
def test_its_three_factors_make_the_operator(A: LinearOperator, seed: int) -> None:
    """Aᵀ = V Σ Uᵀ, and Uᵀ shortens nothing that is measured."""
    space = spectrum(A)
    s = space.singular
    y = A(random(seed, 2, 3, *A.size_x))
    in_u = s * space.measured(y)
    np.testing.assert_allclose(space.back(s * in_u), A.adjoint(y), atol=1e-11)
    assert np.linalg.norm(in_u) == pytest.approx(np.linalg.norm(y), rel=1e-9)


@pytest.mark.parametrize("name", CLOSED)
def test_the_singular_values_of_a_composition_are_those_of_the_matrix(name: str) -> None:
    A = CLOSED[name](3, (5, 4))
    expected = np.linalg.svd(dense(A), compute_uv=False)
    found = np.sort((spectrum(A).singular * np.ones((1, 3, *A.size_x))).ravel())[::-1]
    np.testing.assert_allclose(found[: len(expected)], expected, atol=1e-9)
    np.testing.assert_allclose(found[len(expected) :], 0, atol=1e-12)


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
    with pytest.raises(ParameterError, match="singular values of Composition"):
        spectrum(COMPOSED["mask∘blur"](1, (4, 6)))
