"""PSNR and SSIM against scikit-image and closed forms; diversity against its expectation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.errors import ParameterError
from restore.evaluation import diversity, psnr, ssim


def pair(shape, dtype=np.float32, seed=0):
    """A smooth picture and a noisy one, of a type's own range."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    truth = 0.5 + 0.4 * np.sin(rows / 5) * np.cos(columns / 7)
    truth = np.broadcast_to(truth.reshape(truth.shape + (1,) * (len(shape) - 2)), shape)
    noisy = np.clip(truth + 0.1 * random.standard_normal(shape), 0, 1)
    if np.issubdtype(dtype, np.integer):
        peak = np.iinfo(dtype).max
        return tuple((peak * image).round().astype(dtype) for image in (noisy, truth))
    return noisy.astype(dtype), truth.astype(dtype)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("shape", [(40, 53, 3), (11, 11, 3), (37, 64, 1)])
def test_both_agree_with_scikit_image(dtype, shape):
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity

    result, truth = pair(shape, dtype)
    span = np.iinfo(dtype).max if np.issubdtype(dtype, np.integer) else 1.0
    expected = peak_signal_noise_ratio(
        *(image.astype(np.float64) for image in (truth, result)), data_range=span
    )
    assert psnr(result, truth) == pytest.approx(expected, abs=1e-9)
    expected = structural_similarity(
        truth.astype(np.float64),
        result.astype(np.float64),
        data_range=span,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        channel_axis=2,
    )
    assert ssim(result, truth) == pytest.approx(expected, abs=1e-9)


def test_a_picture_without_channels_counts_as_one_with_a_single_channel():
    result, truth = pair((30, 31))
    assert psnr(result, truth) == psnr(result[..., None], truth[..., None])
    assert ssim(result, truth) == ssim(result[..., None], truth[..., None])


@given(st.integers(1, 255))
def test_psnr_of_a_constant_error_has_a_closed_form(error):
    truth = np.zeros((5, 4, 3), np.uint8)
    expected = 20 * math.log10(255 / error)
    assert psnr(truth + np.uint8(error), truth) == pytest.approx(expected)


def test_a_difference_of_unsigned_integers_does_not_wrap():
    black, white = np.zeros((4, 4, 3), np.uint16), np.full((4, 4, 3), 65535, np.uint16)
    assert psnr(black, white) == psnr(white, black) == 0


def test_identical_pictures():
    truth = pair((20, 20, 3))[1]
    assert psnr(truth, truth) == math.inf
    assert ssim(truth, truth) == pytest.approx(1)


def test_ssim_of_constants_is_the_luminance_term():
    a, b = 0.25, 0.75
    c1 = 0.01**2
    expected = (2 * a * b + c1) / (a * a + b * b + c1)
    flat = np.ones((16, 16, 1))
    assert ssim(a * flat, b * flat) == pytest.approx(expected)


def test_a_given_data_range_is_used():
    result, truth = pair((20, 20, 3))
    assert psnr(result, truth, data_range=2) == pytest.approx(
        psnr(result, truth) + 20 * math.log10(2)
    )


def test_only_pixels_under_the_mask_count():
    truth = np.zeros((6, 6, 3), np.float32)
    result = truth.copy()
    result[:, 3:] = 0.1
    left, right = np.zeros((6, 6), bool), np.zeros((6, 6), bool)
    left[:, :3], right[:, 3:] = True, True
    assert psnr(result, truth, mask=left) == math.inf
    assert psnr(result, truth, mask=right) == pytest.approx(20)


def test_diversity_of_independent_noise_is_root_two_sigma():
    random = np.random.default_rng(3)
    samples = [0.2 * random.standard_normal((60, 60, 3)) for _ in range(5)]
    assert diversity(samples) == pytest.approx(0.2 * math.sqrt(2), rel=0.02)
    assert diversity([samples[0], samples[0]]) == 0


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: psnr(np.zeros((2, 3, 3)), np.zeros((3, 2, 3))), "differ in size"),
        (lambda: psnr(np.zeros((2, 2, 3)), np.zeros((2, 2, 3), np.uint8)), "differ in type"),
        (lambda: psnr(*pair((4, 4, 3)), mask=np.zeros((4, 4), bool)), "marks nothing"),
        (lambda: psnr(*pair((4, 4, 3)), mask=np.ones((4, 5), bool)), "as large as"),
        (lambda: ssim(*pair((10, 40, 3))), "at least 11×11"),
        (lambda: diversity([np.zeros((2, 2, 3))]), "at least 2"),
        (lambda: diversity([np.zeros((2, 2, 3)), np.zeros((2, 3, 3))]), "differ in size"),
    ],
)
def test_what_cannot_be_measured_is_refused(call, said):
    with pytest.raises(ParameterError, match=said):
        call()
