"""ExifTool, a program that knows more of metadata than any library: files made and read by it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

needs_exiftool = pytest.mark.skipif(
    shutil.which("exiftool") is None,
    reason="needs exiftool (Debian: apt-get install libimage-exiftool-perl)",
)


def exiftool(*arguments: str | Path) -> str:
    """Run it and return what it prints."""
    done = subprocess.run(
        ["exiftool", *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def tags(*paths: Path) -> list[dict[str, Any]]:
    """Return every tag of each file, also unknown and repeated ones, as “Group:Tag”."""
    found = json.loads(exiftool("-j", "-G1", "-a", "-u", "-struct", *paths))
    assert [Path(one.pop("SourceFile")) for one in found] == list(paths)
    return list(found)


def complaints(*paths: Path) -> list[set[str]]:
    """Return what its validation finds wrong with each file."""
    found = json.loads(exiftool("-j", "-G4", "-a", "-validate", "-warning", "-error", *paths))
    kinds = ("Warning", "Error")
    return [{v for k, v in one.items() if k.rpartition(":")[2] in kinds} for one in found]
