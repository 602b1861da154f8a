"""A person's shell, in which the editors of a root are programs like any other."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.editors.inside import MARK, Root
from tests.integrations.home import Home, installed_python


@pytest.fixture(scope="session")
def programs(root: Root, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for PATH with the editors of the root that need no window."""
    folder = tmp_path_factory.mktemp("programs")
    for program in (*root.path.glob("usr/bin/gimp-console*"), root.path / "usr/bin/kritarunner"):
        if program.exists() or program.is_symlink():
            root.lend(program.name, folder)
    return folder


@pytest.fixture(scope="session")
def person(programs: Path, session: str, scratch: Callable[[], Path]) -> Callable[..., Home]:
    """Make a person: `person(home)`, in whose shell the toolkit's environment is active."""
    python = installed_python(scratch() / "venv")

    def make(folder: Path, **variables: str) -> Home:
        path = os.pathsep.join(map(str, (python.parent, programs, os.defpath)))
        active = {"PATH": path, "VIRTUAL_ENV": str(python.parent.parent), MARK: session}
        return Home(folder, python, active | variables)

    return make
