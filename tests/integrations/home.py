"""A person's home folder, and the toolkit as that person calls it."""

from __future__ import annotations

import hashlib
import os
import site
import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.integrations.toolkit import ROOT
from tests.plugins import install

__all__ = ["Home", "contents", "installed_python"]


@dataclass(frozen=True)
class Home:
    """A home folder on Linux, without variables that move anything elsewhere.

    Attributes:
        folder: The home folder.
        python: In whose environment the toolkit is installed.
        variables: Of the environment, beside the usual ones.
    """

    folder: Path
    python: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """All that a program is given that belongs to this person."""
        return {
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "OMP_NUM_THREADS": "1",
            "PATH": os.defpath,
            "RESTORE_PLUGINS": "gimp,krita,editors",
            **self.variables,
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


def installed_python(folder: Path) -> Path:
    """Make an environment in which this checkout is installed; return its Python."""
    venv.EnvBuilder(symlinks=os.name != "nt").create(folder)
    python = folder / "bin" / "python"
    ask = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.check_output(ask, text=True).strip())
    path = [ROOT, ROOT / "plugins", ROOT / "integrations", *site.getsitepackages(), *sys.path]
    (packages / "toolkit.pth").write_text("\n".join(str(part) for part in path if str(part)))
    for name, module in (("gimp", "restore_gimp"), ("krita", "restore_krita"), ("editors", "")):
        install(packages, name, module)
    return python
