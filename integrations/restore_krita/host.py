"""How the plug-in gets into Krita, is switched on, and whether it loads there."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from restore.errors import RestoreError, WriteError
from restore.hooks.host import Installed, Problem, Profile, Toolkit, Verdict
from restore_editors.copying import INSTALLATION, Layout, write_whole
from restore_editors.editor import Editor, check_zip
from restore_editors.places import Place
from restore_krita import kritarc
from restore_krita.running import runs

__all__ = ["Krita"]

FLATPAK = "org.kde.krita"
_INSIDE = "{home}/.var/app/org.kde.krita"
PLACES = (
    Place("linux", "system", "{data}/krita", "{config}/kritarc"),
    Place("linux", "Flatpak", f"{_INSIDE}/data/krita", f"{_INSIDE}/config/kritarc"),
    Place(
        "linux",
        "Snap",
        "{home}/snap/krita/current/.local/share/krita",
        "{home}/snap/krita/current/.config/kritarc",
    ),
    Place("win32", "system", "{roaming}/krita", "{local}/kritarc"),
    Place("darwin", "system", "{support}/krita", "{preferences}/kritarc"),
)

QUESTION = '''
import json
import os
import sys
import traceback

import krita

try:
    from PyQt5 import QtWidgets
    from PyQt5.QtWidgets import QAction
except ImportError:
    from PyQt6 import QtWidgets
    from PyQt6.QtGui import QAction


class Window:
    """Takes down which entries the plug-in asks for."""

    def __init__(self):
        self.made = {}
        self.window = QtWidgets.QMainWindow()

    def qwindow(self):
        return self.window

    def createAction(self, name, text="", place="tools/scripts"):
        self.made[name] = text
        return QAction(text, self.window)


def fail(*what):
    """End here, instead of in a window that nobody sees."""
    traceback.print_exception(*what)
    sys.stderr.flush()
    os._exit(1)


def ask():
    dockers = []
    known = krita.DockWidgetFactory

    def factory(name, place, make):
        dockers.append(make)
        return known(name, place, make)

    krita.DockWidgetFactory = factory
    instance = krita.Krita.instance()
    before = len(instance.extensions())
    import restore_krita

    window = Window()
    for extension in instance.extensions()[before:]:
        extension.createActions(window)
    made = [make() for make in dockers]
    print("restore:" + json.dumps([instance.version(), window.made]), flush=True)


def __main__(arguments):
    sys.excepthook = fail
    try:
        ask()
    except BaseException:
        fail(*sys.exc_info())
'''


class Krita(Editor):
    """Krita loads the packages in `pykrita` that its settings switch on."""

    name = "krita"
    label = "Krita"
    layout = Layout(Path(__file__).with_name("plugin"), "pykrita", "restore_krita")
    places = PLACES

    def archive(self, file: Path, toolkit: Toolkit) -> None:
        """Write the plug-in as a file that the editor can import itself."""
        check_zip(file)
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.mkdir(self.layout.name)  # Krita looks for the folder's own entry
            for path, content in self.layout.files(toolkit).items():
                archive.writestr(path.as_posix(), content)
        try:
            write_whole(file, data.getvalue())
        except OSError as error:
            raise WriteError(f"{file} cannot be written: {error.strerror}.") from None

    def change(self, profile: Profile, before: Installed | None) -> dict[str, str]:
        """Switch the plug-in on, unless Krita runs: it would write over it."""
        was = dict(before.changed) if before else {}
        if profile.settings is None or runs(self.system):
            return was
        text = kritarc.read(profile.settings)
        now = kritarc.get(text)
        if now != "true":
            kritarc.write(profile.settings, kritarc.replaced(text, "true"))
            was.setdefault("enabled", now or "")
        return was

    def change_back(self, installed: Installed) -> None:
        """Take the line out of Krita's settings again, or put back what it said."""
        if runs(self.system):
            raise RestoreError(
                "Krita is running, and would write its settings again when it ends.",
                "Close it, then type this again.",
            )
        settings = installed.profile.settings
        if settings is None or "enabled" not in installed.changed:
            return
        text = kritarc.read(settings)
        if kritarc.get(text) is not None:
            kritarc.write(settings, kritarc.replaced(text, installed.changed["enabled"] or None))

    def problem(self, installed: Installed, toolkit: Toolkit) -> Problem | None:
        """Return what is wrong with an installation, as the files tell; None if nothing is."""
        if problem := super().problem(installed, toolkit):
            return problem
        settings = installed.profile.settings
        if settings is not None and kritarc.get(kritarc.read(settings)) != "true":
            return Problem("it is not switched on in Krita's settings", serious=False)
        return None

    def verify(self, installed: Installed) -> Verdict:
        """Load the plug-in in Krita's own Python, without a window, and see what it adds."""
        from restore_editors.asking import about, outside

        if runs(self.system):
            return Verdict("unknown", "Not checked: Krita is running.")
        environment = outside(self.system.environment, QT_QPA_PLATFORM="offscreen")
        program = next(_programs(installed.profile, environment), None)
        if program is None:
            return Verdict("unknown", "Not checked: no “kritarunner” was found beside Krita.")
        told = json.loads((installed.plugin / INSTALLATION).read_text("utf-8"))
        labels = {_entry(action["name"]): action["label"] for action in told["actions"]}
        try:
            answer = _ask(program, installed, environment)
        except (OSError, subprocess.TimeoutExpired) as error:
            return Verdict("unknown", f"Not checked: {program[0]} could not be asked: {error}")
        said = re.search(r"^restore:(\[.*\])$", answer.stdout, re.MULTILINE)
        why = about(answer.stderr, f"{installed.plugin.name}/")
        if said is None and "Traceback" in answer.stderr:
            return Verdict("missing", f"The plug-in does not load in Krita. It says:\n{why}")
        if said is None:
            what = f"Not checked: {program[0]} gave no answer (exit code {answer.returncode})."
            return Verdict("unknown", f"{what}\n{why}")
        version, made = json.loads(said[1])
        if missing := [label for name, label in labels.items() if name not in made]:
            return Verdict("missing", f"Krita does not show: {', '.join(missing)}.\n{why}")
        shown = ", ".join(labels.values())
        return Verdict("there", f"Checked: the plug-in loads in Krita {version} and adds {shown}.")

    def what_to_click(self, installed: Installed) -> str:
        """Return where the entries are."""
        look = "open a picture, and look under Filter ▸ Restore."
        settings = installed.profile.settings
        if settings is not None and kritarc.get(kritarc.read(settings)) == "true":
            return f"Start Krita again, {look}"
        return (
            "Start Krita again, and tick “Restore” under Settings ▸ Configure Krita ▸ Python "
            f"Plugin Manager. Start it once more, {look}"
        )


def _entry(action: str) -> str:
    """Return what the plug-in calls the entry of an action."""
    return "restore_" + action.replace("-", "_")


def _programs(profile: Profile, environment: Mapping[str, str]) -> Iterator[list[str]]:
    """Yield commands that start this profile's `kritarunner`."""
    if profile.packaging not in ("Flatpak", "Snap"):
        for name in ("kritarunner", "C:/Program Files/Krita (x64)/bin/kritarunner.exe"):
            if shutil.which(name, path=environment["PATH"]):
                yield [name]
    if profile.packaging != "Snap" and shutil.which("flatpak", path=environment["PATH"]):
        yield ["flatpak", "run", "--command=kritarunner", FLATPAK]


def _ask(
    program: list[str], installed: Installed, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Let `kritarunner`, which has a profile of its own, use Krita's."""
    from restore_editors.asking import ask

    above = installed.profile.folder.parent
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=above) as scratch:
        folder = Path(scratch)
        (folder / "kritarunner").symlink_to(installed.profile.folder, target_is_directory=True)
        (folder / "restore_question.py").write_text(QUESTION, encoding="utf-8")
        path = {"PYTHONPATH": f"{folder}{os.pathsep}{installed.plugin.parent}"}
        moved = dict.fromkeys(("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), scratch)
        if program[0] == "flatpak":
            variables = {**moved, **path, "QT_QPA_PLATFORM": "offscreen"}
            program = [
                *program[:2],
                *(f"--env={k}={v}" for k, v in variables.items()),
                *program[2:],
            ]
        command = [*program, "-s", "restore_question", "-f", "__main__"]
        answer = ask(command, {**environment, **moved, **path})
        there, here = str(folder / "kritarunner"), str(installed.profile.folder)
        answer.stderr = answer.stderr.replace(there, here)
        return answer
