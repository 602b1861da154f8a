"""A person's home folder, and the toolkit as that person calls it."""

from __future__ import annotations

import hashlib
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Home", "contents"]


@dataclass(frozen=True)
class Home:
    """A home folder on Linux, without variables that move anything elsewhere."""

    folder: Path
    python: Path

    @property
    def environment(self) -> dict[str, str]:
        """All that a program is given that belongs to this person."""
        return {
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "OMP_NUM_THREADS": "1",
            "PATH": os.defpath,
            "RESTORE_PLUGINS": "gimp,krita,editors",
        }

    @property
    def gimp(self) -> Path:
        """The profile of GIMP 3.0, made when it is first named."""
        return self._made(".config/GIMP/3.0")

    @property
    def krita(self) -> Path:
        """The resources of Krita, made when they are first named."""
        return self._made(".local/share/krita")

    @property
    def kritarc(self) -> Path:
        """The settings of Krita."""
        return self._made(".config") / "kritarc"

    def __call__(
        self, *arguments: str | Path, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Call `restore`."""
        done = subprocess.run(
            [self.python, "-m", "restore", *arguments],
            cwd=self.folder,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        return done

    def _made(self, path: str) -> Path:
        folder = self.folder / path
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def contents(folder: Path) -> dict[str, str]:
    """Return the hash of every file, and every folder, within a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else "folder"
        for path in folder.rglob("*")
    }
