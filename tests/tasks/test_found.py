"""What the prior is told of a photo, once its degradations are found."""

import numpy as np
import pytest

from restore.tasks.found import Found
from restore.tasks.jpeg import JpegEstimate
from restore.tasks.noise import NoiseEstimate


@pytest.mark.parametrize("sigma", [0.01, 0.1])
@pytest.mark.parametrize("quality", [0, 60, 97])
def test_camera_noise_is_told_with_a_margin_and_the_quality_that_was_found(sigma, quality):
    found = Found(NoiseEstimate("camera", sigma), JpegEstimate(quality, "pixels"))

    colour = found.observation(np.zeros((8, 8, 3), np.float32), None)
    gray = found.observation(np.zeros((8, 8, 1), np.float32), None)

    assert 2 * sigma < colour.noise < 2 * (sigma + 0.02)
    assert gray.noise == pytest.approx(2 * sigma * np.sqrt(3))
    assert colour.jpeg == gray.jpeg == quality


def test_a_photo_without_noise_is_told_without():
    found = Found(NoiseEstimate("none", 0), JpegEstimate(40, "file"))

    y = found.observation(np.zeros((8, 8, 3), np.float32), None)

    assert (y.noise, y.jpeg) == (0, 40)
