"""Running a program inside a root, with the folders of this machine that it needs.

The program runs in a mount namespace of its own: what is mounted for it vanishes with it. It leads
a process group, so that it and all that it starts can be killed as a whole.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tests.editors.roots import find, folder

__all__ = ["CHECKOUT", "MARK", "Root", "kill", "obstacle", "stop_all"]

CHECKOUT = Path(__file__).parents[2]
MARK = "RESTORE_TEST_SESSION"
"""An environment variable that all processes of one test session carry: so strays are found."""

_ENTER = """
root=$1 folder=$2; shift 2
for place in $PLACES; do
    mkdir -p "$root$place"
    mount --rbind "$place" "$root$place"
done
exec chroot "$root" /bin/sh -c 'cd "$0" && exec "$@"' "$folder" "$@"
"""
_UNSHARE = ("unshare", "--mount", "--propagation", "private")
_PLACES = " ".join(dict.fromkeys(("/proc", "/sys", "/dev", tempfile.gettempdir(), str(CHECKOUT))))
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Root:
    """A finished root.

    Attributes:
        path: Its folder.
        session: What marks the processes that are started in it.
    """

    path: Path
    session: str

    def start(
        self,
        *command: str | Path,
        environment: Mapping[str, str] = {},
        cwd: Path = CHECKOUT,
        output: int | IO[Any] = subprocess.PIPE,
    ) -> subprocess.Popen[bytes]:
        """Start a program; standard error goes where its output goes.

        Args:
            command: The program, as it is named in the root, and its arguments.
            environment: All that it gets beside PATH and a UTF-8 locale.
            cwd: Where it starts; below the checkout or the folder of temporary files.
            output: As for `subprocess.Popen`.
        """
        basic = {"PATH": _PATH, "LANG": "C.UTF-8", "PLACES": _PLACES, MARK: self.session}
        return subprocess.Popen(
            [*_UNSHARE, "/bin/sh", "-ec", _ENTER, "sh", self.path, cwd, *command],
            env=basic | dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def lend(self, name: str, folder: Path) -> None:
        """Put a program into a folder that runs the root's program of this name."""
        exports = f"export PATH={_PATH} PLACES={shlex.quote(_PLACES)} {MARK}={self.session}"
        enter = [*_UNSHARE, "/bin/sh", "-ec", _ENTER, "sh", str(self.path), "/", name]
        lent = folder / name
        lent.write_text(f'#!/bin/sh\n{exports}\nexec {shlex.join(enter)} "$@"\n')
        lent.chmod(0o755)

    def run(
        self, *command: str | Path, timeout: float = 120, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end and return what it printed; one that takes too long is killed.

        Raises:
            TimeoutError: It took longer than `timeout` seconds.
        """
        process = self.start(*command, **options)
        try:
            out, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            kill(process)
            out, _ = process.communicate()
            line = shlex.join(map(str, command))
            raise TimeoutError(f"{line} took longer than {timeout} s:\n{_text(out)}") from None
        return subprocess.CompletedProcess(command, process.returncode, _text(out))


def obstacle(suite: str) -> str:
    """Return why nothing can be run in the root of a suite; empty if it can."""
    if (path := find(suite)) is None:
        return f"no editors in {folder() / suite}: make test-editors installs them"
    if os.geteuid() != 0:
        return "only root can enter the editors' folder"
    tried = Root(path, "try").run("true")
    if tried.returncode:
        return f"the editors' folder cannot be entered: {tried.stdout.strip()}"
    return ""


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a program that was started here, and its whole process group, and wait for it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(30)


def stop_all(session: str) -> list[int]:
    """Kill whatever still runs of a session, such as a worker; return the process ids."""
    killed = []
    wanted = f"{MARK}={session}".encode()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and wanted in (entry / "environ").read_bytes().split(b"\0"):
                os.kill(int(entry.name), signal.SIGKILL)
                killed.append(int(entry.name))
        except OSError:
            continue
    return killed


def _text(out: bytes | None) -> str:
    return (out or b"").decode(errors="replace")
