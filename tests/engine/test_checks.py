"""What no result may be."""

import numpy as np
import pytest

from restore.engine.checks import check_result
from restore.errors import ResultError


def test_a_good_result_passes():
    check_result(np.full((4, 5, 3), 0.3, np.float32), np.full((2, 5, 3), 0.5, np.float32))


def test_a_black_photo_may_stay_black():
    check_result(np.zeros((4, 4, 3)), np.zeros((4, 4, 3)))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_one_value_that_is_no_number_is_found(value):
    image = np.full((40, 50, 3), 0.3, np.float32)
    image[7, 8, 1] = value
    with pytest.raises(ResultError, match="1 of 6000"):
        check_result(image, np.ones((40, 50, 3)))


def test_infinities_that_cancel_are_found():
    image = np.full((4, 4, 3), 0.3)
    image[0, 0, 0], image[0, 0, 1] = np.inf, -np.inf
    with pytest.raises(ResultError, match="2 of 48"):
        check_result(image, np.ones((4, 4, 3)))


def test_black_of_a_photo_is_found():
    with pytest.raises(ResultError, match="black"):
        check_result(np.full((4, 4, 3), 0.001), np.full((4, 4, 3), 0.5))


def test_values_far_outside_are_found_unless_the_original_has_them():
    image = np.full((4, 4, 3), 0.5)
    image[0, 0] = 7.5
    with pytest.raises(ResultError, match=r"7\.5"):
        check_result(image, np.full((4, 4, 3), 0.5))
    check_result(image, np.full((4, 4, 3), 8.0))
