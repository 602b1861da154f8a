"""What the perception benchmark varies is what the actions do."""

from pathlib import Path

import numpy as np
import pytest

import restore
from benchmarks.perception import OWN, PROBLEMS, SETTINGS, Row, means
from restore.engine import Engine
from restore.evaluation.degrade import degrade
from restore.tasks.walk import Walk


@pytest.fixture(scope="module")
def engine():
    return Engine(device="cpu", threads=2)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.task)
@pytest.mark.parametrize("steps", [1, 3])
def test_the_usual_walk_is_the_action(setting, steps, engine, tmp_path):
    rows, columns = np.mgrid[:72, :60]
    waves = np.sin(rows / 6)[..., None] * np.cos(columns[..., None] / np.array([5, 7, 9]))
    case = degrade((127 + 76 * waves).astype(np.uint8), Path("a.png"), setting, tmp_path)
    told = {"upscale": {"scale": 4}, "denoise": {"noise": setting.value}}.get(setting.task, {})
    expected = restore.run(setting.task, case.photo, engine=engine, steps=steps, **told)
    draw = PROBLEMS[setting.task](engine.prior("base"), case, setting)
    pixels = draw[OWN if setting.task == "denoise" else ""](Walk(), steps, 0)
    rounding = 0 if setting.task == "denoise" else 1 / 255  # and dithering
    difference = np.abs(pixels.clip(0, 1) - expected.photo.to_float().clip(0, 1)).max()
    assert difference <= rounding + 1e-6


def test_means_are_over_pictures():
    rows = [Row("×4", "heun", 2, 20.0, 0.1), Row("×4", "heun", 2, 30.0, 0.3)]
    other = Row("×4", "heun", 3, 1.0, 1.0, 1.5)
    assert means([*rows, other]) == [Row("×4", "heun", 2, 25.0, 0.2), other]
