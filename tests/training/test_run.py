"""A whole run in its folder: what it leaves, how it goes on, what it refuses and when."""

import json
import shutil
import tomllib

import pytest
import torch
from PIL import Image

from restore.engine.card import sha256
from restore.errors import ModelError, ParameterError, PhotoError, WriteError
from restore.training.data.index import INDEX
from restore.training.growing import load_weights
from restore.training.log import Log
from restore.training.recipe import Recipe
from restore.training.run import train
from tests.cli.conftest import contents, picture
from tests.training import problems
from tests.training.problems import Record


@pytest.fixture
def photos(tmp_path):
    for seed in range(3):
        picture(tmp_path / "photos" / f"{seed}.png", (24, 16), seed=seed)
    return tmp_path / "photos"


@pytest.fixture
def run(tmp_path, photos):
    """Train the blobs in a folder of their own; what was told."""

    def start(steps=4, folder="run", minutes=None, weights=None, cache=None, **changes):
        data = {"sources": (photos,)}
        recipe = problems.recipe(steps, **{"data": data} | changes)
        told = Record({})
        train(
            recipe,
            tmp_path / folder,
            monitor=told,
            device="cpu",
            minutes=minutes,
            weights=weights,
            cache=cache,
        )
        return told

    return start


def test_a_run_remembers_what_it_began_with_also_when_it_goes_on(run, tmp_path):
    run(2, "first")
    weights = tmp_path / "first" / "weights.safetensors"
    recipe = tmp_path / "first" / "recipe.toml"
    earlier = f'\n[origin]\nweights = "older"\nsha256 = "{"0" * 64}"\nmegapixels = 7\n'
    recipe.write_text(recipe.read_text("utf-8") + earlier, "utf-8")
    for steps in (2, 3):
        run(steps, "second", weights=weights if steps == 2 else None)
        told = tomllib.loads((tmp_path / "second" / "recipe.toml").read_text("utf-8"))
        assert told["origin"] == {
            "weights": "first/weights.safetensors",
            "sha256": sha256(weights),
            "megapixels": 7,
        }


def test_a_run_leaves_everything_that_it_promises(run, tmp_path):
    run(4)
    folder = tmp_path / "run"
    assert {path.name for path in folder.iterdir()} == {
        *("cache", "checkpoint-000000004.safetensors", "curves.png", "log.jsonl"),
        *("recipe.toml", "sheet.png", "weights.safetensors"),
    }
    assert load_weights(folder / "weights.safetensors")
    assert [entry.step for entry in Log.read(folder / "log.jsonl").course][:4] == [1, 2, 3, 4]
    for name in ("curves.png", "sheet.png"):
        with Image.open(folder / name) as image:
            image.load()


def test_the_recipe_that_is_left_is_the_one_that_ran(run, tmp_path, photos):
    run(4, optimiser={"clip": 0.1 + 0.2})
    left = Recipe.load(tmp_path / "run" / "recipe.toml", problems.OBJECTIVES)
    ran = problems.recipe(4, data={"sources": (photos,)}, optimiser={"clip": 0.1 + 0.2})
    assert left == ran
    assert left.fingerprint == ran.fingerprint


def test_a_second_run_goes_on_and_its_log_too(run, tmp_path):
    run(3)
    first = Log.read(tmp_path / "run" / "log.jsonl")
    told = run(8)
    log = Log.read(tmp_path / "run" / "log.jsonl")
    assert told.start.step == 3
    assert log.entries[: len(first.entries)] == first.entries
    reports = [entry.step for entry in log.course if entry.event == "report"]
    assert reports == list(range(1, 9))


def test_another_network_is_refused_before_photos_are_decoded(run, tmp_path):
    run(3, cache=tmp_path / "elsewhere")
    before = contents(tmp_path)
    with pytest.raises(ModelError, match=r"another network.*4, 8.*4, 16"):
        run(8, channels=(4, 16))
    assert contents(tmp_path) == before


def test_checkpoints_that_cannot_fit_are_refused_before_photos_are_decoded(
    run, tmp_path, monkeypatch
):
    """On a full disk, which a test must not make."""
    run(3, cache=tmp_path / "elsewhere")
    before = contents(tmp_path)
    full = shutil.disk_usage(tmp_path)._replace(free=10)
    monkeypatch.setattr("shutil.disk_usage", lambda path: full)
    with pytest.raises(WriteError, match=r"Checkpoints take .* GB are free"):
        run(4, "other")
    assert contents(tmp_path) == before


def test_a_run_in_a_file_is_refused_before_photos_are_decoded(run, tmp_path):
    (tmp_path / "run").touch()
    before = contents(tmp_path)
    with pytest.raises(WriteError, match="run cannot be written to: Not a directory"):
        run(4)
    assert contents(tmp_path) == before


def test_a_damaged_log_is_refused_before_photos_are_decoded(run, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "log.jsonl").write_text("Dear diary,\n")
    before = contents(tmp_path)
    with pytest.raises(ParameterError, match="Line 1"):
        run(4)
    assert contents(tmp_path) == before


def test_a_folder_without_photos_is_refused_and_none_is_made(run, tmp_path):
    (tmp_path / "empty").mkdir()
    before = contents(tmp_path)
    with pytest.raises(PhotoError, match="no photo"):
        run(4, data={"sources": (tmp_path / "empty",)})
    assert contents(tmp_path) == before


def test_a_cache_of_another_version_is_built_anew(run, tmp_path):
    index = tmp_path / "run" / "cache" / INDEX
    run(3)
    good = json.loads(index.read_text())
    index.write_text(json.dumps(good | {"version": good["version"] + 1}))
    run(4)
    assert json.loads(index.read_text()) == good


def test_a_photo_that_is_left_out_is_named(run, tmp_path, photos):
    (photos / "broken.png").write_bytes(b"none")
    told = run(3)
    [warning] = [text for text in told.warnings if "broken.png" in text]
    assert warning in {
        getattr(entry, "text", "") for entry in Log.read(tmp_path / "run/log.jsonl").entries
    }


def test_crops_larger_than_every_photo_are_refused_before_one_is_decoded(run, tmp_path):
    before = contents(tmp_path / "photos")
    with pytest.raises(ParameterError, match="No picture is large enough"):
        run(2, data={"sources": (tmp_path / "photos",), "crop": 64})
    assert contents(tmp_path / "photos") == before
    assert not list((tmp_path / "run").rglob("pixels*"))


def test_a_new_run_begins_with_weights_that_exist(run, tmp_path):
    run(6)
    weights = tmp_path / "run" / "weights.safetensors"
    still = {"muon": {"rate": 1e-12}, "adamw": {"rate": 1e-12}}
    run(2, "grown", weights=weights, channels=(4, 16), optimiser=still)
    old, new = load_weights(weights), load_weights(tmp_path / "grown" / "weights.safetensors")
    for name, weight in old.items():
        inside = tuple(slice(size) for size in weight.shape)
        assert torch.allclose(new[name][inside], weight, atol=1e-3), name


def test_a_run_that_goes_on_does_not_begin_again_with_weights(run, tmp_path):
    run(3)
    weights = tmp_path / "run" / "weights.safetensors"
    told = run(5, weights=weights)
    assert told.start.step == 3
    assert any("is not used" in text for text in told.warnings)


def test_weights_of_a_larger_network_are_refused_before_photos_are_decoded(run, tmp_path):
    run(2, channels=(4, 16))
    before = contents(tmp_path)
    with pytest.raises(ModelError, match="can only grow"):
        run(2, "other", weights=tmp_path / "run" / "weights.safetensors")
    assert contents(tmp_path) == before
