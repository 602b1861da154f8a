"""Hosts: the programs in which the actions appear as menu entries, and how they get there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

__all__ = ["Host", "Installed", "Problem", "Profile", "Toolkit", "Verdict"]


@dataclass(frozen=True)
class Toolkit:
    """What a plug-in inside an editor has to know of the toolkit.

    Attributes:
        protocol: What plug-in and worker say to each other.
        version: Of the toolkit.
        command: What starts the worker: a Python and its arguments.
        folder: Where the worker's socket and log are; absolute.
        actions: An entry for each action, as the worker tells them.
    """

    protocol: int
    version: str
    command: Sequence[str]
    folder: Path
    actions: Sequence[Mapping[str, Any]]

    def as_text(self) -> str:
        """Return what `restore.json` says, beside each plug-in."""
        return json.dumps(asdict(self) | {"folder": str(self.folder)}, indent=1) + "\n"


@dataclass(frozen=True)
class Profile:
    """Where an editor keeps what belongs to one person.

    Attributes:
        folder: The profile; plug-ins lie within.
        packaging: How the editor came here: "system", "Flatpak", "Snap", "AppImage" and so on.
        version: Of the editor, as far as the folder tells; may be empty.
        settings: The file with the editor's settings, if it lies elsewhere and is needed.
    """

    folder: Path
    packaging: str
    version: str = ""
    settings: Path | None = None


@dataclass(frozen=True)
class Installed:
    """A plug-in that was put into a profile: what to take away again.

    Attributes:
        host: Name of the host.
        profile: Where it was put.
        plugin: The plug-in's own folder.
        version: Of the toolkit that it came from.
        files: All files that were written, absolute.
        made: Folders that were made for them, the outer ones first.
        changed: What else was changed, by a name that the host knows, and what it was before.
    """

    host: str
    profile: Profile
    plugin: Path
    version: str
    files: tuple[Path, ...]
    made: tuple[Path, ...] = ()
    changed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """Whether the menu entries are there, as the editor itself says.

    Attributes:
        state: "unknown" if the editor could not be asked.
        text: Sentences for the person.
    """

    state: Literal["there", "missing", "unknown"]
    text: str


@dataclass(frozen=True)
class Problem:
    """What is wrong with an installation.

    Attributes:
        text: A sentence without its end.
        serious: Whether the entries do not work, or not all of them.
    """

    text: str
    serious: bool


@runtime_checkable
class Host(Protocol):
    """An editor that can show the actions.

    Attributes:
        name: What a person types: "gimp".
        label: What the editor calls itself: "GIMP".
    """

    name: str
    label: str

    def profiles(self) -> list[Profile]:
        """Return every profile on this machine, the newest version of the editor first."""

    def profile(self, folder: Path) -> Profile:
        """Return the profile in a folder that a person names.

        Raises:
            RestoreError: It is none.
        """

    def install(self, profile: Profile, toolkit: Toolkit) -> Installed:
        """Put the plug-in into a profile, or bring one up to date that is there.

        Raises:
            RestoreError: Something else is in its place, or the folder cannot be written.
        """

    def verify(self, installed: Installed) -> Verdict:
        """Start the editor without a window and ask it whether the entries are there."""

    def next_step(self, installed: Installed) -> str:
        """Return what a person has to do now to see the entries."""

    def uninstall(self, installed: Installed) -> list[Path]:
        """Take away what was installed, and nothing else; return what is left in its folder.

        Raises:
            RestoreError: A file cannot be removed.
        """

    def archive(self, file: Path, toolkit: Toolkit) -> None:
        """Write the plug-in as a file that the editor can import itself.

        Raises:
            RestoreError: The editor cannot, or the file cannot be written.
        """

    def installations(self) -> list[Installed]:
        """Return what is installed, as it was recorded.

        Raises:
            RestoreError: The record cannot be read.
        """

    def problem(self, installed: Installed, toolkit: Toolkit) -> Problem | None:
        """Return what is wrong with an installation, as the files tell; None if nothing is."""

    def refresh(self, toolkit: Toolkit) -> list[Installed]:
        """Bring the entries of this toolkit's installations up to date; return those that changed.

        Called by each worker that starts, on a thread of its own, so that an update of the toolkit,
        or a new plugin of it, reaches the menus. Installations of another toolkit on this machine
        are left alone.
        """
