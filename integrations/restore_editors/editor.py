"""An editor as a host: all of it but how one editor differs from the next."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from restore.errors import ParameterError, RestoreError, WriteError
from restore.hooks.host import Installed, Problem, Profile, Toolkit, Verdict
from restore_editors.copying import INSTALLATION, Layout, is_ours, put, take_away, write_whole
from restore_editors.places import Place, System, find
from restore_editors.record import Record

__all__ = ["Editor"]


class Editor:
    """A `restore.hooks.Host` of an editor that reads plug-ins from a folder of its profile.

    Args:
        system: The machine; this one by default.
        record: Where installations are written down; this user's record by default.
    """

    name: str
    label: str
    layout: Layout
    places: Sequence[Place]

    def __init__(self, system: System | None = None, record: Record | None = None) -> None:
        self.system = system or System()
        self.record = record or Record()

    def profiles(self) -> list[Profile]:
        """Return every profile on this machine, the newest version of the editor first."""
        return find(self.places, self.system)

    def profile(self, folder: Path) -> Profile:
        """Return the profile in a folder that a person names."""
        folder = folder.expanduser().absolute()
        for known in self.profiles():
            if known.folder.resolve() == folder.resolve():
                return known
        within = [known.folder for known in self.profiles() if folder in known.folder.parents]
        if folder.name == self.layout.into:
            within = [folder.parent]
        if within:
            raise ParameterError(
                f"{folder} is no profile of {self.label}.",
                f"This is: {', '.join(map(str, within))}",
            )
        if not folder.is_dir():
            raise ParameterError(
                f"There is no folder {folder}.",
                f"Start {self.label} once: it makes its profile when it first starts.",
            )
        return Profile(folder, "chosen")

    def install(self, profile: Profile, toolkit: Toolkit) -> Installed:
        """Put the plug-in into a profile, or bring one up to date that is there."""
        with self.record.change():
            return self._install(profile, toolkit)

    def verify(self, installed: Installed) -> Verdict:
        """Start the editor without a window and ask it whether the entries are there."""
        raise NotImplementedError

    def next_step(self, installed: Installed) -> str:
        """Return what a person has to do now to see the entries."""
        return "\n".join(filter(None, (self.what_to_click(installed), _caution(installed))))

    def what_to_click(self, installed: Installed) -> str:
        """Return where the entries are."""
        raise NotImplementedError

    def uninstall(self, installed: Installed) -> list[Path]:
        """Take away what was installed, and nothing else; return what is left in its folder."""
        with self.record.change():
            self.change_back(installed)
            left = take_away(installed.plugin, installed.files, installed.made)
            self.record.remove(installed)
        return left

    def archive(self, file: Path, toolkit: Toolkit) -> None:
        """Write the plug-in as a file that the editor can import itself."""
        raise ParameterError(
            f"{self.label} imports no plug-in from a file.",
            f"Copy it into the profile: restore install {self.name}",
        )

    def installations(self) -> list[Installed]:
        """Return what is installed, as it was recorded."""
        return self.record.read(self.name)

    def problem(self, installed: Installed, toolkit: Toolkit) -> Problem | None:
        """Return what is wrong with an installation, as the files tell; None if nothing is."""
        if not installed.profile.folder.is_dir():
            return Problem("its profile is gone", serious=False)
        if missing := [file for file in installed.files if not file.exists()]:
            return Problem(f"{missing[0]} is missing", serious=True)
        try:
            told = json.loads((installed.plugin / INSTALLATION).read_text("utf-8"))
            python, version = told["command"][0], told["version"]
        except (OSError, ValueError, LookupError, TypeError):
            return Problem(f"{installed.plugin / INSTALLATION} is damaged", serious=True)
        if not Path(python).exists():
            return Problem(f"its toolkit is gone: there is no {python}", serious=True)
        if python != toolkit.command[0]:
            return Problem(f"it belongs to another toolkit: {python}", serious=False)
        if version != toolkit.version:
            return Problem(f"it is of version {version}, not {toolkit.version}", serious=False)
        return None

    def refresh(self, toolkit: Toolkit) -> list[Installed]:
        """Bring the entries of this toolkit's installations up to date; return those changed."""
        if not any(self._is_stale(installed, toolkit) for installed in self.installations()):
            return []
        with self.record.change():
            stale = [old for old in self.installations() if self._is_stale(old, toolkit)]
            return [self._refreshed(installed, toolkit) for installed in stale]

    def change(self, profile: Profile, before: Installed | None) -> dict[str, str]:
        """Change what else has to be changed; return what it was before.

        Args:
            profile: The profile.
            before: The installation that is replaced, which may have changed it already.
        """
        return {}

    def change_back(self, installed: Installed) -> None:
        """Take back what `change` did."""

    def _install(self, profile: Profile, toolkit: Toolkit) -> Installed:
        plugin = profile.folder / self.layout.into / self.layout.name
        before = next((old for old in self.installations() if old.plugin == plugin), None)
        done = put(self.layout, profile.folder, toolkit, before.files if before else ())
        dropped = [file for file in before.files if file not in done.files] if before else []
        take_away(plugin, dropped, ())
        installed = Installed(
            self.name,
            profile,
            plugin,
            toolkit.version,
            done.files,
            (*(before.made if before else ()), *done.made),
            before.changed if before else {},
        )
        self.record.add(installed)  # before more is changed, so that this much can be taken away
        installed = replace(installed, changed=self.change(profile, before))
        self.record.add(installed)
        return installed

    def _is_stale(self, installed: Installed, toolkit: Toolkit) -> bool:
        """Whether an installation is this toolkit's, and tells of another version or actions."""
        told = _told(installed.plugin)
        now = json.loads(toolkit.as_text())
        mine = all(told.get(key) == now[key] for key in ("command", "folder"))
        return mine and told != now

    def _refreshed(self, installed: Installed, toolkit: Toolkit) -> Installed:
        if _told(installed.plugin).get("version") != toolkit.version:
            return self._install(installed.profile, toolkit)
        path = installed.plugin / INSTALLATION
        try:
            write_whole(path, toolkit.as_text().encode())
            for file in installed.files:
                if os.access(file, os.X_OK):  # what the editor starts, and asks only when it is new
                    os.utime(file, (newer := file.stat().st_mtime + 1, newer))
        except OSError as error:
            raise WriteError(f"{path} cannot be written: {error.strerror}.") from None
        return installed


def _caution(installed: Installed) -> str:
    """Say so where the editor's packaging keeps it from the toolkit's Python."""
    python = Path(str(_told(installed.plugin).get("command", [""])[0])).resolve()
    if installed.profile.packaging == "Flatpak" and python.is_relative_to("/usr"):
        return (
            f"A Flatpak sees no programs of the system, and the toolkit runs in {python}: install "
            "it with uv instead, which brings a Python of its own, and then install this again."
        )
    if installed.profile.packaging == "Snap":
        return (
            "A Snap sees no hidden folders. If its menu entries say that the toolkit is gone, use "
            "another package of the editor."
        )
    return ""


def _told(plugin: Path) -> dict[str, Any]:
    if not is_ours(plugin):
        return {}
    told: dict[str, Any] = json.loads((plugin / INSTALLATION).read_text("utf-8"))
    return told


def check_zip(file: Path) -> None:
    """Refuse a name for an archive that cannot be one.

    Raises:
        RestoreError: The name does not end with .zip, or its folder does not exist.
    """
    if file.suffix.lower() != ".zip":
        raise ParameterError(f"{file} is no name for an archive.", "Let it end with .zip.")
    if not file.absolute().parent.is_dir():
        raise RestoreError(f"There is no folder {file.absolute().parent}.")
