"""Cutting an axis, and putting a picture together again."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.engine.tiles import Tiling, in_tiles

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
