"""The figures on a card are those of the benchmark, and are found when they are not."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from restore.engine import Engine
from restore.engine.card import Figure
from restore.engine.registry import find_model
from restore.errors import ParameterError
from restore.evaluation.benchmark import run_benchmark
from restore.evaluation.degrade import PROTOCOL, TASKS, pictures
from restore.evaluation.figures import Measurer, find_data, protocol, variants
from restore.evaluation.verification import compare, obstacle
from tests.engine.conftest import picture


@pytest.fixture(scope="module")
def engine():
    return Engine(device="cpu", threads=1)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder of data whose `Small` holds two pictures, with noisy ones beside them."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "Small").mkdir()
    for seed in range(2):
        truth = picture(24, 36, seed)
        noise = np.random.default_rng(seed).normal(0, 0.06, truth.shape)
        for name, values in (("mean", truth), ("noisy", truth + noise)):
            pixels = (255 * values).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / "Small" / f"{seed}_{name}.png")
    return folder


def figure_of(data, engine, task, setting, blind=False):
    files = pictures(task, data / "Small")
    chosen = next(s for s, _ in variants(task) if s.label == setting)
    return Measurer(engine, "base").figure(chosen, blind, "small", files)


@pytest.mark.parametrize("task", TASKS)
def test_a_figure_is_the_mean_of_the_benchmark(task, data, engine):
    rows = run_benchmark(task, data / "Small", engine=engine).means()
    means = {(row["setting"], row["method"]): row["psnr"] for row in rows}
    told = {True: "restore", False: "restore, σ given" if task == "denoise" else "restore"}
    before = "bicubic" if task == "upscale" else "input"
    setting, _ = variants(task)[0]
    for blind in {blind for _, blind in variants(task)}:
        figure = figure_of(data, engine, task, setting.label, blind)
        assert figure.before == pytest.approx(means[setting.label, before], abs=0.006)
        assert figure.after == pytest.approx(means[setting.label, told[blind]], abs=0.006)
        assert figure.pictures == len(pictures(task, data / "Small"))


def test_what_cannot_be_measured_is_refused(tmp_path):
    for task, text in (("dance", "no benchmark"), ("camera", "no pictures")):
        with pytest.raises(ParameterError, match=text):
            find_data(task, tmp_path)


def test_every_variant_is_on_a_card_once():
    listed = [(s.task, s.label, blind) for task in TASKS for s, blind in variants(task)]
    assert len(listed) == len(set(listed)) == 6 + 3 + 1 + 3 + 1


def test_a_changed_figure_is_found_and_others_hold(data, engine):
    true = figure_of(data, engine, "upscale", "×2")
    changed = [
        true,
        true.model_copy(update={"after": true.after + 0.2}),
        true.model_copy(update={"before": true.before - 0.2}),
        true.model_copy(update={"after": true.after + 0.04}),
    ]
    card = find_model("base").model_copy(update={"quality": tuple(changed)})
    told = []
    measurer = Measurer(engine, "base", lambda: told.append(1))
    found = list(compare(card, data, measurer))
    assert [c.holds for c in found] == [True, False, False, True]
    assert found[1].difference == pytest.approx(-0.2)
    assert all(c.measured == true for c in found)
    assert len(told) == 4 * true.pictures


def test_what_cannot_be_measured_again_is_left_out_with_a_reason(data, engine):
    fields = {"task": "upscale", "setting": "×2", "data": "SMALL", "pictures": 4}
    here = Figure(**fields, before=1, after=2, protocol=PROTOCOL)
    card = find_model("base")
    other = {
        "missing": "no pictures in a folder missing",
        "setting": "no benchmark upscale, ×9",
        "task": "no benchmark dance",
        "protocol": "protocol 99",
        "pictures": "only 4 of 5",
    }
    changes = (
        {"data": "missing"},
        {"setting": "×9"},
        {"task": "dance"},
        {"protocol": 99},
        {"pictures": 5},
    )
    assert obstacle(here, data) == ""
    for update, reason in zip(changes, other.values(), strict=True):
        figure = here.model_copy(update=update)
        [left] = compare(
            card.model_copy(update={"quality": (figure,)}), data, Measurer(engine, "base")
        )
        assert left.measured is None
        assert reason in left.reason
        assert left.holds
    with pytest.raises(ParameterError, match="nowhere"):
        obstacle(here, Path("nowhere"))


def test_the_protocol_names_what_was_measured(data, engine):
    figures = [figure_of(data, engine, "upscale", "×2")]
    assert "bicubic filter" in protocol(figures)
    assert "JPEG" not in protocol(figures)
    assert protocol([]) == ""
