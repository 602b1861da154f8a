"""The benchmark's degradations are what the protocol says, and the same every time."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from restore.errors import ParameterError
from restore.evaluation.degrade import TASKS, Case, Setting, degrade, pictures, read_rgb, settings
from restore.evaluation.metrics import psnr
from restore.evaluation.peers import peers, unchanged
from restore.photo import Photo


@pytest.fixture
def truth():
    rows, columns = np.mgrid[:50, :65]
    waves = 0.5 + 0.3 * np.sin(rows / 6)[..., None] * np.cos(
        columns[..., None] / np.array([5, 7, 9])
    )
    return (255 * waves).astype(np.uint8)


def cases(truth, folder, name="a_mean.png"):
    noise = np.random.default_rng(0).normal(0, 12, truth.shape)
    noisy = np.clip(truth + noise, 0, 255).astype(np.uint8)
    Image.fromarray(noisy).save(folder / name.replace("_mean", "_noisy"))
    file = folder / name
    return {s: degrade(truth, file, s, folder) for task in TASKS for s in settings(task)}


def test_a_file_name_decides_every_random_number(truth, tmp_path):
    first, second = cases(truth, tmp_path), cases(truth, tmp_path)
    other = cases(truth, tmp_path, "b_mean.png")
    for setting, case in first.items():
        assert np.array_equal(case.photo.pixels, second[setting].photo.pixels)
        by_chance = setting.task in ("denoise", "inpaint")
        assert by_chance != np.array_equal(case.photo.pixels, other[setting].photo.pixels)


@pytest.mark.parametrize("setting", settings("denoise"))
def test_noise_has_the_stated_deviation_and_is_not_clipped(setting, tmp_path):
    white = np.full((120, 120, 3), 255, np.uint8)
    photo = degrade(white, Path("a.png"), setting, tmp_path).photo
    noise = photo.to_float() - 1
    assert photo.pixels.dtype == np.float32
    assert noise.std() == pytest.approx(setting.value, rel=0.02)
    assert abs(noise.mean()) < setting.value / 50
    assert 255 * setting.value in (15, 25, 50)


@pytest.mark.parametrize("setting", settings("upscale"))
def test_reduction_is_that_of_pillow_on_whole_pixels(truth, tmp_path, setting):
    case = degrade(truth, Path("a.png"), setting, tmp_path)
    assert case.truth.shape == (48, 60, 3)
    width, height = case.photo.size
    assert (width * setting.value, height * setting.value) == (60, 48)
    expected = Image.fromarray(truth[:48, :60]).resize((width, height), Image.Resampling.BICUBIC)
    assert np.array_equal(case.photo.pixels, np.asarray(expected))


@pytest.mark.parametrize("setting", settings("clean"))
def test_a_jpeg_is_read_with_its_tables(truth, tmp_path, setting):
    photo = degrade(truth, Path("a.png"), setting, tmp_path).photo
    assert photo.source.format == "JPEG"
    assert photo.source.jpeg_subsampling == "4:2:0"
    with Image.open(tmp_path / "a.jpg") as image:
        assert np.array_equal(photo.pixels, np.asarray(image))


def test_scratches_damage_nothing_but_what_the_mask_marks(truth, tmp_path):
    [setting] = settings("inpaint")
    case = degrade(truth, Path("a.png"), setting, tmp_path)
    assert 0.02 < case.mask.mean() < 0.6
    assert set(np.unique(case.mask.view(np.uint8))) == {0, 1}
    assert np.array_equal(case.photo.pixels[~case.mask], truth[~case.mask])
    assert (case.photo.pixels[case.mask] == 255).all()


def test_every_peer_is_better_than_doing_nothing(truth, tmp_path):
    for setting, case in cases(truth, tmp_path).items():
        if setting.task == "clean" and setting.value > 10:
            continue
        reference = (case.truth / 255).astype(np.float32)
        before = psnr(unchanged(case, setting).astype(np.float32), reference, mask=case.mask)
        for name, method in peers(setting.task).items():
            result = method(case, setting).astype(np.float32)
            after = psnr(result, reference, mask=case.mask)
            assert after > before - 0.5, (setting.label, name, before, after)
            assert setting.task == "clean" or after > before + 1, (setting.label, name)


def test_a_camera_is_measured_on_pairs_only(truth, tmp_path):
    for name in ("b_mean.png", "b_noisy.webp", "a_mean.png", "c_noisy.png", "d.png", "_noisy.png"):
        Image.fromarray(truth).save(tmp_path / name, lossless=True)
    assert pictures("camera", tmp_path) == [tmp_path / "b_mean.png"]
    assert len(pictures("denoise", tmp_path)) == 6
    [setting] = settings("camera")
    noisy = 255 - truth
    Image.fromarray(noisy).save(tmp_path / "b_noisy.webp", lossless=True)
    case = degrade(truth, tmp_path / "b_mean.png", setting, tmp_path)
    assert np.array_equal(case.photo.pixels, noisy)
    assert np.array_equal(case.truth, truth)
    assert (setting.action, setting.parameters(blind=False)) == ("denoise", {})
    with pytest.raises(ParameterError, match="beside"):
        degrade(truth, tmp_path / "a_mean.png", setting, tmp_path)
    Image.fromarray(noisy[:-1]).save(tmp_path / "b_noisy.webp")
    with pytest.raises(ParameterError, match=r"b_noisy\.webp"):
        degrade(truth, tmp_path / "b_mean.png", setting, tmp_path)


def test_a_truth_is_read_as_8_bit_rgb(truth, tmp_path):
    Image.fromarray(truth[..., 0]).save(tmp_path / "gray.png")
    assert np.array_equal(read_rgb(tmp_path / "gray.png"), truth[..., :1].repeat(3, axis=2))


def test_the_unchanged_picture_repeats_pixels_for_upscaling():
    small = Photo.from_array(np.arange(12, dtype=np.uint8).reshape(2, 2, 3))
    case = Case(small, np.zeros((4, 4, 3), np.uint8))
    enlarged = unchanged(case, Setting("upscale", 2, "×2"))
    assert enlarged.shape == (4, 4, 3)
    assert np.array_equal(enlarged[::2, 1::2], small.to_float())
