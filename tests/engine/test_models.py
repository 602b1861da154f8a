"""Cards, hashes, finding models and taking them in."""

import shutil
import subprocess
import sys
import tomllib

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from restore.engine import Engine, find_models
from restore.engine.backends.ort_backend import runtime_clash
from restore.engine.card import Card, to_toml
from restore.engine.install import install_model
from restore.engine.registry import broken_models, find_model, shipped_models
from restore.errors import ModelError, ParameterError
from restore.training.recipe import Recipe
from tests.engine.conftest import picture, random_weights


@pytest.fixture
def copy(tiny, tmp_path):
    return shutil.copytree(tiny, tmp_path / "tiny")


def test_the_shipped_model_is_what_its_card_says():
    card = find_models()["base"]
    card.verify()
    weights = load_file(card.weights)
    assert card.parameters == sum(w.size for w in weights.values())
    assert card.mflop_per_pixel < 0.5
    assert card.onnx_difference < 1e-4
    assert card.licence == "Apache-2.0"
    assert (card.folder / card.credits).stat().st_size > 0
    assert {p.name for p in card.folder.iterdir()} == {*card.files, "card.toml"}
    recipe = Recipe.load(card.folder / card.recipe)
    assert recipe.network.channels == card.architecture.channels


@pytest.mark.parametrize("file", ["weights.safetensors", "network.onnx"])
def test_one_flipped_bit_is_found(copy, file):
    path = copy / file
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match=file) as error:
        Engine(folders=[copy]).prior("tiny")
    assert "again" in error.value.hint


def test_a_missing_file_is_named(copy):
    (copy / "weights.safetensors").unlink()
    with pytest.raises(ModelError, match=r"weights\.safetensors"):
        Engine(folders=[copy]).prior("tiny")


def test_an_unknown_model_is_told_apart_from_a_misspelt_one():
    with pytest.raises(ModelError, match="“bass”") as error:
        Engine().prior("bass")
    assert "Did you mean “base”" in error.value.hint
    with pytest.raises(ModelError) as error:
        find_model("zzz")
    assert "base" in error.value.hint
    assert "mean" not in error.value.hint


def test_a_plugin_cannot_take_the_place_of_a_shipped_model(copy):
    text = (copy / "card.toml").read_text("utf-8")
    (copy / "card.toml").write_text(text.replace('name = "tiny"', 'name = "base"'), "utf-8")
    assert find_models([copy])["base"].folder == shipped_models() / "base"


def test_a_card_that_cannot_be_read_hides_no_other_model(copy, tiny):
    (copy / "card.toml").write_text("name = ", "utf-8")
    broken = shutil.copytree(copy, copy.with_name("broken"))
    assert {"base", "tiny"} <= find_models([broken, tiny]).keys()
    assert "card.toml" in broken_models([broken, tiny])["broken"].message
    with pytest.raises(ModelError, match=r"card\.toml"):
        find_model("broken", [broken])


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/b", "..", ".hidden"])
def test_a_card_names_files_beside_it_only(copy, name):
    text = (copy / "card.toml").read_text("utf-8")
    (copy / "card.toml").write_text(text + f'"{name}" = "{"0" * 64}"\n', "utf-8")
    with pytest.raises(ModelError, match=r"card\.toml"):
        Card.load(copy)


def test_a_card_survives_writing(tiny, tmp_path):
    for card in (Card.load(tiny), find_model("base")):
        (tmp_path / "card.toml").write_text(card.to_toml(), "utf-8")
        assert Card.load(tmp_path) == card.model_copy(update={"folder": tmp_path})
    table = {"a": 'quote " back \\ line\nend', "b": [1, 2.5], "c": {"x.y": True, "d": {"e": -1}}}
    assert tomllib.loads(to_toml(table)) == table


def test_weights_of_another_shape_are_refused(copy):
    text = (copy / "card.toml").read_text("utf-8")
    (copy / "card.toml").write_text(text.replace("[8, 12, 16]", "[8, 12, 20]"), "utf-8")
    with pytest.raises(ModelError, match="does not fit"):
        Engine(folders=[copy], backend="torch").prior("tiny")


def test_a_trained_model_is_taken_in_and_found(tmp_path):
    source = shutil.copytree(shipped_models() / "base", tmp_path / "mine")
    text = (source / "card.toml").read_text("utf-8")
    (source / "card.toml").write_text(text.replace('name = "base"', 'name = "mine"'), "utf-8")
    installed = install_model(source, [picture(96, 120)], into=tmp_path / "user")
    assert installed.after > installed.before + 3
    assert find_models([tmp_path / "user"])["mine"].folder == tmp_path / "user" / "mine"
    with pytest.raises(ModelError, match="already"):
        install_model(source, [picture(96, 120)], into=tmp_path / "user")
    assert [p.name for p in (tmp_path / "user").iterdir()] == ["mine"]


def test_bare_weights_need_a_licence_and_get_a_card(tmp_path):
    source = tmp_path / "Other.safetensors"
    shutil.copy(shipped_models() / "base" / "weights.safetensors", source)
    with pytest.raises(ModelError, match="licence"):
        install_model(source, [picture(96, 120)], into=tmp_path / "user")
    card = install_model(source, [picture(96, 120)], licence="CC0-1.0", into=tmp_path / "user").card
    assert card.name == "other"
    assert card.architecture == find_model("base").architecture
    assert card.graph is not None
    card.verify()


@pytest.mark.parametrize("kind", ["random", "silent", "nan"])
def test_a_model_that_does_not_restore_is_refused(tmp_path, kind):
    weights = random_weights()
    if kind != "random":
        weights["tail.weight"] *= 0 if kind == "silent" else np.nan
    save_file(weights, tmp_path / "bad.safetensors")
    with pytest.raises(ModelError, match="does not restore"):
        install_model(
            tmp_path / "bad.safetensors",
            [picture(64, 64)],
            licence="CC0-1.0",
            into=tmp_path / "user",
        )
    assert not list((tmp_path / "user").iterdir())


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".ckpt"])
def test_pickles_are_not_opened(tmp_path, suffix):
    path = tmp_path / f"model{suffix}"
    path.write_bytes(b"cos\nsystem\n(S'touch pwned'\ntR.")
    with pytest.raises(ModelError, match="pickle"):
        install_model(path, [picture(64, 64)], into=tmp_path / "user")


def test_damaged_folders_and_files_are_not_taken_in(copy, tmp_path):
    (tmp_path / "x.safetensors").write_bytes(b"\xff" * 100)
    with pytest.raises(ModelError, match="not a safetensors file"):
        install_model(
            tmp_path / "x.safetensors", [picture(64, 64)], licence="CC0-1.0", into=tmp_path / "user"
        )
    save_file({"a": np.zeros(3)}, tmp_path / "y.safetensors")
    with pytest.raises(ModelError, match="not those of a U-Net"):
        install_model(
            tmp_path / "y.safetensors", [picture(64, 64)], licence="CC0-1.0", into=tmp_path / "user"
        )
    with (copy / "network.onnx").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ModelError, match=r"network\.onnx is damaged"):
        install_model(copy, [picture(64, 64)], into=tmp_path / "user")
    assert not list((tmp_path / "user").iterdir())


def test_nothing_is_accepted_unmeasured(tiny, tmp_path):
    with pytest.raises(ParameterError):
        install_model(tiny, [], into=tmp_path / "user")


def test_a_clash_of_runtimes_is_found(tmp_path, monkeypatch):
    assert runtime_clash() == ""
    for wheel in ("onnxruntime", "onnxruntime-gpu"):
        info = tmp_path / f"{wheel.replace('-', '_')}-9.9.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {wheel}\nVersion: 9.9\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert "onnxruntime 9.9 and onnxruntime-gpu 9.9" in runtime_clash()


def test_importing_the_engine_is_light():
    code = (
        "import sys, restore.engine; heavy = {'torch', 'onnxruntime', 'scipy'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
