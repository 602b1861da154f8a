"""Folders with photos, a recipe for them, and `restore watch` as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from restore.hooks.manager import Plugins
from tests.plugins import install

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Place:
    """A folder with `in`, `out` and `recipe.toml`."""

    root: Path
    environment: dict[str, str]

    @property
    def inbox(self) -> Path:
        return self.root / "in"

    @property
    def out(self) -> Path:
        return self.root / "out"

    @property
    def recipe(self) -> Path:
        return self.root / "recipe.toml"

    def write(self, *lines: str, step: str = 'action = "identity"', head: str = "") -> Path:
        """Write a recipe for `in` and `out` with these lines more."""
        folder = ['path = "in"', 'output = "out"', *lines, "[[folder.step]]", step, ""]
        self.recipe.write_text("\n".join([head, "[[folder]]", *folder]))
        return self.recipe

    def photo(self, name: str, seed: int = 0, size: int = 12) -> Path:
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(seed).integers(0, 256, (size, size, 3), np.uint8)
        Image.fromarray(pixels).save(path)
        return path

    def start(self, *arguments: object, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "restore", "watch", *map(str, arguments)],
            cwd=self.root,
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="surrogateescape",
        )

    def __call__(self, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments, **environment)
        out, err = process.communicate(timeout=120)
        assert "Traceback" not in out + err, err
        assert process.returncode != 70, err
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def results(self) -> dict[str, bytes]:
        """Return what is in the output, hidden files apart."""
        return {
            str(path.relative_to(self.out)): path.read_bytes()
            for path in sorted(self.out.rglob("*"))
            if path.is_file()
            and not any(part.startswith(".") for part in path.relative_to(self.out).parts)
        }


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that makes `watch` and plugins for tests findable."""
    folder = tmp_path_factory.mktemp("site")
    install(folder, "watch", "restore_watch")
    for name in ("identity", "invert", "hosted"):
        install(folder, name)
    return folder


@pytest.fixture
def place(tmp_path: Path, site: Path) -> Place:
    root = tmp_path / "place"
    (root / "in").mkdir(parents=True)
    parts = (site, ROOT, ROOT / "plugins", ROOT / "integrations")
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, parts)),
        "PYTHONWARNINGS": "error",
        "RESTORE_PLUGINS": "watch,identity,invert,hosted",
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }
    return Place(root, environment)


@pytest.fixture
def plugins(site: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Plugins]:
    monkeypatch.syspath_prepend(site)
    return lambda: Plugins.load(allow=["watch", "identity", "invert"])
