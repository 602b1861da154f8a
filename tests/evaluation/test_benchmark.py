"""The benchmark: every figure is the mean of what was measured, with all that was asked for."""

import json
import statistics
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from restore.engine import Engine
from restore.errors import ParameterError
from restore.evaluation.benchmark import run_benchmark
from restore.evaluation.cost import Cost
from restore.evaluation.degrade import degrade, read_rgb, settings
from restore.evaluation.metrics import psnr
from restore.evaluation.ours import runs
from restore.evaluation.scores import Benchmark, Score


@pytest.fixture(scope="module")
def engine(tiny):
    return Engine(device="cpu", backend="onnxruntime", threads=2, folders=[tiny])


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    """A folder of two pictures; LPIPS, if this machine has it, is out of sight."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "pictures"
    folder.mkdir()
    rows, columns = np.mgrid[:48, :60]
    for i, period in enumerate((4, 7)):
        waves = np.sin(rows / period)[..., None] * np.cos(columns[..., None] / np.array([5, 7, 9]))
        Image.fromarray((127 + 76 * waves).astype(np.uint8)).save(folder / f"{i}.png")
    return folder


def test_steps_samples_and_stability_are_measured(pictures, engine):
    made = run_benchmark(
        "inpaint",
        pictures,
        engine=engine,
        model="tiny",
        steps=(1, 4),
        samples=4,
        stability=True,
        limit=1,
    )
    rows = {row["method"]: row for row in made.means()}
    one, four = rows["restore, 1 step"], rows["restore, 4 steps"]
    assert (one["evaluations"], four["evaluations"]) == (1, 4)
    assert four["mflop_per_pixel"] == pytest.approx(4 * one["mflop_per_pixel"])
    padded = 48 * 64 / (48 * 60)
    assert one["mflop_per_pixel"] == pytest.approx(
        padded * engine.prior("tiny").card.mflop_per_pixel
    )
    assert one["over_seeds"] == 0 < four["over_seeds"]
    assert one["diversity"] == four["diversity"] > 0  # samples take eight steps in both
    assert one["error_over_sigma"] > 0
    assert one["runs_largest"] == four["runs_largest"] == 0
    assert one["crops_rms"] is None  # it has a mask
    assert "diversity" not in rows["input"]
    assert rows["input"]["evaluations"] is None
    assert made.model["name"] == "tiny"
    for word in ("NFE", "4 posterior samples", "Stability"):
        assert word in made.protocol
    assert "LPIPS" not in made.protocol
    assert json.loads(json.dumps(made.as_dict()))["means"] == made.means()


def test_a_plain_run_measures_neither_samples_nor_stability(pictures, engine):
    made = run_benchmark("upscale", pictures, engine=engine, model="tiny")
    assert {row["method"] for row in made.means()} == {"input", "restore", "bicubic"}
    assert {row["pictures"] for row in made.means()} == {2}
    assert all(s.samples is None and s.stability is None and s.lpips is None for s in made.scores)
    assert "Samples" not in made.protocol
    assert "Stability" not in made.protocol


def test_the_figure_is_that_of_the_public_action(pictures, engine, tmp_path):
    made = run_benchmark("denoise", pictures, engine=engine, model="tiny", limit=1)
    truth = read_rgb(pictures / "0.png")
    for setting in settings("denoise"):
        case = degrade(truth, Path("0.png"), setting, tmp_path)
        for name, run in runs(case, setting, engine, "tiny", [1]).items():
            [score] = [s for s in made.scores if (s.setting, s.method) == (setting.label, name)]
            result = run.pixels().clip(0, 1).astype(np.float32)
            assert score.psnr == psnr(result, (truth / 255).astype(np.float32))


def test_means_leave_out_what_a_picture_lacks():
    def score(file, value, lpips, evaluations):
        return Score(
            file, "σ 25", "m", 1.0, value, value / 100, lpips, Cost(value, None, evaluations)
        )

    scores = (score("a", 30.0, 0.1, 2), score("b", 33.0, None, 4), score("c", 36.0, 0.4, 6))
    [row] = Benchmark("denoise", "", {}, {}, {}, scores).means()
    assert row["pictures"] == 3
    assert row["psnr"] == row["seconds"] == statistics.fmean((30, 33, 36))
    assert row["lpips"] == pytest.approx(0.25)
    assert row["evaluations"] == 4
    assert row["peak_mb"] is None
    assert row["mflop_per_pixel"] is None


def test_inpainting_is_measured_where_the_mask_is(pictures, engine, tmp_path):
    made = run_benchmark("inpaint", pictures, engine=engine, model="tiny", limit=1)
    assert {row["method"] for row in made.means()} >= {"input", "restore", "biharmonic"}
    [setting] = settings("inpaint")
    case = degrade(read_rgb(pictures / "0.png"), Path("0.png"), setting, tmp_path)
    truth = (case.truth / 255).astype(np.float32)
    assert made.means()[0]["psnr"] == psnr(case.photo.to_float(), truth, mask=case.mask)


@pytest.mark.parametrize("samples", [1, 3])
def test_too_few_samples_are_refused_before_anything_runs(pictures, samples):
    with pytest.raises(ParameterError, match="too few"):
        run_benchmark("denoise", pictures / "missing", samples=samples)
