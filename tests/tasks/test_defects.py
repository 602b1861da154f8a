"""Finding damage: masks from probabilities, and old prints repaired by the shipped detector."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from restore.photo import Photo
from restore.tasks.defects import mask_of, probability_of_defects
from tests.tasks.conftest import to_bytes, with_noise

NEAR = np.ones((3, 3), bool)


def grown(mask, pixels=1):
    return binary_dilation(mask, NEAR, iterations=pixels)


def test_weak_pixels_count_where_they_touch_strong_ones():
    probability = np.zeros((12, 12), np.float32)
    probability[2, 2:6] = (0.9, 0.3, 0.3, 0.3)  # a scratch that fades away
    probability[3, 6] = 0.3  # and goes on across a corner
    probability[8, 2:8] = 0.3  # nothing strong in it
    probability[10, 10] = 0.15  # too weak
    expected = np.zeros((12, 12), bool)
    expected[2, 2:6] = expected[3, 6] = True
    assert np.array_equal(mask_of(probability, 0.5), grown(expected))


@pytest.mark.parametrize("threshold", [0.0, 0.5, 1.0])
def test_certain_damage_is_marked_and_certain_health_is_not(threshold):
    probability = np.zeros((9, 20), np.float32)
    probability[4, 3:9] = 1
    assert np.array_equal(mask_of(probability, threshold), grown(probability == 1))


def test_more_sensitive_is_never_less():
    probability = np.random.default_rng(0).random((40, 40), np.float32) ** 4
    masks = [mask_of(probability, 1 - sensitivity) for sensitivity in np.linspace(0, 1, 9)]
    assert all((b >= a).all() for a, b in pairwise(masks))
    assert masks[0].sum() < masks[-1].sum()


def test_large_photos_are_looked_at_in_half_the_size_too():
    """A detector of nothing but single white pixels misses what is wider, unless it is reduced."""

    def isolated(x):
        white = x.mean(axis=1, keepdims=True) > 0.9
        around = np.pad(white, ((0, 0), (0, 0), (1, 1), (1, 1)))
        count = sum(np.roll(around, (i, j), (2, 3)) * 1 for i in (-1, 0, 1) for j in (-1, 0, 1))
        return (white & (count[:, :, 1:-1, 1:-1] == 1)).astype(np.float32)

    image = np.zeros((40, 1700, 1), np.float32)
    image[10, 10] = image[20:22, 100:102] = 1
    found = probability_of_defects(image, isolated)
    assert found.shape == (40, 1700)
    assert found[10, 10] == 1
    assert found[20:22, 100:102].min() > 0.5
    assert probability_of_defects(image[:, :1500], isolated)[20:22, 100:102].max() == 0


def scratched(image, seed=0):
    """Draw white scratches and dust on a photo in [0, 1]; returns it and where they are."""
    rng = np.random.default_rng(seed)
    height, width = image.shape[:2]
    mask = np.zeros((height, width), bool)
    rows = np.arange(height)
    for x in (0.3, 0.7):
        columns = x * width + 0.1 * width * np.sin(rows / height * 2) + rng.normal(0, 0.2, height)
        mask[rows, columns.astype(int)] = mask[rows, columns.astype(int) + 1] = True
    for y, x in rng.integers(5, min(height, width) - 5, (12, 2)):
        mask[y : y + 2, x : x + 3] = True
    damaged = image.copy()
    damaged[mask] = 0.97
    return damaged, mask


@pytest.fixture
def portrait(photographs):
    return photographs["astronaut"][:288, 96:416]


@pytest.mark.parametrize(
    ("name", "channels", "precision"),
    [("rocket", 1, 0.85), ("rocket", 3, 0.85), ("chelsea", 3, 0.6)],
)
def test_scratches_and_dust_are_found_and_filled(run, photographs, name, channels, precision):
    """A cat has whiskers, which are as thin and white as scratches."""
    picture = photographs[name][:288, 100:420]
    clean = to_bytes(picture.mean(axis=2, keepdims=True) if channels == 1 else picture)
    damaged, truth = scratched(clean / 255.0)
    photo = Photo.from_array(to_bytes(damaged))
    result = run("clean", photo, defects=True)
    found = result.mask
    assert (grown(found) & truth).sum() > 0.8 * truth.sum()
    assert (found & grown(truth, 3)).sum() > precision * found.sum()
    filled = run("inpaint", photo, mask=found).photo
    assert np.array_equal(result.photo.pixels, run("clean", filled).photo.pixels)
    before, after = (
        np.square(p[truth].astype(float) - clean[truth]).mean()
        for p in (photo.pixels, result.photo.pixels)
    )
    assert after < 0.15 * before
    report = result.report
    assert report.found["defects"] == pytest.approx(found.mean())
    assert report.model == "defects, base"
    assert all(check.passed for check in report.checks)
    assert report.checks


def test_noise_is_removed_after_the_filling(run, portrait):
    damaged, truth = scratched(portrait)
    noisy = with_noise(damaged, 0.04).clip(0, 1)
    result = run("clean", Photo.from_array(to_bytes(noisy)), defects=True)
    assert (grown(result.mask) & truth).sum() > 0.5 * truth.sum()
    error = np.abs(result.photo.to_float() - portrait)
    assert error[truth].mean() < 0.5 * np.abs(noisy - portrait)[truth].mean()
    assert error[~truth].mean() < 0.7 * np.abs(noisy - portrait)[~truth].mean()


def test_a_photo_without_defects_comes_back_unfilled(run):
    photo = Photo.from_array(np.full((96, 128, 3), 120, np.uint8))
    result = run("clean", photo, defects=True)
    assert not result.mask.any()
    assert np.array_equal(result.photo.pixels, photo.pixels)
    assert result.report.found["defects"] == 0
    assert "No defects" in " ".join(result.report.notes)


def test_without_the_switch_nothing_is_looked_for(run, portrait):
    damaged, _ = scratched(portrait)
    result = run("clean", Photo.from_array(to_bytes(damaged)))
    assert result.mask is None
    assert "defects" not in result.report.found
