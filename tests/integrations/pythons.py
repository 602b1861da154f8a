"""The Pythons of this machine in which the client has to run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

__all__ = ["WANTED", "found"]

WANTED = tuple(f"3.{minor}" for minor in range(8, 15))
"""The versions that editors bring or will bring."""


@cache
def found() -> dict[str, Path]:
    """Return a Python of each version that is here, by version.

    RESTORE_PYTHONS may name further ones, as PATH does folders.
    """
    pythons: dict[str, Path] = {}
    for candidate in _candidates():
        ask = [candidate, "-I", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        try:
            said = subprocess.run(ask, capture_output=True, text=True, timeout=60, check=True)
        except (OSError, subprocess.SubprocessError):
            continue
        pythons.setdefault(said.stdout.strip(), candidate)
    return pythons


def _candidates() -> Iterator[Path]:
    for named in os.environ.get("RESTORE_PYTHONS", "").split(os.pathsep):
        if named:
            yield Path(named)
    yield Path(sys.executable)
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted(pyenv.glob("versions/3.*/bin/python"), reverse=True)
    yield from sorted((Path.home() / ".local/share/uv/python").glob("cpython-3.*/bin/python3"))
    for version in WANTED:
        if path := shutil.which(f"python{version}"):
            yield Path(path)
