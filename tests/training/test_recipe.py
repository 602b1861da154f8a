"""A recipe that cannot be meant is refused with the key and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from restore.errors import ParameterError
from restore.training.recipe import Recipe
from tests.training.problems import OBJECTIVES, BlobsRecipe

GOOD = """
name = "small"
licence = "CC0-1.0"
seed = 3
[data]
sources = ["photos", "/elsewhere/b.zip"]
crop = 64
[network]
channels = [8, 16]
blocks = [1, 2]
[objective]
kind = "blobs"
strength = 0.25
[optimiser.muon]
rate = 0.02
[schedule]
steps = 1000
"""


def load(folder: Path, text: str) -> Recipe:
    path = folder / "recipe.toml"
    path.write_text(text, encoding="utf-8")
    return Recipe.load(path, OBJECTIVES)


def test_a_recipe_is_read_with_its_defaults(tmp_path: Path) -> None:
    recipe = load(tmp_path, GOOD)

    assert recipe.data.sources == (tmp_path / "photos", Path("/elsewhere/b.zip"))
    assert recipe.objective == BlobsRecipe(strength=0.25)
    assert (recipe.optimiser.muon.rate, recipe.optimiser.muon.momentum) == (0.02, 0.95)
    assert recipe.architecture.inputs == 4
    assert recipe.architecture.channels == (8, 16)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("seed = 3", "sead = 3", r"at sead: there is no such key\.\nAllowed: name, .*seed"),
        ("rate = 0.02", "rat = 1", r"at optimiser\.muon\.rat: .*\nAllowed: rate, momentum, weight"),
        ("crop = 64", "crop = 'big'", r"at data\.crop: .*integer.*\nIt is 'big'"),
        ("crop = 64", "crop = 66", r"data\.crop must be a multiple of 4, for 2 levels"),
        ("rate = 0.02", "rate = -1", r"at optimiser\.muon\.rate: .*greater than 0\.\nIt is -1"),
        ("rate = 0.02", "rate = nan", r"at optimiser\.muon\.rate: "),
        ("steps = 1000", "steps = 0", r"at schedule\.steps: .*1\.\nIt is 0"),
        ("steps = 1000", "steps = 100", r"at schedule: warm_up must be less than the 100 steps"),
        ("steps = 1000", "", r"at schedule\.steps: field required"),
        ("blocks = [1, 2]", "blocks = [1]", r"network\.blocks needs 2 numbers"),
        ('kind = "blobs"', 'kind = "drops"', r"objective\.kind: there is no “drops”\.\n.*blobs"),
        ("strength = 0.25", "length = 1", r"at objective\.length: .*\nAllowed: kind, strength"),
        ("strength = 0.25", "strength = 'x'", r"at objective\.strength: .*number"),
        ('sources = ["photos", "/elsewhere/b.zip"]', "sources = []", r"at data\.sources: "),
        ('name = "small"', 'name = "No good"', r"at name: "),
        ("seed = 3", "seed = = 3", r"cannot be read: "),
    ],
)
def test_a_wrong_recipe_is_refused_by_its_key(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    assert old in GOOD
    with pytest.raises(ParameterError, match=says) as caught:
        load(tmp_path, GOOD.replace(old, new))
    assert str(tmp_path / "recipe.toml") in caught.value.message


def test_a_missing_recipe_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"nowhere\.toml cannot be read: No such file"):
        Recipe.load(tmp_path / "nowhere.toml")


def test_the_fingerprint_is_of_what_decides_the_weights(tmp_path: Path) -> None:
    print_ = load(tmp_path, GOOD).fingerprint

    for same in (GOOD.replace("photos", "pictures"), GOOD + "[run]\ncheckpoint_minutes = 1\n"):
        assert load(tmp_path, same).fingerprint == print_
    for other in (GOOD.replace("0.25", "0.3"), GOOD.replace("seed = 3", "seed = 4")):
        assert load(tmp_path, other).fingerprint != print_
