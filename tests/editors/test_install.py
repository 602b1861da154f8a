"""`restore install` as a person types it: the editor is found, asked, and left as it was."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.editors.conftest import SUITE
from tests.editors.inside import Root
from tests.editors.toolkit import Toolkit

PROFILES = {
    "gimp": (".config/GIMP/{gimp}", "GIMP shows", "Filters ▸ Restore"),
    "krita": (".local/share/krita", "the plug-in loads in Krita", "Filter ▸ Restore"),
}


@pytest.fixture
def home(new_toolkit: Callable[[], Toolkit], root: Root, scratch: Callable[[], Path]) -> Path:
    """A home folder, with the editors' programs on its path as if they were installed here."""
    home = scratch()
    programs = home / "bin"
    programs.mkdir()
    for name in (f"gimp-console-{SUITE.gimp}", "kritarunner"):
        if (root.path / "usr" / "bin" / name).exists():
            root.lend(name, programs)
    return home


@pytest.mark.parametrize("host", PROFILES)
def test_install_finds_asks_and_uninstall_leaves_nothing(
    host: str, home: Path, new_toolkit: Callable[[], Toolkit]
) -> None:
    if not (SUITE.gimp if host == "gimp" else SUITE.qt):
        pytest.skip(f"{SUITE.name} has no {host}")
    folder, checked, entries = PROFILES[host]
    profile = home / folder.format(gimp=SUITE.gimp)
    profile.mkdir(parents=True)
    (home / ".config").mkdir(exist_ok=True)
    kritarc = home / ".config" / "kritarc"
    kritarc.write_text("[python]\nenable_other=true\n")
    toolkit = new_toolkit()

    installed = _restore(toolkit, home, "install", host)

    assert installed.returncode == 0, installed.stderr
    assert checked in installed.stdout
    assert "Negative" in installed.stdout
    assert entries in installed.stdout
    assert ("enable_restore_krita=true" in kritarc.read_text()) == (host == "krita")
    done = _restore(toolkit, home, "uninstall", host)
    assert done.returncode == 0, done.stderr
    assert [path for path in profile.rglob("*") if "restore" in path.name] == []
    assert kritarc.read_text() == "[python]\nenable_other=true\n"


def _restore(toolkit: Toolkit, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "HOME": str(home),
        "PATH": f"{home / 'bin'}:{os.environ['PATH']}",
        "RESTORE_TEST_DATA": str(home / ".local" / "share"),
    }
    return toolkit.restore(*arguments, environment=environment)
