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


def tags(path: Path, *options: str) -> dict[str, Any]:
    """Return every tag of a file, also unknown and repeated ones, as “Group:Tag”."""
    found = json.loads(exiftool("-j", "-G1", "-a", "-u", "-struct", *options, path))[0]
    del found["SourceFile"]
    return found


def complaints(path: Path) -> list[str]:
    """Return what its validation finds wrong with a file."""
    lines = exiftool("-validate", "-warning", "-error", "-a", "-s3", path).splitlines()
    return [line for line in lines if line and line != "OK" and "Warning" not in line[:12]]
