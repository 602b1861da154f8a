import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from restore.errors import ParameterError
from restore.inverse.resize import area, bicubic, enlarge, resize
from tests.diffusion.libraries import LIBRARIES, Library, on_all_libraries, random

sides = st.integers(1, 40)


def pillow(x: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    image = Image.fromarray(x.astype(np.float32))
    return np.asarray(image.resize((size[1], size[0]), Image.Resampling.BICUBIC))


@given(st.tuples(sides, sides), st.tuples(sides, sides), st.sampled_from(LIBRARIES))
def test_bicubic_is_pillows(size: tuple[int, int], out: tuple[int, int], lib: Library) -> None:
    x = random(0, 2, 3, *size)

    resized = resize(lib(x), out)

    assert lib.owns(resized)
    assert resized.shape == (2, 3, *out)
    np.testing.assert_allclose(resized[1, 2], pillow(x[1, 2], out), atol=2e-6)


@pytest.mark.parametrize("out", [(123, 87), (61, 44), (300, 499), (1000, 700), (246, 1)])
def test_bicubic_is_pillows_at_larger_sizes(out: tuple[int, int]) -> None:
    x = random(0, 1, 1, 246, 175)

    np.testing.assert_allclose(resize(x, out)[0, 0], pillow(x[0, 0], out), atol=2e-6)


@on_all_libraries
@pytest.mark.parametrize("factor", [2, 3, 4])
def test_enlarging_is_pillows(lib: Library, factor: int) -> None:
    x = random(1, 1, 1, 7, 10)

    big = enlarge(lib(x), factor)

    np.testing.assert_allclose(big[0, 0], pillow(x[0, 0], (7 * factor, 10 * factor)), atol=2e-6)


@given(st.integers(1, 12), st.integers(1, 8))
def test_area_is_the_mean_of_blocks(n: int, factor: int) -> None:
    x = random(n, 1, 1, n * factor, factor)

    reduced = resize(x, (n, 1), "area")

    np.testing.assert_allclose(reduced.ravel(), x.reshape(n, -1).mean(1), atol=1e-12)


@given(sides, sides)
def test_area_is_the_mean_over_fractions_of_pixels(n_in: int, n_out: int) -> None:
    """Both grids divide a grid of n_in · n_out cells."""
    x = random(0, 1, 1, n_in, 1)

    resampled = resize(x, (n_out, 1), "area")

    expected = x.ravel().repeat(n_out).reshape(n_out, n_in).mean(1)
    np.testing.assert_allclose(resampled.ravel(), expected, atol=1e-12)


@given(sides, sides, st.sampled_from([area, bicubic]))
def test_a_constant_stays_what_it_is(n_in: int, n_out: int, kernel) -> None:  # type: ignore[no-untyped-def]
    taps = kernel(n_in, n_out)

    assert (taps.n_in, taps.n_out) == (n_in, n_out)
    np.testing.assert_allclose(taps.weights.sum(1), 1, atol=1e-12)


def test_an_empty_size_is_refused() -> None:
    with pytest.raises(ParameterError):
        resize(random(0, 1, 1, 4, 4), (0, 4))
