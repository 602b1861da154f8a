"""The noise of a photo, against noise that was put in."""

import numpy as np
import pytest

from restore.tasks.noise import estimate_noise
from tests.tasks.conftest import to_bytes, with_noise


@pytest.mark.parametrize("levels", [None, 255])
@pytest.mark.parametrize("sigma", [5, 10, 20, 35, 50])
def test_white_noise_is_estimated_within_a_tenth(photographs, sigma, levels):
    errors = []
    for image in photographs.values():
        noisy = with_noise(image, sigma / 255)
        if levels:
            noisy = to_bytes(noisy) / np.float32(255)
        estimate = estimate_noise(noisy)
        assert estimate.kind == "white"
        errors.append(abs(estimate.sigma * 255 / sigma - 1))

    assert np.median(errors) < 0.1


def test_gray_noise_is_estimated_too(photographs):
    gray = photographs["coffee"].mean(2, keepdims=True)

    estimate = estimate_noise(with_noise(gray, 0.06))

    assert estimate.kind == "white"
    assert estimate.sigma == pytest.approx(0.06, rel=0.1)


def test_a_reduced_photo_has_almost_no_noise(photographs):
    from skimage.transform import downscale_local_mean

    for image in photographs.values():
        clean = downscale_local_mean(image, (2, 2, 1)).astype(np.float32)
        assert estimate_noise(clean).kind == "none"


def test_noise_that_grows_with_brightness_is_followed(photographs):
    a, b = 0.01, 0.0004
    for image in photographs.values():
        sigma = np.sqrt(a * image + b)
        noisy = (
            to_bytes(with_noise(image, 1.0) * 0 + image + sigma * with_noise(0 * image, 1)) / 255
        )
        noisy = noisy.astype(np.float32)

        estimate = estimate_noise(noisy)
        ratio = estimate.map_of(noisy) / sigma.mean(2)

        assert estimate.kind == "white"
        assert estimate.a == pytest.approx(a, rel=0.25)
        assert np.median(np.abs(np.log(ratio))) < 0.1


@pytest.mark.parametrize("blur", [0.6, 1.0])
def test_blurred_noise_is_not_white(photographs, blur):
    from scipy.ndimage import gaussian_filter

    image = photographs["astronaut"]
    noise = gaussian_filter(with_noise(0 * image, 1.0), (blur, blur, 0))

    noisy = (image + 0.05 * noise / noise.std()).astype(np.float32)

    assert estimate_noise(noisy).kind == "camera"


def test_noise_shared_by_the_channels_is_not_white(photographs):
    image = photographs["coffee"]
    noise = with_noise(image[:, :, :1] * 0, 0.05)

    assert estimate_noise((image + noise).astype(np.float32)).kind == "camera"


def test_a_flat_picture_of_noise_alone():
    estimate = estimate_noise(with_noise(np.full((200, 300, 3), 0.5), 0.1))

    assert estimate.kind == "white"
    assert estimate.sigma == pytest.approx(0.1, rel=0.02)


def test_values_outside_the_range_and_clipped_ones_are_told_apart():
    dark = with_noise(np.full((200, 300, 3), 0.05), 0.05)

    for image in (dark, dark.clip(0, 1)):
        assert estimate_noise(image).sigma == pytest.approx(0.05, rel=0.1)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 5000, 3), (8, 8, 1), (7, 400, 3)])
def test_what_is_too_small_tells_nothing(shape):
    assert estimate_noise(with_noise(np.full(shape, 0.5), 0.1)).kind == "none"


def test_black_white_and_flat_pictures_have_no_noise():
    for value in (0.0, 0.5, 1.0):
        estimate = estimate_noise(np.full((64, 64, 3), value, np.float32))
        assert (estimate.kind, estimate.sigma) == ("none", 0)


def test_a_large_photo_is_judged_by_windows_that_stand_for_it(photographs):
    large = np.tile(photographs["coffee"], (6, 5, 1))
    noisy = with_noise(large, 0.04)

    assert estimate_noise(noisy).sigma == pytest.approx(0.04, rel=0.1)
    assert estimate_noise(noisy) == estimate_noise(noisy)


def camera(image, scale, seed=0):
    """Return what a camera makes of a photo, and the root mean square of its error."""
    torch = pytest.importorskip("torch")
    from restore.training.degradations.camera import Camera
    from restore.training.degradations.view import View

    x = torch.from_numpy(2 * image[:400, :400] - 1).float().permute(2, 0, 1)[None]
    strength = {"shot": (0.01 * scale**2,) * 2, "read": (0.004 * scale,) * 2}
    taken = Camera(**strength, smoothed=0.5, misjudged=0.0)
    view = taken(View.clean(x), torch.Generator().manual_seed(seed))
    noisy = (view.y[0].permute(1, 2, 0).numpy() + 1) / 2
    return noisy.astype(np.float32), float(view.noise.mean()) / 2


@pytest.mark.parametrize("scale", [0.5, 1, 2])
def test_camera_noise_is_told_as_its_root_mean_square(photographs, scale):
    ratios = []
    for seed, image in enumerate(photographs.values()):
        noisy, truth = camera(image, scale, seed)
        estimate = estimate_noise(noisy)
        assert estimate.kind == "camera"
        ratios.append(estimate.sigma / truth)

    assert 0.75 < np.median(ratios) < 1.4
    assert np.std(np.log(ratios)) < 0.25


def test_noise_that_all_channels_share_is_told_by_its_luma(photographs):
    from scipy.ndimage import gaussian_filter

    image = np.full((240, 320, 3), 0.5, np.float32)
    noise = gaussian_filter(with_noise(image[:, :, :1] * 0, 1.0), (0.7, 0.7, 0))
    noise *= 0.05 / noise.std()

    assert estimate_noise(image + noise).sigma == pytest.approx(0.05, rel=0.3)
