"""Plugins installed for one test, in this process or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.plugins import install

ROOT = Path(__file__).parents[2]

Installed = Callable[..., Path]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installed:
    """Install plugins of tests/plugins by name into a folder that is on the path from now on."""
    monkeypatch.delenv("RESTORE_PLUGINS", raising=False)
    monkeypatch.delenv("RESTORE_TRACE_PLUGINS", raising=False)
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)

    def put(*names: str) -> Path:
        for name in names:
            install(folder, name)
        return folder

    return put


def python(code: str, *folders: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own, with these folders on the path."""
    path = os.pathsep.join(map(str, (*folders, ROOT, ROOT / "plugins", ROOT / "integrations")))
    clean = {k: v for k, v in os.environ.items() if not k.startswith("RESTORE_")}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=clean | {"PYTHONPATH": path} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
