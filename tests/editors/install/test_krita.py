"""`restore install krita` with the real Krita: loaded without a screen, then seen in a window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from restore_editors.places import System
from restore_editors.record import Record
from restore_krita.host import Krita as Host
from tests.editors.conftest import OpenKrita
from tests.editors.inside import Root
from tests.editors.programs.krita import Krita
from tests.integrations.home import Home, contents

WITHIN = Path(__file__).with_name("within.py")
NAMES = ["restore_denoise", "restore_negative", "restore_nosuch"]

DOCKER = """from krita import *
place = DockWidgetFactoryBase.DockPosition.DockRight
Krita.instance().addDockWidgetFactory(DockWidgetFactory("x", place, lambda: 1 / 0))
"""

Person = Callable[..., Home]


@pytest.fixture(scope="module")
def krita(new_krita: OpenKrita) -> Krita:
    """A Krita without the plug-in, whose settings do not name it."""
    krita = new_krita(toolkit=None)
    settings = krita.home / ".config" / "kritarc"
    lines = settings.read_text().splitlines(keepends=True)
    settings.write_text("".join(line for line in lines if "restore_krita" not in line))
    return krita


@pytest.fixture(scope="module")
def home(person: Person, krita: Krita) -> Home:
    """A person whose profile is that Krita's."""
    return person(krita.home)


def test_krita_says_that_the_entries_are_there_and_a_window_shows_them(
    krita: Krita, home: Home
) -> None:
    plugins, settings = krita.resources / "pykrita", krita.home / ".config" / "kritarc"
    before = sorted(plugins.iterdir())
    done = home("install", "krita")
    assert done.returncode == 0, done.stderr
    assert "Checked: the plug-in loads in Krita " in done.stdout
    assert "Negative" in done.stdout
    assert krita.run(WITHIN, "krita", NAMES) == ["Denoise…", "Negative…", None]
    assert "Krita is running" in home("install", "krita").stdout
    krita.quit()
    assert home("uninstall", "krita").returncode == 0
    assert sorted(plugins.iterdir()) == before
    assert "restore_krita" not in settings.read_text()


def test_krita_s_own_importer_takes_the_file(
    root: Root, person: Person, scratch: Callable[[], Path]
) -> None:
    folder = scratch()
    home = person(folder)
    assert home("install", "krita", "--zip", "restore.zip").returncode == 0
    (folder / "imported").mkdir()
    code = (
        "import builtins, sys; builtins.i18n = lambda text, *_: text\n"
        "sys.path.insert(0, '/usr/share/krita/pykrita/plugin_importer')\n"
        "from plugin_importer import PluginImporter\n"
        "print(PluginImporter(sys.argv[1], sys.argv[2], lambda plugin: True).import_all())"
    )
    done = root.run("python3", "-c", code, folder / "restore.zip", folder / "imported")
    assert "'name': 'restore_krita'" in done.stdout
    home.krita  # noqa: B018
    assert home("install", "krita", "--no-check").returncode == 0
    imported, installed = folder / "imported" / "pykrita", home.krita / "pykrita"
    assert contents(imported).keys() == contents(installed).keys()
    (imported / "restore_krita" / "restore.json").unlink()
    assert contents(imported).items() <= contents(installed).items()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import numpy\n", "No module named"),
        ("if:\n", "SyntaxError"),
        ("", "does not show"),
        (DOCKER, "ZeroDivisionError"),
    ],
)
def test_krita_says_why_they_are_not_there(home: Home, code: str, said: str) -> None:
    host = Host(System("linux", home.folder, home.environment))
    assert home("install", "krita", "--no-check").returncode == 0
    (installed,) = Record(home.folder / ".local/share/restore/installations.json").read("krita")
    (installed.plugin / "__init__.py").write_text(code)
    verdict = host.verify(installed)
    home("uninstall", "krita")
    assert verdict.state == "missing", verdict.text
    assert said in verdict.text
