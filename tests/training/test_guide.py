"""What the guide says of recipes is so."""

import re
import tomllib
from pathlib import Path

import pytest

from restore.engine.card import to_toml
from restore.training.recipe import Recipe
from restore.training.run import CACHE, CURVES, LOG, RECIPE

GUIDE = (Path(__file__).parents[2] / "docs" / "guide" / "train.md").read_text("utf-8")


WHOLE, CLASSES = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture
def recipe(tmp_path):
    (tmp_path / "portraits.toml").write_text(WHOLE, "utf-8")
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


def test_the_tables_of_classes_fit_into_the_whole(tmp_path):
    whole, tables = tomllib.loads(WHOLE), tomllib.loads(CLASSES)
    whole["network"] |= tables["network"]
    whole["objective"] = tables["objective"]
    (tmp_path / "pets.toml").write_text(to_toml(whole), "utf-8")
    recipe = Recipe.load(tmp_path / "pets.toml")
    assert recipe.objective.labelling.classes == 2
    assert recipe.architecture.inputs == 3 + 2 + 1
    told = recipe.objective.model_dump()
    kept = type(recipe.objective)(classes=told["classes"]).model_dump()
    assert told == kept  # the guide shows the defaults


def test_the_files_in_the_guide_are_those_of_a_run():
    for name in (CURVES, LOG, RECIPE, f"{CACHE}/", "weights.safetensors", "sheet.png"):
        assert f"| `{name}` |" in GUIDE


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[2] / "docs/recipes").glob("*.toml"))
)
def test_recipes_to_begin_with_are_whole(path):
    recipe = Recipe.load(path)
    if recipe.objective.kind == "restore":
        assert sum(kind.share for kind in recipe.objective.mix) == pytest.approx(1)
    else:
        assert recipe.objective.kind == path.stem.replace("digits", "classes")
