"""The wheel carries everything that the toolkit needs at run time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import restore

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but the installed wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT]
    subprocess.run([*pip, *build], check=True)
    (wheel,) = folder.glob("restore-*.whl")
    site = folder / "site"
    subprocess.run([*pip, "install", "--no-deps", "--target", site, wheel], check=True)
    return site


def inside_editors() -> list[str]:
    """Return all that is copied into editors, as it lies in the wheel."""
    folder = ROOT / "integrations"
    files = [path for path in folder.glob("*/plugin/**/*") if path.is_file()]
    return [str(path.relative_to(folder)) for path in files if path.suffix != ".pyc"]


def run(site: Path, cwd: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(site)}
    return subprocess.run(
        [sys.executable, *command], cwd=cwd, env=environment, capture_output=True, text=True
    )


def test_the_wheel_holds_models_plugins_and_licence(installed: Path) -> None:
    (wheel,) = installed.parent.glob("restore-*.whl")
    names = zipfile.ZipFile(wheel).namelist()

    for part in (
        "restore/_models/base/card.toml",
        "restore_classic/__init__.py",
        "restore_raw/__init__.py",
        "restore_editors/restore_client.py",
        "restore_watch/template.toml",
        *inside_editors(),
        "restore/cli/template/pyproject.toml",
        "LICENSE",
    ):
        assert any(name.endswith(part) for name in names), part
    assert not any(name.startswith("tests/") for name in names)


def test_a_photo_is_restored_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    clean = np.broadcast_to(np.linspace(0.2, 0.8, 96)[:, None, None], (96, 64, 3))
    noisy = clean + 25 / 255 * rng.standard_normal(clean.shape)
    eight = (noisy.clip(0, 1) * 255).round().astype(np.uint8)
    restore.Photo.from_array(eight).write(tmp_path / "noisy.png")

    where = run(installed, tmp_path, "-c", "import restore; print(restore.__file__)")
    assert Path(where.stdout.strip()).is_relative_to(installed)
    done = run(installed, tmp_path, "-m", "restore", "denoise", "noisy.png", "-o", "out.png")
    assert done.returncode == 0, done.stderr

    result = restore.read(tmp_path / "out.png").to_float()
    assert np.abs(result - clean).mean() < np.abs(eight / 255 - clean).mean() / 3


def test_what_is_installed_in_an_editor_comes_from_the_wheel(
    installed: Path, tmp_path: Path
) -> None:
    assert {name.partition("/")[0] for name in inside_editors()} == {
        "restore_gimp",
        "restore_krita",
    }
    done = run(installed, tmp_path, "-m", "restore", "plugins", "--json")
    assert {"gimp", "krita"} <= {
        host for plugin in json.loads(done.stdout) for host in plugin["hosts"]
    }


def test_the_shipped_plugins_are_found_by_their_entry_point(
    installed: Path, tmp_path: Path
) -> None:
    done = run(installed, tmp_path, "-m", "restore", "plugins", "--json")

    assert done.returncode == 0, done.stderr
    assert "classic" in json.dumps(json.loads(done.stdout))
