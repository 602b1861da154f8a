"""Deblurring with the shipped model: what it gains, what it promises, what it refuses."""

import numpy as np
import pytest

from restore.errors import ParameterError
from restore.hooks.kernel import as_kernel
from restore.inverse import Unbordered, gaussian_kernel, motion_kernel
from restore.photo import Photo
from tests.tasks.conftest import psnr, to_bytes, with_noise

SIDE = 64


@pytest.fixture(scope="module")
def sharp(photographs):
    """A photograph of 96×96 pixels, reduced so that it is sharp."""
    from skimage.transform import downscale_local_mean

    return downscale_local_mean(photographs["chelsea"], (2, 2, 1))[20:116, 60:156]


def blurred(image, kernel, sigma):
    """Blur an image as a lens does, which knows of no edge; the photo and what it should become."""
    operator = Unbordered.of(kernel, (SIDE, SIDE))
    height, width = operator.size_x
    x = image[:height, :width].transpose(2, 0, 1)[None]
    truth = x[(..., *operator.window)][0].transpose(1, 2, 0)
    return with_noise(operator(x)[0].transpose(1, 2, 0), sigma), truth


BLURS = {
    "gaussian": (gaussian_kernel(1.5), {"size": 1.5}),
    "motion": (motion_kernel(7, 40), {"shape": "motion", "size": 7, "angle": 40}),
    "kernel": (motion_kernel(7, 40), {"kernel": motion_kernel(7, 40)}),
}


@pytest.mark.parametrize("name", BLURS)
def test_a_known_blur_is_undone_up_to_the_edge(run, sharp, name):
    kernel, told = BLURS[name]
    photo, truth = blurred(sharp, kernel, 0.01)

    result = run("deblur", photo, noise=0.01, steps=8, **told)

    assert psnr(result.photo, truth) > psnr(photo, truth) + 2
    edge = np.s_[:6]
    assert psnr(result.photo.to_float()[edge], truth[edge]) > psnr(photo[edge], truth[edge])
    [check] = result.report.checks
    assert check.passed
    assert check.value > 0.5 * 0.01
    assert 0 < result.report.found["lost"] < 1
    assert "frequencies" in result.report.notes[1]


def test_the_wrong_blur_shows_in_the_check(run, sharp):
    photo, _ = blurred(sharp, gaussian_kernel(0.8), 0.002)
    result = run("deblur", photo, size=6, noise=0.002, steps=4)
    assert not result.report.checks[0].passed
    assert "does not explain" in result.report.notes[-1]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_depths_gray_and_seeds(run, sharp, dtype):
    photo, _ = blurred(sharp, gaussian_kernel(1.0), 0.01)
    top = {"uint8": 255, "uint16": 65535, "float32": 1}[dtype]
    gray = (photo.mean(2, keepdims=True).clip(0, 1) * top).astype(dtype)

    one, again, other = (
        run("deblur", Photo.from_array(gray), size=1.0, steps=2, seed=s) for s in (1, 1, 2)
    )

    assert one.photo.pixels.dtype == dtype
    assert one.photo.pixels.shape == gray.shape
    assert np.array_equal(one.photo.pixels, again.photo.pixels)
    assert not np.array_equal(one.photo.pixels, other.photo.pixels)
    assert one.sample_uncertainty(2).max() > 0


@pytest.mark.parametrize("size", [(1, 1), (3, 40)])
def test_photos_smaller_than_the_kernel(run, size):
    photo = np.full((*size, 3), 0.5, np.float32)
    result = run("deblur", photo, size=4, noise=0.02, steps=2).photo.to_float()
    assert result.shape == photo.shape
    assert np.abs(result - 0.5).max() < 0.2


def test_kernels_are_pictures_of_a_point():
    point = np.zeros((5, 7), np.uint8)
    point[2, 2:5] = 200
    expected = np.full((1, 3), 1 / 3)
    for value in (point, Photo.from_array(np.repeat(point[:, :, None], 3, 2)), to_pil(point)):
        assert np.allclose(as_kernel(value), expected)
    assert as_kernel(None) is None


def to_pil(array):
    from PIL import Image

    return Image.fromarray(array)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"kernel": np.zeros((3, 3))}, "not only 0"),
        ({"kernel": -np.ones((3, 3))}, "0 or more"),
        ({"kernel": np.ones((300, 3))}, "too large"),
        ({"kernel": "a.png"}, "picture"),
        ({"shape": "motion", "size": 0.5}, "motion"),
        ({"size": 0}, "Size"),
        ({"steps": 0}, "Steps"),
    ],
)
def test_what_is_no_blur_is_refused(run, told, words):
    with pytest.raises(ParameterError, match=words):
        run("deblur", to_bytes(np.full((8, 8, 3), 0.5)), **told)
