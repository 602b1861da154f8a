"""What the guide says of recipes is so."""

import re
import tomllib
from pathlib import Path

import pytest

from restore.training.recipe import Recipe
from restore.training.run import CACHE, CURVES, LOG, RECIPE

GUIDE = (Path(__file__).parents[2] / "docs" / "guide" / "train.md").read_text("utf-8")


@pytest.fixture
def recipe(tmp_path):
    [example] = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    (tmp_path / "portraits.toml").write_text(example, "utf-8")
    return Recipe.load(tmp_path / "portraits.toml")


def test_the_recipe_in_the_guide_is_whole(recipe, tmp_path):
    assert recipe.name == "portraits"
    assert recipe.data.sources == (tmp_path / "photos", tmp_path / "more.zip")


def test_the_defaults_in_the_guide_are_those_of_the_code(recipe):
    table = GUIDE.partition("| Key |")[2].partition("\n\n")[0]
    defaults = re.findall(r"^\| `([a-z_.]+)` \|(.*?)\|", table, re.MULTILINE)
    assert len(defaults) > 8
    for key, text in defaults:
        value = recipe
        for part in key.split("."):
            value = getattr(value, part)
        said = tomllib.loads(f"value = {text}")["value"] if text.strip() else ""
        assert value == said, key


def test_the_files_in_the_guide_are_those_of_a_run():
    for name in (CURVES, LOG, RECIPE, f"{CACHE}/", "weights.safetensors", "sheet.png"):
        assert f"| `{name}` |" in GUIDE


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[2] / "docs/recipes").glob("*.toml"))
)
def test_recipes_to_begin_with_are_whole(path):
    recipe = Recipe.load(path)
    shares = [kind.share for kind in recipe.objective.mix]
    assert sum(shares) == pytest.approx(1)
