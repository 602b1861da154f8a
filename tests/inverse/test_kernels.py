import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.errors import ParameterError
from restore.inverse import disc_kernel, gaussian_kernel, motion_kernel

kernels = st.one_of(
    st.builds(gaussian_kernel, st.floats(0, 6)),
    st.builds(motion_kernel, st.floats(1, 30), st.floats(-360, 360)),
    st.builds(disc_kernel, st.floats(0, 9)),
)


@given(kernels)
def test_a_kernel_keeps_light_and_place(kernel: np.ndarray) -> None:  # type: ignore[type-arg]
    assert kernel.sum() == pytest.approx(1)
    assert (kernel >= 0).all()
    assert all(side % 2 == 1 for side in kernel.shape)
    np.testing.assert_allclose(kernel, kernel[::-1, ::-1], atol=1e-12)


@given(st.floats(0.8, 6))
def test_a_gaussian_has_its_variance_and_is_a_product(sigma: float) -> None:
    kernel = gaussian_kernel(sigma)
    line = np.arange(len(kernel)) - len(kernel) // 2

    np.testing.assert_allclose(kernel, np.outer(kernel.sum(1), kernel.sum(0)), atol=1e-15)
    assert (line**2 @ kernel.sum(0)) ** 0.5 == pytest.approx(sigma, rel=2e-3)


@given(st.integers(0, 8), st.floats(0, 180))
def test_a_motion_is_as_long_as_told_in_any_direction(n: int, angle: float) -> None:
    """The variance along the way is that of the mean over 2n + 1 pixels, across it under ⅓."""
    kernel = motion_kernel(2 * n + 1, angle)
    line = np.arange(len(kernel)) - len(kernel) // 2
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    along = (line * cos - line[:, None] * sin) ** 2
    across = (line[:, None] * cos + line * sin) ** 2

    assert (along * kernel).sum() == pytest.approx(n * (n + 1) / 3, rel=0.1, abs=0.5)
    assert (across * kernel).sum() < 1 / 3


def test_simple_cases_are_what_they_must_be() -> None:
    np.testing.assert_allclose(motion_kernel(5, 0)[2], np.full(5, 0.2), atol=1e-12)
    assert np.count_nonzero(motion_kernel(5, 0)) == 5
    np.testing.assert_allclose(motion_kernel(7, 90), motion_kernel(7, 0).T, atol=1e-12)
    rising = motion_kernel(7, 45)
    middle = len(rising) // 2
    assert rising[middle - 2, middle + 2] > 0 == rising[middle - 2, middle - 2]
    for none in (gaussian_kernel(0), motion_kernel(1, 33), disc_kernel(0.3)):
        assert none.shape == (1, 1)
    disc = disc_kernel(5)
    assert np.count_nonzero(disc > 0.99 * disc.max()) == pytest.approx(np.pi * 25, rel=0.15)


def test_what_is_no_blur_is_refused() -> None:
    for wrong in (
        lambda: gaussian_kernel(-1),
        lambda: gaussian_kernel(float("nan")),
        lambda: motion_kernel(0.5, 0),
        lambda: motion_kernel(float("inf"), 0),
        lambda: motion_kernel(3, float("nan")),
        lambda: disc_kernel(-1),
    ):
        with pytest.raises(ParameterError):
            wrong()
