"""Where editors keep their profiles: one line for each system and way of packaging."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from restore.hooks.host import Profile

__all__ = ["Place", "System", "find"]


@dataclass(frozen=True)
class System:
    """The machine and the person on it.

    Attributes:
        name: As `sys.platform` says: "linux", "darwin" or "win32".
        home: The person's home folder.
        environment: Variables that move folders elsewhere.
    """

    name: str = sys.platform
    home: Path = field(default_factory=Path.home)
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    @property
    def folders(self) -> dict[str, Path]:
        """The folders that a `Place` can begin with, by name."""
        places = {"home": self.home}
        if self.name == "win32":
            places["roaming"] = self._or("APPDATA", "AppData/Roaming")
            places["local"] = self._or("LOCALAPPDATA", "AppData/Local")
        elif self.name == "darwin":
            places["support"] = self.home / "Library/Application Support"
            places["preferences"] = self.home / "Library/Preferences"
        else:
            places["config"] = self._or("XDG_CONFIG_HOME", ".config")
            places["data"] = self._or("XDG_DATA_HOME", ".local/share")
        return places

    def _or(self, variable: str, usual: str) -> Path:
        told = self.environment.get(variable, "")
        return Path(told) if told and Path(told).is_absolute() else self.home / usual


@dataclass(frozen=True)
class Place:
    """Where one packaging of an editor keeps profiles.

    Attributes:
        system: As `System.name`.
        packaging: What a person calls it.
        folder: The profile, from one of `System.folders` on: "{config}/GIMP/{version}", where
            {version} stands for any sub-folder that is a version.
        settings: The file with its settings, if it is needed.
    """

    system: str
    packaging: str
    folder: str
    settings: str = ""


def find(places: Iterable[Place], system: System) -> list[Profile]:
    """Return the profiles that are there, those of newer versions first, each once."""
    found: dict[Path, Profile] = {}
    for place in places:
        if place.system == system.name:
            for profile in _profiles(place, system):
                found.setdefault(profile.folder.resolve(), profile)
    return sorted(found.values(), key=lambda p: _order(p.version), reverse=True)


def _profiles(place: Place, system: System) -> Iterable[Profile]:
    settings = Path(place.settings.format(**system.folders)) if place.settings else None
    above, wild, _ = place.folder.partition("{version}")
    folder = Path(above.format(**system.folders))
    if not wild:
        return [Profile(folder, place.packaging, settings=settings)] if folder.is_dir() else []
    return [
        Profile(inner, place.packaging, inner.name, settings)
        for inner in _inside(folder)
        if re.fullmatch(r"\d+\.\d+", inner.name)
    ]


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(inner for inner in folder.iterdir() if inner.is_dir())
    except OSError:
        return []


def _order(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))
