"""A blur that assumes nothing of what lies beyond the photo."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import convolve2d

from restore.inverse import Unbordered, gaussian_kernel, motion_kernel

RNG = np.random.default_rng(0)
KERNELS = {
    "gaussian": gaussian_kernel(1.2),
    "motion": motion_kernel(5, 30),
    "even": RNG.random((4, 6)) / 12,
    "one": np.ones((1, 1)),
}


def dense(operator):
    height, width = operator.size_x
    columns = np.eye(height * width).reshape(-1, 1, height, width)
    return operator(columns).reshape(height * width, -1).T


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)
def test_it_is_the_convolution_without_borders(kernel):
    operator = Unbordered(kernel, (11, 9), multiple=1)
    x = RNG.standard_normal((1, 1, *operator.size_x))
    assert np.allclose(operator(x)[0, 0], convolve2d(x[0, 0], kernel, "valid"))


@settings(max_examples=20)
@given(
    height=st.integers(1, 20),
    width=st.integers(1, 20),
    name=st.sampled_from(list(KERNELS)),
    multiple=st.sampled_from([1, 16]),
)
def test_the_adjoint_is_the_adjoint(height, width, name, multiple):
    operator = Unbordered(KERNELS[name], (height, width), multiple=multiple)
    x = RNG.standard_normal((2, 3, *operator.size_x))
    y = RNG.standard_normal((2, 3, height, width))
    assert np.vdot(operator(x), y) == pytest.approx(np.vdot(x, operator.adjoint(y)))


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)
@pytest.mark.parametrize("ridge", [1e-3, 0.1, 1.0])
def test_the_pseudo_inverse_is_that_of_the_matrix(kernel, ridge):
    operator = Unbordered(kernel, (9, 7), multiple=1)
    matrix = dense(operator)
    y = RNG.standard_normal((1, 1, 9, 7))
    gram = matrix @ matrix.T + ridge * np.eye(len(matrix))
    expected = matrix.T @ np.linalg.solve(gram, y.ravel())
    exact = replace(operator, rounds=200, tolerance=0.0).pinv(y, ridge).ravel()
    assert np.allclose(exact, expected, atol=1e-8)
    usual = operator.pinv(y, ridge).ravel()
    assert np.linalg.norm(usual - expected) < 0.05 * np.linalg.norm(expected)


def test_it_keeps_the_dtype_and_works_in_torch():
    import torch

    operator = Unbordered(gaussian_kernel(1.0), (12, 10))
    y = RNG.standard_normal((1, 3, 12, 10)).astype(np.float32)
    x = operator.pinv(y, 0.01)
    assert x.dtype == np.float32
    assert np.allclose(operator.pinv(torch.from_numpy(y), 0.01).numpy(), x, atol=1e-4)
