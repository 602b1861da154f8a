"""How the plug-in gets into GIMP 3, and whether GIMP really shows its entries."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from restore.hooks.host import Installed, Profile, Verdict
from restore_editors.copying import INSTALLATION, Layout
from restore_editors.editor import Editor
from restore_editors.places import Place

__all__ = ["Gimp"]

PREFIX = "plug-in-restore-"
"""What the plug-in calls the procedure of an action, before the action's name."""

PLACES = (
    Place("linux", "system", "{config}/GIMP/{version}"),
    Place("linux", "AppImage", "{config}/GIMP-AppImage/{version}"),
    Place("linux", "Flatpak", "{home}/.var/app/org.gimp.GIMP/config/GIMP/{version}"),
    Place("linux", "Snap", "{home}/snap/gimp/current/.config/GIMP/{version}"),
    Place("win32", "system", "{roaming}/GIMP/{version}"),
    Place("darwin", "system", "{support}/GIMP/{version}"),
)

FLATPAK = "org.gimp.GIMP"
QUESTION = """
import json
from gi.repository import Gimp
pdb, found = Gimp.get_pdb(), {}
for name in json.loads(%r):
    procedure = pdb.lookup_procedure(name)
    found[name] = procedure.get_menu_paths() if procedure else []
print("restore:" + json.dumps(found), flush=True)
"""
QUIET = ("-i", "--no-splash", "--no-data", "--no-fonts", "--batch-interpreter=python-fu-eval")


class Gimp(Editor):
    """GIMP 3: it starts every executable `plug-ins/NAME/NAME.py` once and asks it for entries."""

    name = "gimp"
    label = "GIMP"
    layout = Layout(Path(__file__).with_name("plugin"), "plug-ins", "restore")
    places = PLACES

    def profiles(self) -> list[Profile]:
        """Return every profile on this machine, the newest version of the editor first."""
        if told := self.system.environment.get("GIMP3_DIRECTORY"):
            folder = Path(told)
            return [Profile(folder, "GIMP3_DIRECTORY")] if folder.is_dir() else []
        return [profile for profile in super().profiles() if profile.version.startswith("3.")]

    def verify(self, installed: Installed) -> Verdict:
        """Start the editor without a window and ask it whether the entries are there."""
        from restore_editors.asking import about, ask, outside

        profile = installed.profile
        environment = outside(self.system.environment, GIMP3_DIRECTORY=str(profile.folder))
        program = next(self._programs(profile, environment), None)
        if program is None:
            return Verdict(
                "unknown",
                f"Not checked: no {f'GIMP {profile.version}'.strip()} was found that can be "
                f"started here without a window ({profile.packaging}).",
            )
        told = json.loads((installed.plugin / INSTALLATION).read_text("utf-8"))
        labels = {PREFIX + action["name"]: action["label"] for action in told["actions"]}
        question = QUESTION % json.dumps(list(labels))
        try:
            answer = ask([*program, *QUIET, "-b", question, "--quit"], environment)
        except (OSError, subprocess.TimeoutExpired) as error:
            return Verdict("unknown", f"Not checked: {program[0]} could not be asked: {error}")
        said = re.search(r"^restore:(\{.*\})$", answer.stdout, re.MULTILINE)
        if said is None:
            what = f"Not checked: {program[0]} gave no answer (exit code {answer.returncode})."
            return Verdict("unknown", f"{what}\n{about(answer.stderr, str(installed.plugin))}")
        found = json.loads(said[1])
        missing = [label for name, label in labels.items() if not found.get(name)]
        if missing:
            what = f"GIMP does not show: {', '.join(missing)}. It says:"
            return Verdict("missing", f"{what}\n{about(answer.stderr, str(installed.plugin))}")
        return Verdict("there", f"Checked: GIMP shows {', '.join(labels.values())}.")

    def what_to_click(self, installed: Installed) -> str:
        """Return where the entries are."""
        return "Start GIMP again, open a photo, and look under Filters ▸ Restore."

    def _programs(self, profile: Profile, environment: dict[str, str]) -> Iterator[list[str]]:
        """Yield commands that start this profile's GIMP without a window."""
        from restore_editors.asking import ask

        for command in _candidates(profile):
            if shutil.which(command[0], path=environment["PATH"]) is None:
                continue
            try:
                said = ask([*command, "--version"], environment, 60)
            except (OSError, subprocess.TimeoutExpired):
                continue
            version = profile.version or "3."
            if said.returncode == 0 and re.search(rf"\b{re.escape(version)}", said.stdout):
                yield command


def _candidates(profile: Profile) -> Iterator[list[str]]:
    names = [f"gimp-console-{profile.version}"] if profile.version else []
    names += ["gimp-console-3", "gimp-console"]
    if profile.packaging not in ("Flatpak", "Snap", "AppImage"):
        for name in names:
            yield [name]
            yield [f"/Applications/GIMP.app/Contents/MacOS/{name}"]
            yield [f"C:/Program Files/GIMP 3/bin/{name}.exe"]
    if profile.packaging not in ("Snap", "AppImage"):
        inside = ("flatpak", "run", f"--env=GIMP3_DIRECTORY={profile.folder}")
        for name in names:
            yield [*inside, f"--command={name}", FLATPAK]
