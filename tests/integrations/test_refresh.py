"""An update of the toolkit reaches the menus when a worker starts; the doctor sees what is old."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import venv
from pathlib import Path
from typing import Any

import pytest

from restore_editors import restore_client as client
from tests.integrations.home import Home, contents
from tests.plugins import install

QUICK = "--no-check"


def installed(home: Home) -> tuple[Path, Path]:
    """Install in both editors; return the plug-ins' folders."""
    home.gimp, home.krita  # noqa: B018
    home("install", "gimp", QUICK)
    home("install", "krita", QUICK)
    return home.gimp / "plug-ins/restore", home.krita / "pykrita/restore_krita"


def tell(plugin: Path, **changed: Any) -> dict[str, Any]:
    """Let a plug-in's `restore.json` say something else; return what it said."""
    path = plugin / "restore.json"
    told: dict[str, Any] = json.loads(path.read_text())
    path.write_text(json.dumps(told | changed))
    return told


def work(home: Home, *arguments: str) -> None:
    """Start a worker as an editor does, and let it leave when it has nothing to do."""
    subprocess.run(
        [home.python, "-m", "restore", "worker", "run", "--idle", "0.1", *arguments],
        env=home.environment,
        cwd=home.folder,
        check=True,
        timeout=120,
    )


def findings(home: Home) -> dict[str, tuple[str, str, str]]:
    """Return what the doctor finds of the editors."""
    told = json.loads(home("doctor", "--json").stdout)["findings"]
    return {
        finding["name"].split()[0]: (finding["state"], finding["value"], finding["mend"])
        for finding in told
        if finding["name"] in ("GIMP 3.0", "Krita")
    }


def test_new_actions_reach_the_menus_and_gimp_is_made_to_look(home: Home) -> None:
    gimp, krita = installed(home)
    before = [tell(plugin, actions=[]) for plugin in (gimp, krita)]
    looked = (gimp / "restore.py").stat().st_mtime
    work(home)
    assert [tell(plugin) for plugin in (gimp, krita)] == before
    assert (gimp / "restore.py").stat().st_mtime >= looked + 1
    looked = (gimp / "restore.py").stat().st_mtime
    work(home)
    assert (gimp / "restore.py").stat().st_mtime == looked


def test_another_version_of_the_toolkit_brings_its_plug_in(home: Home) -> None:
    gimp, krita = installed(home)
    before = contents(gimp), contents(krita)
    for plugin in (gimp, krita):
        tell(plugin, version="0.0.9")
        (plugin / "restore_client.py").write_text("old")
        (plugin / "mine.txt").write_text("mine")
    work(home)
    for plugin in (gimp, krita):
        assert (plugin / "mine.txt").read_text() == "mine"
        (plugin / "mine.txt").unlink()
    assert (contents(gimp), contents(krita)) == before


def test_what_belongs_to_another_toolkit_is_left_alone(home: Home) -> None:
    gimp, krita = installed(home)
    tell(gimp, actions=[], command=["/other/python", "-m", "restore", "worker", "run"])
    tell(krita, actions=[], folder="/other/folder")
    before = contents(gimp), contents(krita)
    work(home)
    assert (contents(gimp), contents(krita)) == before


def test_a_plug_in_that_was_removed_by_hand_stays_away(home: Home) -> None:
    gimp, _ = installed(home)
    for file in gimp.iterdir():
        file.unlink()
    gimp.rmdir()
    work(home)
    assert not gimp.exists()


def test_the_doctor_tells_of_each_installation(home: Home) -> None:
    gimp, krita = installed(home)
    assert [state for state, _, _ in findings(home).values()] == ["ok", "ok"]
    tell(gimp, version="0.0.9")
    tell(krita, command=["/gone/python"])
    found = findings(home)
    assert found["GIMP"][0] == "note"
    assert "it is of version 0.0.9, not " in found["GIMP"][1]
    assert found["Krita"][0] == "broken"
    assert "there is no /gone/python" in found["Krita"][1]
    assert found["Krita"][2] == f"restore install krita --profile '{home.krita}'"
    (gimp / "restore_client.py").unlink()
    (krita / "restore.json").write_text("{}")
    found = findings(home)
    assert found["GIMP"][1].startswith(f"{gimp / 'restore_client.py'} is missing")
    assert "restore.json is damaged" in found["Krita"][1]


def test_a_plugin_that_is_installed_later_appears_with_the_next_run(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker that runs makes place; the one that follows knows the new action."""
    own = Home(home.folder, tmp_path / "venv" / "bin" / "python")
    venv.EnvBuilder(symlinks=True).create(tmp_path / "venv")
    packages = Path(printed(own, "import sysconfig; print(sysconfig.get_path('purelib'))"))
    path = printed(home, "import sys; print(*filter(None, sys.path), sep='\\n')")
    (packages / "toolkit.pth").write_text(path)
    for name, value in own.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("RESTORE_PLUGINS", "gimp,krita,editors,identity")
    _, krita = installed(own)
    worker = client.Worker(client.load_installation(str(krita / "restore.json")), "krita-1")
    first = worker.health()["pid"]
    assert worker.health()["pid"] == first
    install(packages, "identity")
    gray = client.Image(2, 2, 1, False, "u8", b"1234")
    try:
        assert worker.run("identity", {}, gray).image.data == gray.data
        end = time.monotonic() + 30
        while "identity" not in names(krita) and time.monotonic() < end:
            time.sleep(0.05)
        assert "identity" in names(krita)
    finally:
        os.kill(worker.health()["pid"], signal.SIGKILL)
    assert "identity" not in [action["name"] for action in worker.installation.actions]


def names(plugin: Path) -> list[str]:
    told = client.load_installation(str(plugin / "restore.json"))
    return [action["name"] for action in told.actions]


def printed(home: Home, code: str) -> str:
    return subprocess.check_output([home.python, "-c", code], text=True).strip()
