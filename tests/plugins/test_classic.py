"""The plugin that ships as an example, through the door by which every host enters."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skimage.restoration import denoise_nl_means, inpaint_biharmonic

import restore_classic
from restore.diffusion.denoiser import Denoiser
from restore.errors import CancelledError, ParameterError
from restore.hooks import Detector
from restore.hooks.registration import collect
from restore.hooks.run import run_action
from restore.photo import Photo
from restore_classic.denoise import estimate_sigma

RNG = np.random.default_rng(11)
ROWS, COLUMNS = np.mgrid[0:300, 0:90].astype(np.float32)
CLEAN = np.stack([0.5 + 0.3 * np.sin(ROWS / 20), COLUMNS / 120, (ROWS > 150) * 0.4 + 0.2], axis=2)
ACTIONS = {a.name: a for a in collect("classic", restore_classic, trace=False).actions}


class Progress:
    """A context without models, which stops after so many reports."""

    def __init__(self, reports: int = 1000) -> None:
        self.left = reports

    def prior(self, model: str, calls: int = 1) -> Denoiser:
        raise AssertionError

    def detector(self, model: str) -> Detector:
        raise AssertionError

    def progress(self, fraction: float, text: str = "") -> None:
        assert 0 <= fraction <= 1
        self.left -= 1
        if self.left < 0:
            raise CancelledError("Stopped.")


def run(name: str, photo: Photo, **parameters: Any) -> Any:
    return run_action(ACTIONS[name], photo, parameters, Progress())


def as_photo(values: Any, dtype: Any, channels: int) -> Photo:
    top = 1 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max
    pixels = values[:, :, :channels] * top
    return Photo((pixels if top == 1 else pixels.clip(0, top).round()).astype(dtype))


def test_it_is_what_the_distribution_declares() -> None:
    project = tomllib.loads(
        (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    )["project"]
    assert project["entry-points"]["restore"]["classic"] == restore_classic.__name__


@pytest.mark.parametrize("sigma", [0.01, 0.05, 0.2])
def test_the_noise_that_was_added_is_found(sigma: float) -> None:
    noisy = CLEAN + RNG.normal(0, sigma, CLEAN.shape).astype(np.float32)
    assert estimate_sigma(noisy) == pytest.approx(sigma, rel=0.1)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 3])
def test_denoising_removes_most_of_the_noise(dtype: Any, channels: int) -> None:
    noisy = as_photo(CLEAN + RNG.normal(0, 0.06, CLEAN.shape), dtype, channels)
    result = run("classic-denoise", noisy)
    before = np.mean((noisy.to_float() - CLEAN[:, :, :channels]) ** 2)
    after = np.mean((result.photo.to_float() - CLEAN[:, :, :channels]) ** 2)
    assert after < before / 5
    assert result.report.found["noise"] == pytest.approx(0.06, rel=0.1)


def test_bands_leave_no_seams() -> None:
    noisy = as_photo(CLEAN + RNG.normal(0, 0.06, CLEAN.shape), np.float32, 3)
    done = run("classic-denoise", noisy, noise=0.06).photo.pixels
    whole = denoise_nl_means(
        noisy.pixels, patch_size=5, patch_distance=5, h=0.036, sigma=0.06, channel_axis=-1
    )
    np.testing.assert_allclose(done, whole, atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 40, 3), (3, 3, 3)])
@pytest.mark.parametrize("noise", ["auto", 0.1])
def test_the_smallest_photos_are_photos(shape: tuple[int, ...], noise: Any) -> None:
    photo = Photo(RNG.integers(1, 256, shape, dtype=np.uint8))
    assert run("classic-denoise", photo, noise=noise).photo.pixels.shape == shape


def test_a_photo_without_noise_stays_as_it_is() -> None:
    photo = Photo(np.full((20, 20, 3), 77, np.uint8))
    result = run("classic-denoise", photo)
    np.testing.assert_array_equal(result.photo.pixels, photo.pixels)
    assert "No noise" in result.report.notes[0]


def spots() -> Any:
    mask = np.zeros(CLEAN.shape[:2], bool)
    mask[20:30, 30:50] = mask[32:36, 45:60] = mask[200:203, :] = mask[295:, 80:] = True
    return mask


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 3])
def test_spots_are_filled_and_nothing_else_is_touched(dtype: Any, channels: int) -> None:
    mask = spots()
    damaged = CLEAN.copy()
    damaged[mask] = 1
    photo = as_photo(damaged, dtype, channels)
    result = run("classic-inpaint", photo, mask=mask)
    np.testing.assert_array_equal(result.photo.pixels[~mask], photo.pixels[~mask])
    wrong = result.photo.to_float()[mask] - CLEAN[mask][:, :channels]
    assert np.sqrt(np.mean(wrong**2)) < 0.02
    assert result.report.found["spots"] == 4
    assert all(check.passed for check in result.report.checks)


def test_one_spot_after_the_other_is_all_at_once() -> None:
    photo, mask = as_photo(CLEAN, np.float32, 3), spots()
    done = run("classic-inpaint", photo, mask=mask).photo.pixels
    whole = inpaint_biharmonic(photo.pixels, mask, channel_axis=-1)
    np.testing.assert_allclose(done, whole, atol=1e-4)


def test_alpha_is_kept() -> None:
    alpha = RNG.integers(0, 256, CLEAN.shape[:2], dtype=np.uint8)
    photo = Photo(as_photo(CLEAN, np.uint8, 3).pixels, alpha)
    for name, more in (("classic-denoise", {}), ("classic-inpaint", {"mask": spots()})):
        np.testing.assert_array_equal(run(name, photo, **more).photo.alpha, alpha)


def test_an_empty_mask_changes_nothing() -> None:
    photo = as_photo(CLEAN, np.uint8, 3)
    result = run("classic-inpaint", photo, mask=np.zeros(CLEAN.shape[:2], bool))
    np.testing.assert_array_equal(result.photo.pixels, photo.pixels)


def test_a_mask_that_leaves_nothing_to_fill_from_is_refused() -> None:
    with pytest.raises(ParameterError, match="whole photo"):
        run("classic-inpaint", as_photo(CLEAN, np.uint8, 3), mask=np.ones((300, 90), bool))


def test_a_spot_that_is_too_large_is_refused() -> None:
    photo = Photo(np.full((600, 600, 1), 9, np.uint8))
    mask = np.ones((600, 600), bool)
    mask[0] = False
    with pytest.raises(ParameterError, match="359400 pixels; this method fills up to 250000"):
        run("classic-inpaint", photo, mask=mask)


def test_both_can_be_stopped() -> None:
    photo = as_photo(CLEAN, np.uint8, 3)
    for name, more in (("classic-denoise", {"noise": 0.1}), ("classic-inpaint", {"mask": spots()})):
        with pytest.raises(CancelledError):
            run_action(ACTIONS[name], photo, more, Progress(1))
