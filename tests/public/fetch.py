"""Fetches pictures out of other projects' source packages: `make public`.

Pillow's comes through pip; those of libpng, libtiff and libjpeg-turbo through apt, where
that is the system's installer. Only the pictures are kept, in a cache folder of the user, or where
RESTORE_TEST_FILES says. What cannot be fetched is told and left out.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path, PurePosixPath

import platformdirs

__all__ = ["FOLDER"]

FOLDER = Path(
    os.environ.get("RESTORE_TEST_FILES") or platformdirs.user_cache_path("restore-test-files")
)
_LIBRARIES = ("libpng1.6", "tiff", "libjpeg-turbo")
_PLACES = ("Tests/images", "contrib/pngsuite", "contrib/testpngs", "test/images", "testimages")
_LARGEST = 3_000_000


def main() -> int:
    """Fetch what is not there yet; exit code 1 if something could not be."""
    pillow = f"pillow=={version('pillow')}"
    done = [_fetch(pillow, _pip(pillow))]
    done += [_fetch(name, _apt(name)) for name in _LIBRARIES]
    return 0 if all(done) else 1


def _pip(package: str) -> list[list[str]]:
    options = ["--quiet", "--no-deps", "--no-binary", ":all:", "--dest", "."]
    return [[sys.executable, "-m", "pip", "download", *options, package]]


def _apt(package: str) -> list[list[str]]:
    """Return the commands for a source package, with lists of such packages in a folder apart."""
    lists = tempfile.gettempdir() + "/restore-source-lists"
    Path(lists, "parts").mkdir(parents=True, exist_ok=True)
    Path(lists, "lists").mkdir(exist_ok=True)
    for file in (Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*")):
        if file.suffix in (".list", ".sources") and file.is_file():
            text = file.read_text().replace("Types: deb\n", "Types: deb-src\n")
            lines = [f"deb-src{x[3:]}" if x.startswith("deb ") else x for x in text.splitlines()]
            Path(lists, "parts", file.name).write_text("\n".join(lines) + "\n")
    places = {"sourcelist": "/dev/null", "sourceparts": f"{lists}/parts"}
    options = [f"-oDir::Etc::{key}={value}" for key, value in places.items()]
    apt = [
        "apt-get",
        "-qq",
        "-oAPT::Sandbox::User=root",
        *options,
        f"-oDir::State::lists={lists}/lists",
    ]
    return [[*apt, "update"], [*apt, "source", "--download-only", "--tar-only", package]]


def _fetch(name: str, commands: list[list[str]]) -> bool:
    folder = FOLDER / name.replace("==", "-")
    if folder.is_dir():
        return True
    with tempfile.TemporaryDirectory() as scratch:
        try:
            for command in commands:
                subprocess.run(command, cwd=scratch, check=True, stdout=subprocess.DEVNULL)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
            return False
        files = [f for archive in Path(scratch).glob("*.tar.*") for f in _pictures(archive)]
        for path, data in files:
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    print(f"{name}: {len(files)} files in {folder}")
    return bool(files)


def _pictures(archive: Path) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Yield what lies in the folders of pictures, by its path in there."""
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                place = next((p for p in _PLACES if f"/{p}/" in member.name), "")
                content = tar.extractfile(member) if member.isfile() else None
                path = PurePosixPath(member.name.rpartition(f"/{place}/")[2])
                if place and content and member.size <= _LARGEST and ".." not in path.parts:
                    yield path, content.read()
    except tarfile.ReadError:
        return


if __name__ == "__main__":
    sys.exit(main())
