"""A run's folder becomes a model's folder, complete or not at all."""

import json
import tomllib

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from restore.engine.backends.ort_backend import OrtNetwork
from restore.engine.card import Card
from restore.engine.install import install_model
from restore.engine.registry import shipped_models
from restore.errors import ModelError, ParameterError, PhotoError, WriteError
from restore.training.release import About, release
from restore.training.run import train
from tests.cli.conftest import contents
from tests.cli.conftest import picture as save_picture
from tests.engine.conftest import picture, random_weights
from tests.training import problems

RECIPE = """
name = "mine"
title = "Mine"
licence = "Apache-2.0"
[data]
sources = ["/home/someone/secret/photos.zip"]
[objective]
kind = "restore"
[[objective.mix]]
name = "noise"
share = 0.5
"""
CLEAN = [picture(32, 48)]


def write_run(folder, weights, *, step=7, checkpoint=None, recipe=RECIPE):
    """A run's folder: `weights` in half precision, and in a checkpoint as they are."""
    folder.mkdir(exist_ok=True)
    about = {"name": "mine", "architecture": {}, "step": step, "pixels": 12_600_000}
    half = {name: w.astype(np.float16) for name, w in weights.items()}
    save_file(half, folder / "weights.safetensors", {"restore": json.dumps(about)})
    if checkpoint is not None:
        at = {"restore": json.dumps({**about, "step": checkpoint})}
        exact = {f"average.{name}": w for name, w in weights.items()}
        other = {f"network.{name}": w + 1 for name, w in weights.items()}
        save_file(exact | other, folder / f"checkpoint-{checkpoint:09d}.safetensors", at)
    (folder / "recipe.toml").write_text(recipe, "utf-8")
    return folder


@pytest.fixture(scope="module")
def trained():
    """The shipped weights in single precision, none of which half precision can hold exactly."""
    weights = load_file(shipped_models() / "base" / "weights.safetensors")
    return {name: w.astype(np.float32) * np.float32(1.0001) for name, w in weights.items()}


@pytest.fixture
def random_run(tmp_path):
    return write_run(tmp_path / "run", random_weights(), checkpoint=7)


def test_a_run_becomes_a_model_that_is_taken_in(trained, tmp_path):
    run = write_run(tmp_path / "run", trained, checkpoint=7)
    (tmp_path / "credits.tsv").write_text("picture\tcredit\n")
    about = About(version="2.1", data="Some photos.", credits=tmp_path / "credits.tsv")
    card = release(run, tmp_path / "model", about, clean=CLEAN)
    card.verify()
    assert (card.name, card.title, card.version) == ("mine", "Mine", "2.1")
    assert (card.licence, card.data, card.trained_megapixels) == ("Apache-2.0", "Some photos.", 13)
    assert card.onnx_difference < 1e-4
    assert 0 <= abs(card.half_precision_loss) < 0.01
    stored = load_file(card.weights)
    assert all(np.array_equal(stored[n], w.astype(np.float16)) for n, w in trained.items())
    assert (card.folder / card.credits).read_text() == "picture\tcredit\n"
    installed = install_model(card.folder, [picture(64, 80)], into=tmp_path / "user")
    assert installed.after > installed.before + 3
    assert installed.card == card.model_copy(update={"folder": tmp_path / "user" / "mine"})


def test_a_card_counts_what_the_run_began_with(trained, tmp_path):
    origin = (
        f'[origin]\nweights = "base/weights.safetensors"\nsha256 = "{"0" * 64}"\nmegapixels = 500\n'
    )
    run = write_run(tmp_path / "run", trained, recipe=RECIPE + origin)
    assert release(run, tmp_path / "model").trained_megapixels == 513


def test_what_a_real_run_leaves_is_understood(tmp_path):
    for seed in range(3):
        save_picture(tmp_path / "photos" / f"{seed}.png", (24, 16), seed=seed)
    recipe = problems.recipe(3, data={"sources": (tmp_path / "photos",)})
    train(recipe, tmp_path / "run", monitor=problems.Record({}), device="cpu")
    card = release(tmp_path / "run", tmp_path / "model")
    assert (card.name, card.licence) == (recipe.name, recipe.licence)
    assert card.architecture == recipe.architecture
    assert str(tmp_path) not in (card.folder / card.recipe).read_text("utf-8")
    [checkpoint] = (tmp_path / "run").glob("checkpoint-*.safetensors")
    kept, stored = load_file(checkpoint), load_file(card.weights)
    assert all(np.array_equal(kept[f"average.{name}"], w) for name, w in stored.items())


def test_a_random_network_is_exported_and_then_refused(random_run, tmp_path):
    card = release(random_run, tmp_path / "model", clean=CLEAN)
    card.verify()
    with pytest.raises(ModelError, match="does not restore"):
        install_model(card.folder, CLEAN, into=tmp_path / "user")


def test_the_recipe_that_is_published_says_nothing_of_this_machine(random_run, tmp_path):
    card = release(random_run, tmp_path / "model")
    published = (card.folder / card.recipe).read_text("utf-8")
    assert "secret" not in published
    expected = tomllib.loads(RECIPE)
    expected["data"]["sources"] = ["photos.zip"]
    assert tomllib.loads(published) == expected


def test_weights_that_half_precision_would_ruin_are_stored_in_single(tmp_path):
    """ReLU lets a factor through: the function is the same, but its weights overflow."""
    weights = random_weights()
    for name in weights:
        if ".conv1." in name:
            weights[name] = weights[name] * np.float32(2**20)
            other = name.replace("conv1", "conv2")
            if name.endswith("weight"):
                weights[other] = weights[other] / np.float32(2**20)
    run = write_run(tmp_path / "run", random_weights())
    plain = release(run, tmp_path / "plain")
    with np.errstate(over="ignore"):
        write_run(tmp_path / "run", weights, checkpoint=7)
    card = release(run, tmp_path / "model", clean=CLEAN)
    assert card.half_precision_loss > 0.01
    assert {w.dtype for w in load_file(card.weights).values()} == {np.dtype(np.float32)}
    assert Card.load(card.folder).half_precision_loss == card.half_precision_loss
    x = np.random.default_rng(0).standard_normal((1, 10, 16, 24), np.float32)
    f, expected = (OrtNetwork(c, "cpu")(x) for c in (card, plain))
    assert np.allclose(f, expected, atol=0.01 * expected.std())


def test_a_checkpoint_of_another_step_is_not_taken(tmp_path):
    weights = random_weights()
    run = write_run(tmp_path / "run", weights, step=7, checkpoint=6)
    card = release(run, tmp_path / "model", clean=CLEAN)
    assert card.half_precision_loss is None
    assert "half_precision_loss" not in (card.folder / "card.toml").read_text()
    stored = load_file(card.weights)
    assert all(np.array_equal(stored[n], w.astype(np.float16)) for n, w in weights.items())


def test_an_existing_folder_is_replaced_only_if_told(random_run, tmp_path):
    target = tmp_path / "model"
    target.mkdir()
    (target / "precious.txt").write_text("mine")
    before = contents(tmp_path)
    with pytest.raises(WriteError, match="already exists"):
        release(random_run, target)
    assert contents(tmp_path) == before
    card = release(random_run, target, overwrite=True)
    assert {p.name for p in target.iterdir()} == {*card.files, "card.toml"}
    assert {p.name for p in tmp_path.iterdir()} == {"run", "model"}


def test_a_failure_leaves_everything_as_it_was(random_run, tmp_path):
    """It comes when weights and graph are already written."""
    release(random_run, tmp_path / "model")
    before = contents(tmp_path)

    def measure(card):
        assert (card.folder / "network.onnx").exists()
        raise PhotoError("A picture is broken.")

    with pytest.raises(PhotoError):
        release(random_run, tmp_path / "model", measure=measure, overwrite=True)
    assert contents(tmp_path) == before


def test_what_the_export_cannot_use_is_named(random_run, tmp_path):
    target = tmp_path / "model"

    def refused(kind, text, **about):
        with pytest.raises(kind, match=text):
            release(random_run, target, About(**about))
        assert not target.exists()

    refused(ParameterError, "name", name="Not A Name")
    refused(ParameterError, "version", version="")
    refused(ParameterError, "no file", credits=tmp_path / "none.tsv")
    (random_run / "recipe.toml").write_text('name = "mine"')
    refused(ParameterError, "licence")
    (random_run / "recipe.toml").write_text("name = ")
    refused(ParameterError, "not a recipe")
    (random_run / "recipe.toml").write_text("data = 3")
    refused(ParameterError, "data", name="mine", licence="CC0-1.0")
    (random_run / "recipe.toml").unlink()
    refused(ParameterError, "training run")
    (random_run / "recipe.toml").write_text(RECIPE)
    (random_run / "weights.safetensors").write_bytes(b"\xff" * 100)
    refused(ModelError, "damaged")
    save_file({"a": np.zeros(3)}, random_run / "weights.safetensors")
    refused(ModelError, "U-Net")
    (random_run / "weights.safetensors").unlink()
    refused(ModelError, "yet")


def test_a_network_that_returns_no_picture_is_exported_unmeasured(tmp_path):
    import torch

    from restore.networks.unet import UNet

    torch.manual_seed(0)
    module = UNet((4, 8), (1, 1), inputs=3, outputs=2, embedding=0)
    weights = {name: w.numpy() for name, w in module.state_dict().items()}
    run = write_run(tmp_path / "run", weights, checkpoint=7)
    card = release(run, tmp_path / "model", clean=CLEAN)
    assert (card.architecture.inputs, card.architecture.outputs) == (3, 2)
    assert card.half_precision_loss is None
    assert all(np.array_equal(load_file(card.weights)[n], w) for n, w in weights.items())
    with pytest.raises(ModelError, match="cannot be measured"):
        install_model(card.folder, CLEAN, into=tmp_path / "user")


@pytest.mark.parametrize("kind", ["classes", "classifier", "autoencoder"])
def test_what_restores_no_photo_becomes_no_model(random_run, tmp_path, kind):
    (random_run / "recipe.toml").write_text(RECIPE.replace('"restore"', f'"{kind}"'), "utf-8")
    with pytest.raises(ParameterError, match=f"of the kind “{kind}” makes no model for photos"):
        release(random_run, tmp_path / "model")
    assert not (tmp_path / "model").exists()
