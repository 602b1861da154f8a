"""Exporting a run as a person does it, and finding that a card tells the truth, or does not."""

import shutil

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file

from restore.engine.card import Card
from restore.engine.registry import shipped_models
from tests.cli.conftest import contents
from tests.engine.conftest import picture
from tests.training.test_release import write_run


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "data" / "small"
    folder.mkdir(parents=True)
    for seed in range(2):
        pixels = (255 * picture(24, 36, seed) ** (1 + seed)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{seed}.png")
    return folder


@pytest.fixture
def exported(call, tmp_path, photos):
    """Export the shipped weights as “mine”, measured on two pictures."""
    weights = load_file(shipped_models() / "base" / "weights.safetensors")
    write_run(tmp_path / "run", weights)
    options = ("--to", "mine", "--measure", f"upscale={photos}", "--version", "3")
    options = (*options, "--pictures", photos, "--device", "cpu")
    code, out, err = call("models", "export", "run", *options)
    assert (code, err) == (0, "")
    return tmp_path / "mine", out


def install(folder, user):
    """Install a model without measuring it, which other tests do."""
    return shutil.copytree(folder, user / "restore" / "models" / folder.name)


def test_what_is_exported_is_measured_installed_and_verified(call, exported, photos):
    folder, out = exported
    card = Card.load(folder)
    assert [f.setting for f in card.quality] == ["×2", "×3", "×4"]
    assert {(f.data, f.pictures, f.task) for f in card.quality} == {("small", 2, "upscale")}
    assert all(f"{f.after:.2f}" in out for f in card.quality)
    assert card.version == "3"
    assert "bicubic" in card.protocol
    assert call("models", "import", folder, "--pictures", photos)[0] == 0
    code, out, err = call("models", "verify", "mine", "--data", photos.parent, "--device", "cpu")
    assert (code, err) == (0, "")
    assert "files intact" in out
    assert out.count("+0.00") == 3


def test_a_figure_changed_by_hand_is_found(call, exported, photos, tmp_path):
    folder = install(exported[0], tmp_path / "home")
    better = [f.model_copy(update={"after": f.after + 0.3}) for f in Card.load(folder).quality[1:2]]
    rewrite(folder, *better, *Card.load(folder).quality[:1])
    code, out, err = call("models", "verify", "mine", "--data", photos.parent, "--device", "cpu")
    assert code == 5
    assert "-0.30  off" in out
    assert "upscale ×3" in err
    assert "upscale ×2" not in err
    assert call("models", "verify", "mine")[0] == 0


def test_figures_without_their_pictures_are_left_out(call, exported, photos, tmp_path):
    folder = install(exported[0], tmp_path / "home")
    figure = Card.load(folder).quality[0]
    rewrite(folder, figure, figure.model_copy(update={"data": "elsewhere"}))
    code, out, _ = call("models", "verify", "mine", "--data", photos.parent, "--device", "cpu")
    assert code == 0
    assert "left out: no pictures in a folder elsewhere" in out
    shutil.copy(photos / "0.png", photos / "1.png")
    code, _, err = call("models", "verify", "mine", "--data", photos.parent, "--device", "cpu")
    assert code == 5
    assert "other pictures" in err
    (photos / "1.png").unlink()
    code, _, err = call("models", "verify", "mine", "--data", photos.parent)
    assert code == 2
    assert "elsewhere, small" in err
    (folder / "recipe.toml").write_text("")
    code, _, err = call("models", "verify", "mine", "--data", photos.parent)
    assert code == 5
    assert "recipe.toml is damaged" in err


def rewrite(folder, *figures):
    """Put other figures on a card."""
    card = Card.load(folder).model_copy(update={"quality": figures})
    (folder / "card.toml").write_text(card.to_toml(), "utf-8")


def test_an_export_that_would_replace_something_or_cannot_be_done_does_nothing(
    call, exported, photos, tmp_path
):
    before = contents(tmp_path)
    assert call("models", "export", "run", "--to", "mine")[0] == 4
    assert call("models", "export", "nowhere", "--to", "new")[0] == 2
    assert call("models", "export", "data", "--to", "new")[0] == 2
    for wrong in ("upscale", "dance=data/small", "upscale=nowhere"):
        assert call("models", "export", "run", "--to", "new", "--measure", wrong)[0] == 2
    assert call("models", "export", "run", "--to", "new", "--measure", "denoise=data")[0] == 2
    assert call("models", "export", "run", "--to", "new/deep")[0] == 4
    assert contents(tmp_path) == before
    again = ("--to", "mine", "--overwrite", "--pictures", photos)
    assert call("models", "export", "run", *again)[0] == 0
    assert Card.load(tmp_path / "mine").quality == ()
