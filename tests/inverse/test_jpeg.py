"""JPEG as a measurement, against Pillow."""

import io
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from restore.errors import ParameterError
from restore.inverse import Chain, Downscale, Jpeg, LinearOperator, Operator
from tests.diffusion.libraries import LIBRARIES, Library, on_all_libraries, random

subsamplings: Any = st.sampled_from(["4:2:0", "4:4:4"])
sizes = st.tuples(st.integers(1, 40), st.integers(1, 40))


def photo(seed: int, size: tuple[int, int]) -> Any:
    """Correlated values with fine detail, in 8 bits, some of them black or white: (3, H, W)."""
    smooth = np.cumsum(np.cumsum(random(seed, 3, *size), 1), 2) * 6 + 20 * random(seed + 1, 3, 1, 1)
    mixed = smooth + 0.7 * smooth[:1] + 4 * random(seed + 2, 3, *size) + 128
    return np.clip(np.round(mixed), 0, 255).astype(np.uint8)


def pillows(image: Any, quality: int, subsampling: str) -> Any:
    file = io.BytesIO()
    Image.fromarray(image.transpose(1, 2, 0)).save(
        file, "JPEG", quality=quality, subsampling=subsampling
    )
    return np.asarray(Image.open(file)).transpose(2, 0, 1)


@settings(max_examples=80)
@given(st.integers(1, 100), sizes, subsamplings, st.integers(0, 99), st.sampled_from(LIBRARIES))
def test_what_is_read_back_is_pillows_bit_for_bit(
    quality: int,
    size: tuple[int, int],
    subsampling: Literal["4:2:0", "4:4:4"],
    seed: int,
    lib: Library,
) -> None:
    image = photo(seed, size)

    y = Jpeg(quality, size, subsampling)(lib(image[None] / 127.5 - 1))

    assert lib.owns(y)
    levels = (np.asarray(y, np.float64)[0] + 1) * 127.5
    np.testing.assert_array_equal(np.round(levels), pillows(image, quality, subsampling))
    np.testing.assert_allclose(levels, np.round(levels), atol=300 * lib.eps)


def test_each_picture_of_a_batch_is_compressed_alone_and_values_are_clipped() -> None:
    x = 2 * random(0, 3, 3, 17, 24)
    A = Jpeg(40, (17, 24))

    for k in range(3):
        np.testing.assert_array_equal(A(x)[k : k + 1], A(np.clip(x[k : k + 1], -1, 1)))


@settings(max_examples=40)
@given(sizes, subsamplings, st.sampled_from(LIBRARIES), st.integers(0, 99))
def test_the_gradient_is_that_of_the_codec_without_rounding(
    size: tuple[int, int], subsampling: Literal["4:2:0", "4:4:4"], lib: Library, seed: int
) -> None:
    """⟨v, S(x + d) − S(x)⟩ = ⟨vᵀ J, d⟩, S the codec as it would be if it kept fractions."""
    A = Jpeg(30, size, subsampling)
    x = lib(photo(seed, size)[None] / 127.5 - 1)
    d, v = lib(random(seed, 1, 3, *size)), lib(random(seed + 1, 1, 3, *size))

    y, pull = A.vjp(x)

    assert lib.owns(pull(v))
    np.testing.assert_array_equal(y, A(x))
    change = float((v * (A.smooth(x + d) - A.smooth(x))).sum())
    assert change == pytest.approx(float((pull(v) * d).sum()), abs=40 * lib.eps * d.shape[2] * 120)


@pytest.mark.parametrize("subsampling", ["4:2:0", "4:4:4"])
def test_the_finest_steps_come_close_to_the_codec_without_rounding(
    subsampling: Literal["4:2:0", "4:4:4"],
) -> None:
    x = photo(0, (21, 30))[None] / 255 - 0.5  # nothing is clipped
    A = Jpeg(100, (21, 30), subsampling)

    assert np.abs(A(x) - A.smooth(x)).max() < 5 / 127.5
    assert np.abs(A(x) - A.smooth(x)).mean() < 1 / 127.5


@on_all_libraries
@pytest.mark.parametrize("quality", [5, 20, 50])
def test_gradient_descent_finds_a_picture_of_the_same_file(quality: int, lib: Library) -> None:
    """From plain gray to a picture that compresses to about y."""
    A = Jpeg(quality, (24, 24))
    y = A(lib(photo(3, (24, 24))[None] / 127.5 - 1))

    x = 0 * y
    for _ in range(60):
        found, pull = A.vjp(x)
        x = x - 0.3 * pull(found - y)

    before, after = (float(((A(z) - y) ** 2).mean()) ** 0.5 for z in (0 * y, x))
    assert after < before / 20


def test_it_is_an_operator_that_is_not_linear() -> None:
    A = Chain(Jpeg(50, (12, 16)), Downscale(2, (24, 31)))
    x = random(0, 2, 3, 24, 31) / 3

    y, pull = A.vjp(x)

    assert isinstance(A, Operator)
    assert not isinstance(A, LinearOperator)
    assert y.shape == A.shape_y(x.shape) == (2, 3, 12, 16)
    assert pull(y).shape == x.shape
    assert A.measured == 1


def test_impossible_files_are_refused() -> None:
    for wrong in (
        lambda: Jpeg(0, (8, 8)),
        lambda: Jpeg(101, (8, 8)),
        lambda: Jpeg(50.5, (8, 8)),  # type: ignore[arg-type]
        lambda: Jpeg(50, (8, 8), "4:1:1"),  # type: ignore[arg-type]
        lambda: Jpeg(50, (8, 8))(random(0, 1, 1, 8, 8)),
        lambda: Jpeg(50, (8, 8))(random(0, 1, 3, 8, 9)),
    ):
        with pytest.raises(ParameterError):
            wrong()
