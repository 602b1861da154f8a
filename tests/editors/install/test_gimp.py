"""`restore install gimp` with the real GIMP: asked by the toolkit, and asked again by the test."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from restore.hooks.host import Toolkit
from restore_editors.places import System
from restore_editors.record import Record
from restore_gimp.host import Gimp as Host
from tests.editors.conftest import OpenGimp
from tests.editors.programs.gimp import Gimp
from tests.integrations.home import Home, contents

WITHIN = Path(__file__).with_name("within.py")
NAMES = ["plug-in-restore-denoise", "plug-in-restore-negative", "plug-in-restore-nosuch"]
MENU = ["<Image>/Filters/Restore"]

Person = Callable[..., Home]


@pytest.fixture(scope="module")
def gimp(new_gimp: OpenGimp) -> Gimp:
    """A GIMP without the plug-in."""
    return new_gimp(toolkit=None)


@pytest.fixture(scope="module")
def home(person: Person, gimp: Gimp, scratch: Callable[[], Path]) -> Home:
    """A person whose profile is that GIMP's."""
    return person(scratch(), GIMP3_DIRECTORY=str(gimp.profile))


def test_gimp_says_that_the_entries_are_there_and_it_is_so(gimp: Gimp, home: Home) -> None:
    plug_ins = gimp.profile / "plug-ins"
    before = contents(plug_ins)
    done = home("install", "gimp")
    assert done.returncode == 0, done.stderr
    assert "Checked: GIMP shows " in done.stdout
    assert "Negative" in done.stdout
    assert "Filters ▸ Restore" in done.stdout
    assert gimp.run(WITHIN, "gimp", NAMES) == [MENU, MENU, None]
    gimp.quit()
    assert home("uninstall", "gimp").returncode == 0
    assert contents(plug_ins) == before
    assert gimp.run(WITHIN, "gimp", NAMES) == [None, None, None]
    gimp.quit()


def test_gimp_looks_again_after_a_refresh(gimp: Gimp, home: Home) -> None:
    host = Host(
        System("linux", home.folder, home.environment),
        Record(home.folder / ".local/share/restore/installations.json"),
    )
    assert home("install", "gimp", "--no-check").returncode == 0
    assert gimp.run(WITHIN, "gimp", NAMES) == [MENU, MENU, None]
    gimp.quit()
    told = json.loads((gimp.profile / "plug-ins/restore/restore.json").read_text())
    new = told["actions"][0] | {"name": "nosuch", "label": "No such"}
    folder, actions = Path(told["folder"]), [*told["actions"], new]
    now = Toolkit(told["protocol"], told["version"], told["command"], folder, actions)
    assert len(host.refresh(now)) == 1
    assert gimp.run(WITHIN, "gimp", NAMES) == [MENU, MENU, MENU]
    gimp.quit()
    home("uninstall", "gimp")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda file: file.write_text("#!/usr/bin/env python3\nimport numpy\n"), "No module named"),
        (lambda file: file.write_text("#!/usr/bin/env python3\nif:\n"), "SyntaxError"),
        (lambda file: file.chmod(0o644), "GIMP does not show"),
    ],
)
def test_gimp_says_why_they_are_not_there(
    home: Home, tmp_path: Path, change: Callable[[Path], object], said: str
) -> None:
    record = Record(tmp_path / "installations.json")
    host = Host(System("linux", home.folder, home.environment), record)
    assert home("install", "gimp", "--no-check").returncode == 0
    (profile,) = host.profiles()
    plugin = profile.folder / "plug-ins" / "restore"
    (installed,) = Record(home.folder / ".local/share/restore/installations.json").read("gimp")
    change(plugin / "restore.py")
    verdict = host.verify(installed)
    home("uninstall", "gimp")
    assert verdict.state == "missing", verdict.text
    assert "Denoise" in verdict.text
    assert said in verdict.text
