"""Operators made of operators, against the dense matrix that they stand for."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import convolve2d

from restore.diffusion.arrays import as_like
from restore.errors import ParameterError
from restore.inverse import (
    Bayer,
    Blur,
    Chain,
    Composition,
    Downscale,
    Grayscale,
    Identity,
    Mask,
    Sum,
    Unbordered,
    gaussian_kernel,
    motion_kernel,
)
from restore.inverse.conjugate_gradients import conjugate_gradients, pinv
from restore.inverse.operators import Linear
from tests.diffusion.libraries import LIBRARIES, Library, on_all_libraries, random
from tests.inverse.test_operators import COMPOSED, dense, gentle, measurements

names = st.sampled_from(list(COMPOSED))
sizes = st.tuples(st.integers(1, 5), st.integers(1, 5))


@settings(max_examples=60)
@given(names, sizes, st.sampled_from(LIBRARIES), st.integers(0, 99), st.floats(1e-4, 10))
def test_pseudo_inverse_and_ridge_are_those_of_the_matrix(
    name: str, size: tuple[int, int], lib: Library, seed: int, ridge: float
) -> None:
    A = COMPOSED[name](seed, size)
    matrix = dense(A)
    y = measurements(A, seed)
    flat = y.reshape(2, -1).T
    gram = matrix @ matrix.T + ridge * np.eye(len(matrix))
    exact = {
        0.0: np.linalg.pinv(matrix, rcond=1e-3) @ flat,
        ridge: matrix.T @ np.linalg.solve(gram, flat),
    }

    for rho, x in exact.items():
        found = A.pinv(lib(y), rho)
        assert lib.owns(found)
        np.testing.assert_allclose(
            np.asarray(found).reshape(2, -1).T, x, atol=2000 * lib.eps * (1 + np.abs(x).max())
        )


@pytest.mark.parametrize("name", COMPOSED)
def test_what_measures_nothing_is_not_counted(name: str) -> None:
    A = COMPOSED[name](7, (5, 4))

    rows = np.abs(dense(A)).max(1) > 1e-12

    assert A.measured == pytest.approx(rows.mean())


def test_what_a_composition_all_but_lost_is_not_blown_up() -> None:
    """As much as from a blur alone, whether in closed form or by conjugate gradients."""
    blur = Blur(gaussian_kernel(2), (24, 20))
    holes = Mask(random(1, 1, 1, 24, 20) > -2)
    x = random(1, 2, 1, 24, 20)

    for A in (Unbordered.of(blur.kernel, (8, 4)), Composition(holes, blur)):
        y = random(0, *A.shape_y(x.shape))
        assert np.linalg.norm(A.pinv(y)) <= 2 * np.linalg.norm(y) / A.rcond
        assert np.linalg.norm(A(A.pinv(A(x))) - A(x)) < 3 * A.rcond * np.linalg.norm(x)


def test_a_photo_that_goes_on_beyond_its_frame_is_deblurred() -> None:
    """The scene is larger than the photo; taken as periodic, the same blur is far off."""
    A = Unbordered.of(motion_kernel(5, 30), (26, 30))
    scene = np.cumsum(np.cumsum(random(0, 1, 1, *A.size_x), 2), 3) / 40
    truth, photo = scene[(..., *A.window)], A(scene)

    wrapped = Blur(A.inner.kernel, photo.shape[2:]).pinv(photo, 1e-5)
    found = A.pinv(photo, 1e-5)[(..., *A.window)]

    middle = np.s_[..., 6:-6, 6:-6]
    assert np.abs(found - truth)[middle].mean() < np.abs(wrapped - truth)[middle].mean() / 3


@pytest.mark.parametrize("multiple", [1, 8])
@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (4, 6)])
def test_without_borders_it_is_the_convolution_of_what_is_valid(
    shape: tuple[int, int], multiple: int
) -> None:
    kernel = np.abs(random(0, *shape))
    A = Unbordered.of(kernel, (9, 7), multiple=multiple)
    x = random(1, 1, 1, *A.size_x)

    y = A(x)[0, 0]

    assert all(side % multiple == 0 for side in A.size_x)
    valid = convolve2d(x[0, 0], kernel, "valid")[:9, :7]
    np.testing.assert_allclose(y, valid, atol=1e-12)
    np.testing.assert_array_equal(A.outer(x), x[(..., *A.window)])


@pytest.mark.parametrize("ridge", [1e-2, 1e-5])
def test_a_loose_tolerance_is_kept_to(ridge: float) -> None:
    """The residual of (A Aᵀ + ρ) u = y, seen through x = Aᵀ u: ‖x − x*‖ ≤ tolerance ‖y‖/(2√ρ)."""
    exact = Unbordered.of(gentle(0, (1, 1)).kernel, (18, 26))
    loose = Composition(exact.outer, exact.inner, tolerance=1e-2)
    y = exact(random(0, 1, 1, *exact.size_x))

    off = np.linalg.norm(loose.pinv(y, ridge) - exact.pinv(y, ridge))

    assert 1e-9 < off < 1e-2 * np.linalg.norm(y) / (2 * ridge**0.5)


@settings(max_examples=30)
@given(st.integers(0, 99), st.sampled_from(LIBRARIES), st.sampled_from([0.0, 0.01]))
def test_each_picture_of_a_batch_is_solved_as_if_alone(
    seed: int, lib: Library, ridge: float
) -> None:
    """Pictures of very different size, and one of zeros."""
    A = COMPOSED["mask∘blur"](seed, (6, 7))
    y = random(seed, 4, 1, 6, 7) * np.array([1, 1e-6, 0, 1e4])[:, None, None, None]

    together = np.asarray(A.pinv(lib(y), ridge))

    assert not together[2].any()
    for k in range(4):
        alone = np.asarray(A.pinv(lib(y[k : k + 1]), ridge))[0]
        np.testing.assert_allclose(together[k], alone, atol=500 * lib.eps * np.abs(alone).max())


class Dense(Linear):
    """A matrix as an operator on pictures of 5 × 8."""

    size_x = size_y = 5, 8
    measured = 1.0

    def __init__(self, matrix: Any) -> None:
        self.matrix = matrix

    def __call__(self, x: Any) -> Any:
        return (x.reshape(-1, 40) @ as_like(self.matrix.T, x)).reshape(-1, 1, 5, 8)

    def adjoint(self, y: Any) -> Any:
        return Dense(self.matrix.T)(y)


@on_all_libraries
@pytest.mark.parametrize("ridge", [0.0, 1e-4])
@pytest.mark.parametrize("wide", [True, False], ids=["in float64", "in its own precision"])
def test_conjugate_gradients_are_as_good_as_their_precision(
    lib: Library, ridge: float, wide: bool
) -> None:
    """A of condition 100 that has lost half of its rank; y is not in its range.

    Solved in float64 the result is off by round-off. In its own precision, as on a device without
    float64, it is off by less than the condition of AᵀA, 10⁴, times that.
    """
    u, v = (np.linalg.qr(random(k, 40, 40))[0] for k in (0, 1))
    s = np.where(np.arange(40) < 20, np.geomspace(1, 1e-4, 40), 0)
    A = Dense((u * s) @ v.T)
    y = random(2, 3, 1, 5, 8)
    inverse = s / (s**2 + ridge) if ridge else np.where(s > 0, 1 / np.where(s > 0, s, 1), 0)
    exact = y.reshape(3, 40) @ (v * inverse @ u.T).T

    if wide:
        found = pinv(A, lib(y), ridge, 1e-3)
    else:
        found = conjugate_gradients(
            lambda x: A.adjoint(A(x)) + ridge * x,
            A.adjoint(lib(y)),
            tolerance=8 * lib.eps,
            rcond=0 if ridge else 1e-3,
        )

    assert lib.owns(found)
    off = np.linalg.norm(np.asarray(found).reshape(3, 40) - exact) / np.linalg.norm(exact)
    assert off < (100 if wide and lib.bits == 32 else 1e4) * lib.eps


def test_too_few_steps_are_made_up_for() -> None:
    A = gentle(0, (6, 7))
    y = random(0, 2, 1, 6, 7)

    found = conjugate_gradients(
        lambda x: A.adjoint(A(x)), A.adjoint(y), tolerance=1e-12, rcond=1e-3, steps=3
    )

    np.testing.assert_allclose(found, A.pinv(y), atol=1e-9)


@pytest.mark.parametrize("name", ["rectangle∘gaussian", "mask∘blur", "mask∘bayer"])
def test_what_is_not_measured_is_not_looked_at(name: str) -> None:
    A = COMPOSED[name](0, (9, 8))
    assert isinstance(A, Composition)
    y = A(random(0, 1, 3, 9, 8))
    keep = A.outer(np.ones((1, 1, 9, 8))) > 0

    for ridge in (0.0, 0.1):
        found = A.pinv(np.where(keep, y, np.nan), ridge)
        np.testing.assert_allclose(found, A.pinv(y, ridge), atol=1e-12)


def test_parts_that_do_not_fit_are_refused_by_name() -> None:
    size = (4, 6)

    class Cubed:
        size_x = size_y = size
        channels = None, None

    for wrong, words in (
        (
            lambda: Composition(Grayscale(size), Grayscale(size)),
            "Grayscale makes .*Grayscale takes",
        ),
        (lambda: Composition(Identity(size), Downscale(2, size)), r"\(B, C, 2, 3\), and Identity"),
        (lambda: Composition(Bayer((2, 3)), gentle(0, size)), "Blur makes .* and Bayer takes"),
        (lambda: Composition(Identity(size), Cubed()), "Cubed is not linear"),  # type: ignore[arg-type]
        (lambda: Sum((Identity(size), Cubed()), (1, 1)), "Cubed is not linear"),  # type: ignore[arg-type]
        (lambda: Sum((), ()), "sum of 0 operators"),
        (lambda: Sum((Identity(size),), (1, 2)), "sum of 1 operators with 2 weights"),
        (lambda: Sum((Identity(size), Downscale(2, size)), (1, 1)), "Identity and Downscale"),
        (lambda: Sum((Bayer(size), Identity(size)), (1, 1)), "Bayer and Identity"),
        (lambda: Bayer(size, "RGBG"), "no Bayer pattern"),  # type: ignore[arg-type]
    ):
        with pytest.raises(ParameterError, match=words):
            wrong()
    for A in (Grayscale(size), Composition(Downscale(2, size), Grayscale(size))):
        with pytest.raises(ParameterError, match=rf"{type(A).__name__} expected .*\(B, 3, 4, 6\)"):
            A(random(0, 1, 1, *size))
        with pytest.raises(ParameterError, match=rf"{type(A).__name__} expected measurements"):
            A.pinv(random(0, 1, 3, *A.size_y))


def test_a_chain_of_operators_has_the_product_of_their_jacobians() -> None:
    A = Chain(Downscale(2, (5, 7)), Grayscale((5, 7)))
    x = random(0, 1, 3, 5, 7)

    y, pull = A.vjp(x)

    assert y.shape == A.shape_y(x.shape)
    linear = Composition(Downscale(2, (5, 7)), Grayscale((5, 7)))
    np.testing.assert_allclose(pull(y), linear.adjoint(linear(x)), atol=1e-12)


@on_all_libraries
def test_a_mosaic_keeps_one_colour_of_each_pixel(lib: Library) -> None:
    x = random(0, 1, 3, 3, 5)

    y = Bayer((3, 5), "GRBG")(lib(x))

    colours = ["GRGRG", "BGBGB", "GRGRG"]
    expected = [[x[0, "RGB".index(colours[i][j]), i, j] for j in range(5)] for i in range(3)]
    np.testing.assert_array_equal(y[0, 0], lib(expected))


def test_grayscale_is_pillows() -> None:
    from PIL import Image

    image = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    x = image.transpose(2, 0, 1)[None] / 127.5 - 1

    gray = (Grayscale((20, 30))(x)[0, 0] + 1) * 127.5

    np.testing.assert_allclose(gray, np.asarray(Image.fromarray(image).convert("L")), atol=0.51)
