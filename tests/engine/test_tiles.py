"""Cutting an axis, and putting a picture together again."""

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restore.engine.tiles import Tiling, in_strips, in_tiles, pulled_through_tiles

tilings = st.sampled_from([Tiling(32, 16, 8), Tiling(96, 48, 16), Tiling(512, 64, 16)])


@given(tilings, st.integers(1, 9000))
def test_spans_cover_an_axis_once(tiling, length):
    spans = tiling.spans(length)
    total = np.zeros(length)
    for span in spans:
        assert span.start % 16 == 0
        assert 0 < span.stop - span.start <= tiling.size
        assert span.start <= span.written.start < span.written.stop <= span.stop
        total[span.written] += span.weights
    np.testing.assert_allclose(total, 1, atol=1e-6)
    for left, right in pairwise(spans):
        assert left.stop - right.start >= tiling.overlap
        # Neither neighbour is trusted near its own end.
        margin = (tiling.overlap - tiling.ramp) // 2 - 1
        assert left.stop - left.written.stop >= margin
        assert right.written.start - right.start >= margin


@given(tilings, st.integers(1, 9000))
def test_there_are_no_more_spans_than_needed(tiling, length):
    fewest = max(1, -(-(length - tiling.overlap) // (tiling.size - tiling.overlap)))
    assert len(tiling.spans(length)) == fewest


@pytest.mark.parametrize("shape", [(1, 3, 1, 1), (2, 3, 33, 200), (1, 3, 150, 97)])
def test_tiles_of_a_picture_make_the_picture(shape):
    picture = np.random.default_rng(0).random(shape, np.float32)
    told = []
    together = in_tiles(
        lambda rows, columns: picture[:, :, rows, columns],
        shape,
        Tiling(48, 16, 8),
        lambda *progress: told.append(progress),
    )
    np.testing.assert_allclose(together, picture, atol=1e-6)
    assert told == [(i + 1, told[-1][1]) for i in range(len(told))]


def test_halving_ends():
    tiling, sizes = Tiling(512, 64), []
    while tiling:
        sizes.append(tiling.size)
        tiling = tiling.halved()
    assert sizes == [512, 256, 128]


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 400), st.integers(1, 300))
def test_strips_are_the_picture_whatever_its_size(height, width):
    shape = (1, 2, height, width)
    picture = np.random.default_rng(height).random(shape, np.float32)

    def near(rows, columns):  # something that depends on where the tile ends
        return picture[:, :, rows, columns] + np.float32(rows.start + columns.stop) / 1000

    tiling = Tiling(96, 48, 16)
    whole = in_tiles(near, shape, tiling)
    end = 0
    for rows, strip in in_strips(near, shape, tiling):
        assert rows.start == end
        np.testing.assert_array_equal(strip, whole[:, :, rows])
        end = rows.stop
    assert end == height


def test_memory_of_strips_does_not_grow_with_the_height():
    def peak(height):
        def nothing(rows, columns):
            return np.zeros((1, 3, rows.stop - rows.start, columns.stop - columns.start), "f4")

        tracemalloc.start()
        for _ in in_strips(nothing, (1, 3, height, 500), Tiling(128, 48, 16)):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(8000) < 1.1 * peak(1000)


@pytest.mark.parametrize(("height", "width"), [(40, 250), (97, 300), (96, 96)])
def test_gradients_through_tiles_are_the_adjoint(height, width):
    """Tiles that compute Mx with a matrix of their own: ⟨v, D x⟩ = ⟨Dᵀ v, x⟩ for all v and x."""
    tiling, shape = Tiling(96, 48, 16), (1, 2, height, width)
    rng = np.random.default_rng(0)
    x, v = rng.standard_normal((2, *shape), np.float32)

    def matrix(columns):
        n = columns.stop - columns.start
        return np.random.default_rng(columns.start).standard_normal((n, n), np.float32) / 10

    tiled = in_tiles(lambda r, c: x[:, :, r, c] @ matrix(c), shape, tiling)
    pulled = pulled_through_tiles(lambda r, c, share: share @ matrix(c).T, v, tiling)

    forward, backward = (np.sum(a * b, dtype=np.float64) for a, b in ((v, tiled), (pulled, x)))
    assert forward == pytest.approx(backward, abs=1e-2)
    assert abs(forward) > 1
