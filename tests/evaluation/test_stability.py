"""Stability of restorers whose dependence on run, tile, frame and seed is known."""

from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from restore.diffusion import gaussian
from restore.engine import Engine
from restore.errors import ParameterError
from restore.evaluation.degrade import Case, Setting, degrade
from restore.evaluation.ours import runs
from restore.evaluation.probes import samples_of, stability_of
from restore.evaluation.stability import over_crops, over_runs, over_seeds, over_tiles
from restore.photo import Photo

RNG = np.random.default_rng(0)
PHOTO = RNG.random((150, 170, 3))
WINDOWS = [
    (slice(0, 121), slice(0, 140)),
    (slice(16, 150), slice(32, 170)),
    (slice(16, 128), slice(32, 144)),
]


def blur(window, radius=10):
    return gaussian_filter(PHOTO[window], (3, 3, 0), radius=(radius, radius, 0), mode="reflect")


def test_a_filter_does_not_see_a_frame_beyond_its_reach():
    found = over_crops(blur, (150, 170), WINDOWS, margin=10)
    assert found.largest < 1e-12
    found = over_crops(blur, (150, 170), WINDOWS, margin=9)
    assert 1e-9 < found.rms <= found.largest


def test_the_mean_of_a_frame_is_seen_everywhere():
    found = over_crops(lambda w: PHOTO[w] - PHOTO[w].mean(), (150, 170), WINDOWS[2:])
    shift = abs(PHOTO[WINDOWS[2]].mean() - PHOTO.mean())
    assert found.rms == pytest.approx(shift)
    assert found.largest == pytest.approx(shift)


def test_enlarged_parts_are_compared_where_they_belong():
    def enlarge(window):
        return PHOTO[window].repeat(3, axis=0).repeat(3, axis=1)

    assert over_crops(enlarge, (150, 170), WINDOWS, scale=3).largest == 0
    with pytest.raises(ParameterError, match="leave nothing"):
        over_crops(enlarge, (150, 170), [(slice(50, 140), slice(0, 170))], margin=45)


def test_seeds_spread_by_the_deviation_of_what_they_draw():
    def draw(seed):
        return 0.5 + 0.3 * gaussian(seed, 0, (1, 3, 40, 40))

    assert over_seeds(draw, range(8)) == pytest.approx(0.3, rel=0.02)
    assert over_seeds(lambda seed: PHOTO, range(3)) == 0


def test_runs_and_tiles_are_compared_with_the_first():
    ticks = iter(range(10))
    found = over_runs(lambda: np.full(4, next(ticks)), 4)
    assert (found.rms, found.largest) == (pytest.approx((14 / 3) ** 0.5), 3)
    found = over_tiles(lambda size: np.full(4, 1 / size), (4, 2, 1))
    assert (found.rms, found.largest) == (pytest.approx((0.625 / 2) ** 0.5), 0.75)


@pytest.fixture(scope="module")
def engine(tiny):
    return Engine(device="cpu", backend="onnxruntime", threads=2, folders=[tiny])


def run_of(setting, engine, tmp_path, size=(224, 224), steps=1):
    rows, columns = np.mgrid[: size[0], : size[1]]
    waves = 0.5 + 0.3 * np.sin(rows / 6)[..., None] * np.cos(
        columns[..., None] / np.array([5, 7, 9])
    )
    case = degrade((255 * waves).astype(np.uint8), Path("a.png"), setting, tmp_path)
    *_, run = runs(case, setting, engine, "tiny", [steps]).values()
    return case, run


def test_the_toolkit_repeats_itself_and_knows_no_frame(engine, tmp_path):
    """White noise of a given strength in one step: a tile, a crop and the whole do the same."""
    _, run = run_of(Setting("denoise", 0.1, "σ"), engine, tmp_path)
    found = stability_of(run)
    assert found.runs.largest == 0
    assert 0 < found.tiles.largest < 1 / 255
    assert found.crops.largest < 1e-5


def test_small_photos_and_masks_are_not_cut(engine, tmp_path):
    _, run = run_of(Setting("upscale", 2, "×2"), engine, tmp_path, size=(96, 96))
    assert stability_of(run).crops is None
    _, run = run_of(Setting("inpaint", 12, "12 scratches"), engine, tmp_path)
    assert stability_of(run).crops is None


def test_samples_of_the_toolkit_differ_and_one_step_does_not(engine, tmp_path):
    case, run = run_of(Setting("denoise", 0.1, "σ"), engine, tmp_path, size=(64, 64))
    truth = (case.truth / 255).astype(np.float32)
    found = samples_of(run, run(), truth, 4)
    assert found.diversity > 0
    assert found.over_seeds == 0
    _, walked = run_of(Setting("denoise", 0.1, "σ"), engine, tmp_path, size=(64, 64), steps=8)
    again = samples_of(walked, walked(), truth, 4)
    assert again.diversity == found.diversity  # samples take eight steps in both
    pairs = again.diversity / 2**0.5  # of independent draws, up to how much four of them vary
    assert 0.2 * pairs < again.over_seeds < 0.8 * pairs  # steps of DDRM are nearer to the mean


def test_a_part_of_a_photo_keeps_all_else(engine):
    photo = Photo(RNG.integers(0, 256, (40, 50, 3), dtype=np.uint8), np.full((40, 50), 9, np.uint8))
    case = Case(photo, photo.pixels, photo.alpha > 0)
    [run] = runs(case, Setting("inpaint", 12, ""), engine, "tiny", [1]).values()
    part = run.on((slice(8, 24), slice(16, 48)))
    assert part.case.photo.size == (32, 16)
    assert part.case.photo.alpha.shape == part.case.mask.shape == (16, 32)
    assert np.array_equal(part.case.photo.pixels, photo.pixels[8:24, 16:48])
    assert (part.action, part.parameters, part.engine) == (run.action, run.parameters, run.engine)
