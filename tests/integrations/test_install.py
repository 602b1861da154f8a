"""`restore install` and `restore uninstall`, called as a person calls them in a home of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from restore_editors import restore_client as client
from tests.disks import small_disk
from tests.integrations.home import Home, contents
from tests.integrations.toolkit import ROOT

QUICK = "--no-check"
EDITORS = ("gimp", "krita")


def plugin(home: Home, editor: str) -> Path:
    """Where the plug-in of an editor goes."""
    return {
        "gimp": home.gimp / "plug-ins" / "restore",
        "krita": home.krita / "pykrita" / "restore_krita",
    }[editor]


def fill(disk: Path) -> None:
    with suppress(OSError), (disk / "fill").open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass


@pytest.fixture
def running_krita(home: Home, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program that is called krita and has the home folder of `home`."""
    program = tmp_path / "krita"
    shutil.copy(shutil.which("sleep") or "", program)
    process = subprocess.Popen([program, "600"], env=home.environment)
    yield process
    process.kill()
    process.wait()


def test_without_an_editor_it_is_listed_what_is_found(home: Home) -> None:
    done = home("install")
    assert done.returncode == 0
    assert done.stdout.count("no profile found") == 2
    home.gimp, home.krita  # noqa: B018
    home("install", "krita", QUICK)
    rows = [line.split() for line in home("install").stdout.splitlines()]
    assert ["gimp", "3.0", "system", "not", "installed", str(home.gimp)] in rows
    assert ["krita", "system", "installed", "(0.1.0)", str(home.krita)] in rows
    assert "krita" not in home("install", "gimp", "--list").stdout


@pytest.mark.parametrize("editor", EDITORS)
def test_an_installation_is_whole_and_goes_without_a_trace(home: Home, editor: str) -> None:
    home.gimp, home.krita  # noqa: B018
    home.kritarc.write_text("[theme]\nTheme=Krita dark\n")
    before = contents(home.folder / ".config"), contents(home.krita)
    done = home("install", editor, QUICK)
    assert done.returncode == 0, done.stderr
    there = plugin(home, editor)
    source = ROOT / "integrations" / f"restore_{editor}" / "plugin"
    for file in source.rglob("*.py"):
        assert (there.parent / file.relative_to(source)).read_bytes() == file.read_bytes()
    told = client.load_installation(str(there / "restore.json"))
    assert told.command == [str(home.python), "-m", "restore", "worker", "run"]
    assert told.folder == str(home.folder / ".local/state/restore/worker")
    assert "negative" in [action["name"] for action in told.actions]
    assert (there / "restore_client.py").read_bytes() == Path(client.__file__).read_bytes()
    done = home("uninstall", editor)
    assert done.returncode == 0, done.stderr
    assert (contents(home.folder / ".config"), contents(home.krita)) == before
    assert "Nothing is installed" in home("uninstall", editor).stdout


def test_gimp_can_start_its_plug_in(home: Home) -> None:
    plugin(home, "gimp")
    home("install", "gimp", QUICK)
    executable = [p.name for p in plugin(home, "gimp").iterdir() if os.access(p, os.X_OK)]
    assert executable == ["restore.py"]


def test_the_worker_starts_from_where_an_editor_starts_it(home: Home) -> None:
    plugin(home, "krita")
    home("install", "krita", QUICK)
    code = (
        "import os, sys; sys.path.insert(0, sys.argv[1]); import restore_client as c\n"
        "w = c.Worker(c.load_installation(), 'krita-1')\n"
        "i = c.Image(2, 1, 1, False, 'u8', b'\\0\\7')\n"
        "print(list(w.run('negative', {}, i).image.data), w.health()['pid'])"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, plugin(home, "krita")],
        env=home.environment | {"PYTHONPATH": "/nowhere"},
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    )
    pixels, _, pid = done.stdout.rpartition(" ")
    os.kill(int(pid), signal.SIGKILL)
    assert pixels == "[255, 248]"


def test_every_profile_gets_it_unless_one_is_named(home: Home) -> None:
    plugin(home, "gimp")
    newer = home.gimp.with_name("3.2")
    newer.mkdir()
    assert home("install", "gimp", QUICK, "--profile", newer).returncode == 0
    assert (newer / "plug-ins/restore/restore.py").exists()
    assert not plugin(home, "gimp").exists()
    assert home("install", "gimp", QUICK).returncode == 0
    assert (newer / "plug-ins/restore/restore.py").exists()
    assert plugin(home, "gimp").exists()
    assert home("uninstall", "gimp", "--profile", newer).returncode == 0
    assert plugin(home, "gimp").exists()
    assert not newer.joinpath("plug-ins").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("install", "gimp"), 1, "Start GIMP once"),
        (("install", "photoshop"), 2, "There are: gimp, krita"),
        (("install", "gimp", "--profile", "nowhere"), 2, "There is no folder"),
        (("uninstall", "gimp", "--profile", "nowhere"), 2, "Nothing was installed in"),
        (("install", "gimp", "--zip", "a.zip"), 2, "imports no plug-in from a file"),
        (("install", "krita", "--zip", "a.tar"), 2, "Let it end with .zip"),
        (("install", "krita", "--zip", "no/a.zip"), 1, "There is no folder"),
    ],
)
def test_what_cannot_be_done_is_told(
    home: Home, arguments: tuple[str, ...], code: int, said: str
) -> None:
    before = contents(home.folder)
    done = home(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert contents(home.folder) == before


def test_a_folder_around_or_within_a_profile_is_none(home: Home) -> None:
    within = home.gimp / "plug-ins"
    within.mkdir()
    for folder in (home.gimp.parent, within):
        done = home("install", "gimp", QUICK, "--profile", folder)
        assert done.returncode == 2
        assert f"This is: {home.gimp}\n" in done.stderr
    assert contents(home.gimp) == {"plug-ins": "folder"}


@pytest.mark.parametrize("editor", EDITORS)
@pytest.mark.parametrize("kind", ["folder", "link"])
def test_what_is_not_ours_is_not_replaced(home: Home, editor: str, kind: str) -> None:
    there = plugin(home, editor)
    other = home.folder / "other"
    other.mkdir()
    there.parent.mkdir()
    there.mkdir() if kind == "folder" else there.symlink_to(other)
    (there / "mine.py").write_text("mine")
    before = contents(there.parent)
    done = home("install", editor, QUICK)
    assert done.returncode == 4
    assert "was not put there by restore" in done.stderr
    assert contents(there.parent) == before


@pytest.mark.parametrize("editor", EDITORS)
def test_what_a_person_adds_stays(home: Home, editor: str) -> None:
    there = plugin(home, editor)
    home("install", editor, QUICK)
    (there / "locale").mkdir()
    (there / "locale" / "de.mo").write_text("mine")
    (there / "__pycache__").mkdir()
    (there / "__pycache__" / "restore_client.cpython-313.pyc").write_text("")
    assert home("install", editor, QUICK).returncode == 0
    assert (there / "locale" / "de.mo").read_text() == "mine"
    (there / "__pycache__").mkdir()
    (there / "__pycache__" / "restore_client.cpython-313.pyc").write_text("")
    done = home("uninstall", editor)
    assert done.returncode == 0
    assert str(there / "locale" / "de.mo") in done.stdout
    assert contents(there) == {"locale": "folder", "locale/de.mo": contents(there)["locale/de.mo"]}


def test_a_disk_that_is_full_leaves_the_old_plug_in_whole(home: Home, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 400) as disk:
        assert home("install", "gimp", QUICK, "--profile", disk).returncode == 0
        fill(disk)
        before = contents(disk)
        done = home("install", "gimp", QUICK, "--profile", disk)
        assert done.returncode == 4
        assert "No space left" in done.stderr
        assert contents(disk) == before


def test_what_a_killed_call_has_left_is_tidied(home: Home) -> None:
    there = plugin(home, "gimp")
    home("install", "gimp", QUICK)
    (there / "mine.txt").write_text("mine")
    there.rename(there.with_name(".restore-old-1"))
    there.with_name(".restore-new-x").mkdir()
    assert home("install", "gimp", QUICK).returncode == 0
    assert (there / "mine.txt").read_text() == "mine"
    assert [path.name for path in there.parent.iterdir()] == ["restore"]


@pytest.mark.parametrize("was", [None, "true", "false"])
def test_krita_is_told_to_load_it_and_told_otherwise_again(home: Home, was: str | None) -> None:
    plugin(home, "krita")
    text = "[theme]\nTheme=Krita dark\n" + (
        f"\n[python]\nenable_restore_krita={was}\n" if was else ""
    )
    home.kritarc.write_text(text)
    done = home("install", "krita", QUICK)
    assert "Filter ▸ Restore" in done.stdout
    assert "Plugin Manager" not in done.stdout
    assert "\nenable_restore_krita=true\n" in home.kritarc.read_text()
    home("install", "krita", QUICK)
    home("uninstall", "krita")
    assert home.kritarc.read_text() == text


def test_the_settings_of_a_krita_that_runs_are_left_alone(
    home: Home, running_krita: subprocess.Popen[bytes]
) -> None:
    plugin(home, "krita")
    home.kritarc.write_text("[theme]\n")
    done = home("install", "krita")
    assert done.returncode == 0
    assert "Not checked: Krita is running." in done.stdout
    assert "Python Plugin Manager" in done.stdout
    assert home.kritarc.read_text() == "[theme]\n"
    refused = home("uninstall", "krita")
    assert refused.returncode == 1
    assert "Close it" in refused.stderr
    assert plugin(home, "krita").exists()
    running_krita.kill()
    running_krita.wait()
    assert home("uninstall", "krita").returncode == 0
    assert not plugin(home, "krita").exists()


def test_a_krita_of_another_home_does_not_matter(
    home: Home, running_krita: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    elsewhere = Home(tmp_path / "home", home.python)
    elsewhere.folder.mkdir()
    plugin(elsewhere, "krita")
    assert "Filter ▸ Restore" in elsewhere("install", "krita", QUICK).stdout
    assert "enable_restore_krita=true" in elsewhere.kritarc.read_text()


def test_krita_can_import_it_from_a_file(home: Home) -> None:
    done = home("install", "krita", "--zip", "restore.zip")
    assert done.returncode == 0
    with zipfile.ZipFile(home.folder / "restore.zip") as archive:
        names = archive.namelist()
        told = json.loads(archive.read("restore_krita/restore.json"))
    assert {"restore_krita.desktop", "restore_krita/restore_client.py"} <= set(names)
    assert told["command"][0] == str(home.python)
    assert contents(home.folder).keys() == {"restore.zip"}


def test_a_file_to_import_stays_whole_on_a_full_disk(home: Home, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 200) as disk:
        file = disk / "restore.zip"
        assert home("install", "krita", "--zip", file).returncode == 0
        fill(disk)
        before = contents(disk)
        done = home("install", "krita", "--zip", file)
        assert (done.returncode, "No space left" in done.stderr) == (4, True)
        assert contents(disk) == before


def test_a_toolkit_that_an_editor_could_not_start_is_not_installed(
    home: Home, tmp_path: Path
) -> None:
    plugin(home, "gimp")
    venv.EnvBuilder(symlinks=True).create(tmp_path / "bare")
    ask = [home.python, "-c", "import os, sys; print(os.pathsep.join(sys.path))"]
    path = subprocess.check_output(ask, text=True).strip()
    bare = Home(home.folder, tmp_path / "bare" / "bin" / "python")
    done = bare("install", "gimp", PYTHONPATH=path)
    assert done.returncode == 1
    assert "finds it only from here" in done.stderr
    assert not plugin(home, "gimp").exists()


def test_a_record_that_is_damaged_is_told(home: Home) -> None:
    plugin(home, "gimp")
    home("install", "gimp", QUICK)
    record = home.folder / ".local/share/restore/installations.json"
    record.write_text('[{"host": "gimp"}]')
    done = home("uninstall", "gimp")
    assert done.returncode == 1
    assert "is damaged" in done.stderr
    record.unlink()
    assert home("install", "gimp", QUICK).returncode == 0
    assert home("uninstall", "gimp").returncode == 0
    assert contents(home.gimp) == {"plug-ins": "folder"}  # it is forgotten that it was made


@pytest.mark.parametrize("editor", EDITORS)
def test_a_profile_that_is_gone_is_no_hindrance(home: Home, editor: str) -> None:
    there = plugin(home, editor)
    home("install", editor, QUICK)
    shutil.rmtree(home.gimp if editor == "gimp" else home.krita)
    home.kritarc.unlink(missing_ok=True)
    done = home("uninstall", editor)
    assert (done.returncode, done.stderr) == (0, "")
    assert not there.exists()
    assert "Nothing is installed" in home("uninstall", editor).stdout


def test_without_an_editor_to_ask_it_is_said_that_nothing_was_checked(home: Home) -> None:
    plugin(home, "gimp")
    plugin(home, "krita")
    for editor in EDITORS:
        done = home("install", editor, PATH=str(home.folder))
        assert done.returncode == 0
        assert "Not checked" in done.stdout
