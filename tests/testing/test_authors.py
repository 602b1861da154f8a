"""What authors of plugins are promised: tutorial and template, installed and used for real."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest

import restore
from restore.photo import Photo
from restore.testing.photos import sample
from tests.worker.host import frames, planes, request, spawn

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs" / "guide" / "your-own-filter.md"
PATH = os.pathsep.join(str(ROOT / part) for part in ("", "plugins", "integrations"))


class Home:
    """An environment of its own, in which the toolkit and what the tests need are there already."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        binaries = folder / ("Scripts" if os.name == "nt" else "bin")
        self.python_path = binaries / "python"
        [self.site] = (
            (folder / "lib").glob("*/site-packages")
            if os.name != "nt"
            else [folder / "Lib" / "site-packages"]
        )
        (self.site / "ours.pth").write_text(sysconfig.get_path("purelib") + "\n")

    def python(self, *arguments: str | Path, cwd: Path | None = None) -> str:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("RESTORE_", "PYTEST_"))}
        done = subprocess.run(
            [self.python_path, *arguments],
            cwd=cwd or self.folder,
            env=clean | {"PYTHONPATH": PATH},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def install(self, package: Path) -> None:
        pip = [sys.executable, "-m", "pip", "--python", self.python_path, "--quiet"]
        flags = ["--disable-pip-version-check", "install", "--no-deps", "--no-build-isolation"]
        subprocess.run([*pip, *flags, package], check=True, env=os.environ | {"PYTHONPATH": ""})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def tutorial(home: Home) -> Path:
    """The folder of the tutorial's package, installed."""
    package = home.folder / "warmth"
    package.mkdir()
    text = TUTORIAL.read_text("utf-8")
    for block in re.findall(r"```(?:python|toml)\n(.*?)```", text, re.DOTALL):
        name = re.match(r"# (\S+)\n", block)
        assert name, block
        (package / name[1]).write_text(block)
    home.install(package)
    return package


@pytest.fixture(scope="module")
def template(home: Home) -> Path:
    """The folder of a new plugin, installed."""
    home.python("-m", "restore", "plugins", "new", "soft-glow")
    home.install(home.folder / "restore-soft-glow")
    return home.folder / "restore-soft-glow"


def by_command(home: Home, action: str, photo: Photo, *options: str) -> Photo:
    photo.write(home.folder / "photo.png", overwrite=True)
    where = ("-o", "result.png", "--overwrite", *options)
    home.python("-m", "restore", action, "photo.png", *where)
    return restore.read(home.folder / "result.png")


def by_worker(home: Home, folder: Path, action: str, photo: Photo, **parameters: object) -> Photo:
    """Run an action in a worker of that environment, which lists it first."""
    worker = spawn(folder, home.site)
    try:
        status, told = worker.wait().ask("GET", "/actions")
        assert status == 200
        assert action in [entry["name"] for entry in told["actions"]]
        with worker.answer(action, request(photo.pixels, parameters=parameters)) as response:
            header, payload = list(frames(response))[-1]
    finally:
        worker.end()
    assert header["kind"] == "result", header
    return Photo(planes(header, payload)["image"])


def test_the_filter_of_the_tutorial_has_20_lines(tutorial: Path) -> None:
    lines = (tutorial / "restore_warmth.py").read_text().splitlines()[1:]
    assert len([line for line in lines if line.strip()]) <= 20


def test_the_filter_of_the_tutorial_passes_its_own_test(home: Home, tutorial: Path) -> None:
    assert " passed" in home.python("-m", "pytest", "-q", ".", cwd=tutorial)


def test_the_filter_of_the_tutorial_works_everywhere(
    home: Home, tutorial: Path, tmp_path: Path
) -> None:
    photo = sample()
    expected = photo.with_float(photo.to_float() * np.array([1.15, 1, 0.85], np.float32))
    commanded = by_command(home, "warmth", photo, "--amount", "0.5")
    np.testing.assert_array_equal(commanded.pixels, expected.pixels)
    worked = by_worker(home, tmp_path / "w", "warmth", photo, amount=0.5)
    np.testing.assert_array_equal(worked.pixels, expected.pixels)


def test_a_new_plugin_passes_its_tests(home: Home, template: Path) -> None:
    assert " passed" in home.python("-m", "pytest", "-q", ".", cwd=template)


def test_a_new_plugin_is_in_every_list(home: Home, template: Path, tmp_path: Path) -> None:
    assert "soft-glow: Lightens the middle tones." in home.python("-m", "restore", "actions")
    assert "soft-glow" in home.python("-m", "restore", "plugins")
    photo = sample()
    commanded = by_command(home, "soft-glow", photo)
    worked = by_worker(home, tmp_path / "w", "soft-glow", photo)
    np.testing.assert_array_equal(worked.pixels, commanded.pixels)
    assert worked.pixels.mean() > photo.pixels.mean() + 5
