import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from restore.diffusion.noise import gaussian, noise_like, philox
from tests.diffusion.libraries import Library, on_all_libraries

ONES = 0xFFFFFFFF


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((ONES,) * 4, (ONES, ONES), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_gives_its_authors_known_answers(
    counter: tuple[int, ...], key: tuple[int, int], expected: tuple[int, ...]
) -> None:
    words = philox([np.array([word], np.uint64) for word in counter], key)

    assert [int(word[0]) for word in words] == list(expected)


@given(st.data())
def test_a_window_drawn_alone_is_the_window_cut_from_the_whole(data: st.DataObject) -> None:
    top, left = data.draw(st.integers(-40, 40)), data.draw(st.integers(-40, 40))
    y, x = data.draw(st.integers(0, 30)), data.draw(st.integers(0, 30))
    h, w = data.draw(st.integers(1, 31 - y)), data.draw(st.integers(1, 31 - x))
    whole = gaussian(7, 3, (2, 3, 31, 31), (top, left))

    window = gaussian(7, 3, (2, 3, h, w), (top + y, left + x))

    np.testing.assert_array_equal(window, whole[:, :, y : y + h, x : x + w])


def test_bands_of_rows_do_not_show() -> None:
    """A picture of many bands equals its windows, which need only one."""
    whole = gaussian(1, 0, (1, 1, 700, 1000))

    for top in (0, 100, 333, 690):
        window = gaussian(1, 0, (1, 1, 10, 1000), (top, 0))
        np.testing.assert_array_equal(window, whole[:, :, top : top + 10])


def test_values_are_standard_normal() -> None:
    values = gaussian(2, 1, (1, 3, 512, 512)).ravel().astype(np.float64)

    assert values.dtype == np.float64
    assert stats.kstest(values, "norm").pvalue > 1e-3
    assert np.isfinite(values).all()
    assert stats.kurtosis(values) == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize(
    "other",
    [
        gaussian(6, 0, (1, 1, 400, 400)),
        gaussian(5 + (1 << 32), 0, (1, 1, 400, 400)),
        gaussian(5, 1, (1, 1, 400, 400)),
        gaussian(5, 0, (1, 1, 400, 400), (1, 0)),
        gaussian(5, 0, (1, 1, 400, 400), (0, 1)),
        gaussian(5, 0, (1, 1, 400, 400), (0, 2)),
        gaussian(5, 0, (1, 1, 400, 400), (0, 4)),
        gaussian(5, 0, (1, 2, 400, 400))[:, 1:],
        gaussian(5, 0, (2, 1, 400, 400))[1:],
    ],
    ids=["seed", "long seed", "step", "row", "column", "pair", "counter", "channel", "picture"],
)
def test_what_differs_in_one_argument_is_independent(other: np.ndarray) -> None:
    """Neither the values nor their squares correlate: |r| stays within 4.5/√n."""
    one = gaussian(5, 0, (1, 1, 400, 400)).ravel()

    for power in (1, 2):
        r = np.corrcoef(one**power, other.ravel() ** power)[0, 1]
        assert abs(r) < 4.5 / np.sqrt(one.size)


def test_another_process_draws_the_same() -> None:
    script = (
        "import sys; from restore.diffusion.noise import gaussian;"
        "sys.stdout.buffer.write(gaussian(2**63 - 1, 9, (2, 3, 17, 19), (-5, 123456)).tobytes())"
    )

    drawn = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout

    assert drawn == gaussian(2**63 - 1, 9, (2, 3, 17, 19), (-5, 123456)).tobytes()


def test_memory_beyond_the_result_does_not_grow_with_the_picture() -> None:
    tracemalloc.start()
    try:
        out = gaussian(0, 0, (1, 1, 3000, 2000))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak - out.nbytes < 16e6


@on_all_libraries
def test_samplers_get_noise_like_their_picture(lib: Library) -> None:
    x = lib(np.zeros((2, 3, 4, 5)))

    drawn = noise_like(x, 3, (7, 8))(2)

    assert lib.owns(drawn)
    np.testing.assert_array_equal(drawn, lib(gaussian(3, 2, (2, 3, 4, 5), (7, 8))))
