"""docs/hooks.md says what the code does, and its plugin works when it is installed."""

from __future__ import annotations

import inspect
import re
import tomllib
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from restore.hooks import Action, Context, specs
from tests.hooks.conftest import python

DOCS = Path(__file__).parents[2] / "docs" / "hooks.md"
TEXT = DOCS.read_text(encoding="utf-8")
HOOKS = {
    name: function
    for name, function in vars(specs).items()
    if inspect.isfunction(function) and hasattr(function, "restore_spec")
}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_every_hook_is_documented_and_nothing_else() -> None:
    assert re.findall(r"^### `(\w+)`$", TEXT, re.MULTILINE) == list(HOOKS)


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_is_documented_with_its_signature(name: str) -> None:
    signature = str(inspect.signature(HOOKS[name])).replace("'", "")
    assert f"def {name}{signature}: ...\n" in blocks("python")


def test_a_context_is_documented_with_its_signatures() -> None:
    methods = "".join(
        f"    def {name}{inspect.signature(function)}: ...\n".replace("'", "", 99)
        for name, function in vars(Context).items()
        if inspect.isfunction(function) and not name.startswith("_")
    )
    documented = next(block for block in blocks("python") if block.startswith("class Context"))
    assert documented.replace('"', "") == "class Context:\n" + methods.replace('"', "")


def test_an_action_is_documented_with_its_fields() -> None:
    lines = ["class Action:"]
    for field in fields(Action):
        default = "" if field.default is MISSING else f" = {field.default!r}".replace("''", '""')
        lines.append(f"    {field.name}: {field.type}{default}")
    assert "\n".join(lines) + "\n" in blocks("python")


def test_the_plugin_of_the_tutorial_works(tmp_path: Path) -> None:
    module, use = blocks("python")[:2]
    project = tomllib.loads(blocks("toml")[0])["project"]
    assert module.startswith("# restore_negative.py\n")
    assert len(module.strip().splitlines()) <= 35
    site = tmp_path / "site"
    metadata = site / "restore_negative-1.0.dist-info"
    metadata.mkdir(parents=True)
    (site / "restore_negative.py").write_text(module, encoding="utf-8")
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    [(name, value)] = project["entry-points"]["restore"].items()
    (metadata / "entry_points.txt").write_text(f"[restore]\n{name} = {value}\n")
    process = python(
        "import os, numpy as np, restore\n"
        f"os.chdir({str(tmp_path)!r})\n"
        "photo = np.full((4, 5, 3), 51, np.uint8)\n"
        f"{use}\n"
        "print(*np.unique(restore.read('negative.png').pixels))",
        site,
    )
    assert process.stderr == ""
    found, pixels = process.stdout.splitlines()
    assert found == "{'brightest': 0.20000000298023224}"
    assert int(pixels) == round((0.8 - 0.2) * 255)
