"""Whether Krita runs with a person's settings, which it would write over when it ends."""

from __future__ import annotations

from pathlib import Path

from restore_editors.places import System

__all__ = ["runs"]

NAMES = {"krita", "krita.exe", "krita.bin"}


def runs(system: System) -> bool:
    """Whether a Krita runs that has the same home folder and settings as `system`."""
    import psutil

    for process in psutil.process_iter(["name"]):
        if process.info["name"] not in NAMES:
            continue
        try:
            environment = process.environ()
        except (psutil.Error, OSError):  # another user's, or gone meanwhile
            continue
        home = Path(environment.get("HOME") or environment.get("USERPROFILE") or system.home)
        if _settings(System(system.name, home, environment)) == _settings(system):
            return True
    return False


def _settings(system: System) -> Path:
    return system.folders.get("config") or system.home
