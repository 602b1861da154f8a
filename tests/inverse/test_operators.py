from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restore.errors import ParameterError
from restore.inverse import (
    Bayer,
    Blur,
    Composition,
    Crop,
    Downscale,
    Grayscale,
    Identity,
    LinearOperator,
    Mask,
    Sum,
    Unbordered,
    expect_fit,
    gaussian_kernel,
    resize,
)
from tests.diffusion.libraries import LIBRARIES, Library, on_all_libraries, random

sizes = st.tuples(st.integers(1, 24), st.integers(1, 24))
seeds = st.integers(0, 2**32 - 1)


def gentle(seed: int, size: tuple[int, int]) -> Blur:
    """A blur that loses no frequency: |h| ≥ 0.2."""
    kernel = np.abs(random(seed, 3, 5))
    kernel *= 0.4 / kernel.sum()
    kernel[1, 2] += 0.6
    return Blur(kernel, size)


def lossy(size: tuple[int, int]) -> Blur:
    """A box of 1 × 2 over an even width: half of the samples' period is lost exactly."""
    return Blur(np.full((1, 2), 0.5), (size[0], 2 * size[1]))


operators = st.one_of(
    st.builds(Identity, sizes),
    st.builds(lambda seed, size: Mask(random(seed, 1, 1, *size) > 0), seeds, sizes),
    st.builds(gentle, seeds, sizes),
    st.builds(lossy, st.tuples(st.integers(1, 12), st.integers(1, 8))),
    st.builds(
        lambda factor, size, kernel: Downscale(factor, size, kernel=kernel),
        st.one_of(st.integers(1, 5), st.floats(1, 5)),
        sizes,
        st.sampled_from(["area", "bicubic"]),
    ),
    st.builds(
        lambda size, around, origin: Crop(
            (size[0] + around[0] + origin[0], size[1] + around[1] + origin[1]), size, origin
        ),
        st.tuples(st.integers(1, 9), st.integers(1, 9)),
        st.tuples(st.integers(0, 3), st.integers(0, 3)),
        st.tuples(st.integers(0, 3), st.integers(0, 3)),
    ),
    st.builds(Grayscale, sizes),
    st.builds(Bayer, sizes, st.sampled_from(["RGGB", "BGGR", "GRBG", "GBRG"])),
)


def small(size: tuple[int, int]) -> tuple[int, int]:
    return -(-size[0] // 2), -(-size[1] // 2)


def holes(seed: int, size: tuple[int, int]) -> Mask:
    return Mask(random(seed, 1, 1, *size) > -0.5)


def separable(sigma: float, size: tuple[int, int]) -> Blur:
    return Blur(gaussian_kernel(sigma), size)


def unbordered(seed: int, size: tuple[int, int]) -> Unbordered:
    return Unbordered.of(gentle(seed, size).kernel, size)


COMPOSED = {
    "mask∘grayscale": lambda seed, n: Composition(holes(seed, n), Grayscale(n)),
    "grayscale∘mask": lambda seed, n: Composition(Grayscale(n), holes(seed, n)),
    "downscale∘grayscale": lambda seed, n: Composition(Downscale(2, n), Grayscale(n)),
    "grayscale∘downscale": lambda seed, n: Composition(Grayscale(small(n)), Downscale(2, n)),
    "mask∘bayer": lambda seed, n: Composition(holes(seed, n), Bayer(n)),
    "downscale∘gaussian": lambda seed, n: Composition(Downscale(2, n), separable(0.6, n)),
    "crop∘gaussian": lambda seed, n: Unbordered.of(gaussian_kernel(0.4), n),
    "rectangle∘gaussian": lambda seed, n: Composition(
        Mask(np.arange(n[1])[None, None, None] + np.zeros((1, 1, *n)) > 1), separable(0.4, n)
    ),
    "downscale∘blur": lambda seed, n: Composition(Downscale(2, n), gentle(seed, n)),
    "crop∘blur": unbordered,
    "mask∘downscale": lambda seed, n: Composition(holes(seed, small(n)), Downscale(2, n)),
    "mask∘blur": lambda seed, n: Composition(holes(seed, n), gentle(seed, n)),
    "bayer∘blur": lambda seed, n: Composition(Bayer(n), gentle(seed, n)),
    "mask∘downscale∘blur∘grayscale": lambda seed, n: Composition(
        holes(seed, small(n)),
        Composition(Downscale(2, n, kernel="area"), Composition(gentle(seed, n), Grayscale(n))),
    ),
    "mask + mask": lambda seed, n: Sum((holes(seed, n), holes(seed + 1, n)), (0.7, 0.5)),
    "identity − blur": lambda seed, n: Sum((Identity(n), gentle(seed, n)), (1.0, -0.3)),
    "bayer + grayscale": lambda seed, n: Sum((Bayer(n), Grayscale(n)), (0.5, 0.6)),
}
"""Operators made of others: the first with a closed form, from downscale∘blur without."""

composed = st.builds(
    lambda name, seed, size: COMPOSED[name](seed, size),
    st.sampled_from(list(COMPOSED)),
    seeds,
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
)
every = st.one_of(operators, composed)


def measurements(A: LinearOperator, seed: int, n: int = 2) -> Any:
    """Random values of the shape of n measurements."""
    return random(seed, *A.shape_y((n, 3, *A.size_x)))


def dense(A: LinearOperator) -> np.ndarray[Any, Any]:
    """The matrix of A on pictures of three colours."""
    d = 3 * A.size_x[0] * A.size_x[1]
    return A(np.eye(d).reshape(d, 3, *A.size_x)).reshape(d, -1).T


def close(a: Any, b: Any, lib: Library, factor: float = 200) -> None:
    np.testing.assert_allclose(a, b, atol=factor * lib.eps, rtol=factor * lib.eps)


@settings(deadline=None)
@given(every, st.sampled_from(LIBRARIES), seeds)
def test_the_adjoint_is_the_adjoint(A: LinearOperator, lib: Library, seed: int) -> None:
    x, y = lib(random(seed, 2, 3, *A.size_x)), lib(measurements(A, seed + 1))

    Ax, Aty = A(x), A.adjoint(y)

    assert lib.owns(Ax)
    assert lib.owns(Aty)
    assert Ax.shape == y.shape
    assert Aty.shape == x.shape
    magnitude = float((x**2).sum() * (y**2).sum()) ** 0.5
    assert float((Ax * y).sum()) == pytest.approx(
        float((x * Aty).sum()), abs=40 * lib.eps * magnitude
    )


@settings(deadline=None)
@given(every, st.sampled_from(LIBRARIES), seeds)
def test_the_pseudo_inverse_is_moore_and_penroses(
    A: LinearOperator, lib: Library, seed: int
) -> None:
    """A A⁺ A = A, A⁺ A A⁺ = A⁺, and both A A⁺ and A⁺ A are symmetric."""
    x, v = lib(random(seed, 1, 3, *A.size_x)), lib(random(seed + 1, 1, 3, *A.size_x))
    y, w = lib(measurements(A, seed + 2, 1)), lib(measurements(A, seed + 3, 1))

    inverse = A.pinv(y)

    assert lib.owns(inverse)
    close(A(A.pinv(A(x))), A(x), lib)
    close(A.pinv(A(inverse)), inverse, lib, 2000)
    assert float((v * A.pinv(A(x))).sum()) == pytest.approx(
        float((x * A.pinv(A(v))).sum()), abs=2e4 * lib.eps
    )
    assert float((w * A(inverse)).sum()) == pytest.approx(
        float((y * A(A.pinv(w))).sum()), abs=2e4 * lib.eps
    )


@settings(deadline=None)
@given(every, st.sampled_from(LIBRARIES), seeds, st.floats(1e-3, 10))
def test_a_ridge_solves_its_system(
    A: LinearOperator, lib: Library, seed: int, ridge: float
) -> None:
    """x = Aᵀ (A Aᵀ + ridge)⁻¹ y solves (Aᵀ A + ridge) x = Aᵀ y."""
    y = lib(measurements(A, seed))

    x = A.pinv(y, ridge)

    assert lib.owns(x)
    close(A.adjoint(A(x)) + ridge * x, A.adjoint(y), lib, 400)


@settings(deadline=None)
@given(sizes, st.integers(1, 6))
def test_bicubic_reduction_is_pillows_resize(size: tuple[int, int], factor: int) -> None:
    x = random(0, 1, 1, *size)
    A = Downscale(factor, size)

    assert A.size_y == (-(-size[0] // factor), -(-size[1] // factor))
    np.testing.assert_allclose(A(x), resize(x, A.size_y), atol=1e-12)


@on_all_libraries
def test_reduction_by_two_at_a_photos_size_is_inverted(lib: Library) -> None:
    A = Downscale(2, (301, 400), size_y=(150, 200))
    y = lib(random(0, 1, 3, 150, 200))

    close(A(A.pinv(y)), y, lib)


@on_all_libraries
def test_a_mask_does_not_look_at_what_is_unknown(lib: Library) -> None:
    keep = random(0, 1, 1, 5, 6) > 0
    x = np.where(keep, random(1, 2, 3, 5, 6), np.nan)

    for mask in (Mask(keep), Mask(lib(keep))):
        assert mask.measured == pytest.approx(keep.mean())
        for values in (mask(lib(x)), mask.pinv(lib(x)), 2 * mask.pinv(lib(x), 1.0)):
            np.testing.assert_array_equal(values, lib(np.where(keep, x, 0)))


def test_a_blur_is_a_circular_convolution() -> None:
    kernel, x = random(0, 3, 4), random(1, 1, 1, 5, 6)

    blurred = Blur(kernel, (5, 6))(x)[0, 0]

    expected = sum(
        kernel[i, j] * np.roll(x[0, 0], (i - 1, j - 2), (0, 1)) for i in range(3) for j in range(4)
    )
    np.testing.assert_allclose(blurred, expected, atol=1e-12)


def test_what_a_blur_all_but_lost_is_not_blown_up() -> None:
    line = np.arange(33) - 16
    kernel = np.exp(-0.5 * (line[:, None] ** 2 + line**2) / 3.0**2)
    A = Blur(kernel / kernel.sum(), (64, 64))
    y = random(0, 1, 1, 64, 64)

    assert np.abs(A.transfer).min() < 1e-9
    assert np.linalg.norm(A.pinv(y)) <= np.linalg.norm(y) / A.rcond


def test_impossible_operators_and_wrong_sizes_are_refused() -> None:
    for wrong in (
        lambda: Downscale(0.5, (4, 4)),
        lambda: Downscale(2, (4, 4), size_y=(0, 2)),
        lambda: Downscale(2, (4, 4), size_y=(5, 2)),
        lambda: Crop((4, 4), (2, 5)),
        lambda: Crop((4, 4), (0, 2)),
        lambda: Crop((4, 4), (2, 2), (3, 0)),
        lambda: Crop((4, 4), (2, 2), (0, -1)),
        lambda: Blur(np.ones(3), (4, 4)),
        lambda: Blur(np.full((2, 2), np.nan), (4, 4)),
        lambda: Blur(np.zeros((2, 2)), (4, 4)),
    ):
        with pytest.raises(ParameterError):
            wrong()
    for A in (
        Identity((4, 4)),
        Mask(np.ones((1, 1, 4, 4))),
        gentle(0, (4, 4)),
        Downscale(2, (4, 4)),
    ):
        name = type(A).__name__
        with pytest.raises(ParameterError, match=rf"{name} expected pictures \(B, C, 4, 4\)"):
            A(random(0, 1, 1, 4, 5))
        with pytest.raises(ParameterError, match=f"{name} expected (pictures|measurements)"):
            A.pinv(random(0, 1, 1, 5, 5))
        x = random(0, 2, 3, 4, 4)
        expect_fit(A, x, A(x))
        for y in (A(x)[:1], A(x)[:, :2], A(x)[:, :, 1:], A(x)[0]):
            with pytest.raises(ParameterError, match=f"{name} measures pictures"):
                expect_fit(A, x, y)


@settings(deadline=None)
@given(every, seeds)
def test_the_shape_of_a_measurement_is_told_before_it_is_made(A: LinearOperator, seed: int) -> None:
    x = random(seed, 2, 3, *A.size_x)

    y, pull = A.vjp(x)

    assert y.shape == A.shape_y(x.shape)
    assert x.shape == A.shape_x(y.shape)
    np.testing.assert_array_equal(y, A(x))
    np.testing.assert_array_equal(pull(y), A.adjoint(y))
