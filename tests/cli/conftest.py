"""The command line as a person starts it, and folders that show whether anything changed."""

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import restore
from restore.cli import main

ROOT = Path(restore.__file__).resolve().parents[1]


@dataclass(frozen=True)
class CommandLine:
    """Starts `python -m restore` in a folder of its own, without the plugins of this machine."""

    folder: Path
    environment: dict[str, str]

    def start(self, *arguments, **environment):
        return subprocess.Popen(
            [sys.executable, "-m", "restore", *map(str, arguments)],
            cwd=self.folder,
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments, **environment):
        process = self.start(*arguments, **environment)
        out, err = process.communicate(timeout=120)
        assert "Traceback" not in out + err, err
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)


@pytest.fixture
def cli(tmp_path):
    home = tmp_path.parent / f"{tmp_path.name}-home"
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "error",
        "RESTORE_PLUGINS": "",
        "XDG_DATA_HOME": str(home),
        "XDG_STATE_HOME": str(home / "state"),
    }
    return CommandLine(tmp_path, environment)


@pytest.fixture
def call(capsys, monkeypatch, tmp_path):
    """Run a command in this process; the exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RESTORE_PLUGINS", "")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def run(*arguments):
        code = main([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def add_plugin(tmp_path):
    """Put a plugin where Python finds it, as an installer would; the environment to start with."""

    def add(name, source):
        folder = tmp_path.parent / f"{tmp_path.name}-plugins"
        add_distribution(folder, f"{name}-plugin", f"[restore]\n{name} = {name}\n")
        (folder / f"{name}.py").write_text(source)
        return {"PYTHONPATH": f"{ROOT}{os.pathsep}{folder}", "RESTORE_PLUGINS": name}

    return add


def add_distribution(folder, name, entry_points="", version="1.0"):
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(entry_points)


def picture(path, size=(24, 16), seed=0, **options):
    """Save a smooth picture with some noise."""
    width, height = size
    random = np.random.default_rng(seed)
    ramp = np.linspace(40, 200, width)[None, :, None] + np.linspace(0, 40, height)[:, None, None]
    noisy = np.clip(ramp + 12 * random.standard_normal((height, width, 3)), 0, 255)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(noisy.astype(np.uint8)).save(path, **options)
    return path


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def contents(folder):
    """Return the hash of every file, and every folder, within a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else "folder"
        for path in folder.rglob("*")
    }
