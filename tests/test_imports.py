"""What is imported, and when: a start must not pay for what it does not use."""

from __future__ import annotations

import ast
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import restore
from tests.hooks.conftest import ROOT, python

HEAVY = ("torch", "onnxruntime", "scipy", "skimage", "PIL", "imagecodecs", "tifffile", "matplotlib")


def imported_by(code: str) -> set[str]:
    process = python(f"{code}\nimport sys; print(*{{name.split('.')[0] for name in sys.modules}})")
    assert process.returncode == 0, process.stderr
    return set(process.stdout.split())


def test_importing_restore_imports_nothing_but_the_standard_library() -> None:
    new = imported_by("import restore") - imported_by("pass")
    assert new - sys.stdlib_module_names == {"restore"}


@pytest.mark.parametrize(
    "code",
    [
        "import restore; restore.denoise, restore.read, restore.Photo, restore.Result",
        "from restore.hooks.manager import Plugins; Plugins.load()",
        "from restore.engine import Engine; Engine()",
        "import restore_classic; restore_classic.restore_actions()",
    ],
)
def test_nothing_heavy_is_imported_before_it_is_used(code: str) -> None:
    assert imported_by(code) & set(HEAVY) == set()


@pytest.mark.parametrize("name", restore.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(restore, name) is not None
    assert name in dir(restore)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'restore' has no attribute 'denoize'"):
        restore.denoize  # type: ignore[attr-defined]  # noqa: B018


def test_the_version_is_that_of_the_distribution() -> None:
    project = tomllib.loads((Path(ROOT) / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert restore.__version__ == project["version"]


def test_type_checkers_see_the_lazy_names() -> None:
    """The imports for type checkers name the objects that `__getattr__` provides, all of them."""
    tree = ast.parse(Path(restore.__file__).read_text(encoding="utf-8"))
    [branch] = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {
        alias.name: getattr(import_module(str(line.module)), alias.name)
        for line in branch.body
        if isinstance(line, ast.ImportFrom)
        for alias in line.names
    }
    assert seen == {n: getattr(restore, n) for n in restore.__all__ if n != "__version__"}
