"""Folders with the real editors in them: small Debian systems that this machine only borrows.

A *root* is the folder of one Debian suite. `python -m tests.editors.roots SUITE` makes one, below
the folder RESTORE_EDITORS_ROOT; nothing is installed on the machine itself but mmdebstrap.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

__all__ = ["SUITES", "Suite", "find", "folder"]

_WINDOWS = (
    "xvfb",
    "xdotool",
    "x11-utils",
    "imagemagick",
    "fonts-dejavu-core",
    "openbox",
    "dbus",
)
"""What shows windows without a screen, presses their keys and takes pictures of them."""


@dataclass(frozen=True)
class Suite:
    """What one root is made of.

    Attributes:
        name: Of Debian's suite.
        editors: Packages of the editors, and what else their plug-ins need.
        beside: A second suite that `editors` may name; empty for none.
        gimp: The folder of GIMP's version within its profiles; empty without GIMP.
        qt: The Qt of its Krita; 0 without Krita.
    """

    name: str
    editors: tuple[str, ...]
    beside: str = ""
    gimp: str = ""
    qt: int = 0

    @property
    def packages(self) -> tuple[str, ...]:
        """All that is asked of the installer."""
        return self.editors + _WINDOWS

    @property
    def stamp(self) -> str:
        """What a finished root says of itself; another recipe is another stamp."""
        return f"{self.name} {','.join(self.packages)}\n"


SUITES = {
    suite.name: suite
    for suite in (
        Suite("trixie", ("gimp", "krita", "python3-pyqt5"), gimp="3.0", qt=5),
        Suite("forky", ("gimp",), gimp="3.2"),
        Suite(
            "sid",
            ("krita/experimental", "python3-pyqt6", "qt6-svg-plugins"),
            beside="experimental",
            qt=6,
        ),
    )
}
"""GIMP 3.0 and Krita 5.2; GIMP 3.2; Krita 6. The last two move, as long as Debian tests them."""

STAMP = ".restore-stamp"


def folder() -> Path:
    """Return the folder that holds the roots."""
    return Path(os.environ.get("RESTORE_EDITORS_ROOT") or "/var/tmp/restore-editors")


def find(suite: str) -> Path | None:
    """Return the finished root of a suite, or None."""
    root = folder() / suite
    try:
        finished = (root / STAMP).read_text() == SUITES[suite].stamp
    except OSError:
        return None
    return root if finished else None
