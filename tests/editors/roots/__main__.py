"""Makes a root: `python -m tests.editors.roots [SUITE]…`; trixie if none is named.

It needs root, and a Debian mirror, which it takes from this machine's apt. A root that is there is
left alone; one that fails leaves nothing behind but its log. Two that start at once wait for each
other.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.editors.roots import STAMP, SUITES, Suite, find, folder
from tests.editors.roots.packages import fetch, sources

_UNREAD = ("doc/*", "man/*", "locale/*", "help/*", "gimp/*/help/*")
"""What no test reads, below /usr/share."""


def main(names: list[str]) -> int:
    """Make the roots that are missing; exit code 1 if one could not be made."""
    for name in names:
        if name not in SUITES:
            print(f"There is no suite {name}: choose from {', '.join(SUITES)}.", file=sys.stderr)
            return 2
    failed = [name for name in names if ensure(name)]
    return 1 if failed else 0


def ensure(name: str) -> str:
    """Make a root if it is missing; return why it could not be made, empty if it is there."""
    try:
        print(f"{_make(SUITES[name])} is ready.", flush=True)
    except (OSError, LookupError, subprocess.CalledProcessError) as error:
        print(f"The editors of {name} cannot be installed: {error}", file=sys.stderr, flush=True)
        return str(error) or type(error).__name__
    return ""


def _make(suite: Suite) -> Path:
    if root := find(suite.name):
        return root
    if os.geteuid() != 0:
        raise PermissionError("only root can make a system in a folder")
    folder().mkdir(parents=True, exist_ok=True)
    with (folder() / f"{suite.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return find(suite.name) or _build(suite, lock.fileno())


def _build(suite: Suite, lock: int) -> Path:
    """Build a root; the installer inherits the lock, in case that it outlives this process."""
    start = time.monotonic()
    _need_mmdebstrap()
    root, log = folder() / suite.name, folder() / f"{suite.name}.log"
    partial, cache = folder() / f".{suite.name}-partial", folder() / f".{suite.name}-packages"
    _remove(partial)
    lines = sources(suite.name, suite.beside)
    try:
        print(f"{fetch(lines, suite.packages, cache)} packages are here.", flush=True)
    except OSError as error:
        print(f"The packages are fetched one by one: {error}", flush=True)
    try:
        with log.open("w") as out:
            command = _command(suite, lines, partial, cache)
            subprocess.run(command, stdout=out, stderr=out, pass_fds=[lock], check=True)
        (partial / STAMP).write_text(suite.stamp)
        _remove(root)
        partial.rename(root)
    except subprocess.CalledProcessError as error:
        last = log.read_text(errors="replace").strip().splitlines()[-15:]
        raise OSError("\n".join([f"mmdebstrap ended with {error.returncode}:", *last])) from None
    finally:
        _remove(partial)
    _remove(cache)
    print(f"{suite.name}: {time.monotonic() - start:.0f} s.", flush=True)
    return root


def _command(suite: Suite, lines: list[str], target: Path, cache: Path) -> list[str]:
    """Return the call of mmdebstrap, in a namespace with which all its mounts vanish."""
    apt = (
        'Acquire::Check-Valid-Until "false"',  # mirrors of moving suites may be frozen
        'APT::Install-Recommends "false"',
        'Acquire::Languages "none"',
    )
    dpkg = ("force-unsafe-io", *(f"path-exclude=/usr/share/{path}" for path in _UNREAD))
    archives = "/var/cache/apt/archives"
    return [
        *("unshare", "--mount", "--propagation", "private"),
        *("mmdebstrap", "--quiet", "--variant=apt", "--mode=root"),
        "--skip=check/empty,download/empty",
        "--hook-dir=/usr/share/mmdebstrap/hooks/eatmydata",
        *(f"--aptopt={option}" for option in apt),
        *(f"--dpkgopt={option}" for option in dpkg),
        f'--setup-hook=mkdir -p "$1"{archives}',
        f"--setup-hook=sync-in {cache} {archives}",
        f"--include={','.join(suite.packages)}",
        suite.name,
        str(target),
        *lines,
    ]


def _need_mmdebstrap() -> None:
    if shutil.which("mmdebstrap"):
        return
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "-qq", "install", "--yes", "--no-install-recommends", "mmdebstrap"]
    for command in (["apt-get", "-qq", "update"], install):
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)


def _remove(path: Path) -> None:
    """Remove a folder, but nothing of another file system that may be mounted in it."""
    if path.exists():
        subprocess.run(["rm", "-rf", "--one-file-system", path], check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["trixie"]))
