"""Starting an editor without a window, to ask it something."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from itertools import takewhile
from pathlib import Path

from restore_editors.restore_client import clean_environment

__all__ = ["about", "ask", "outside"]


def ask(
    command: Sequence[str], environment: Mapping[str, str], seconds: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run a program of an editor and wait for it; all that it started ends with it.

    Args:
        command: The program and its arguments.
        environment: From `outside`.
        seconds: How long it may take.

    Raises:
        OSError: It cannot be started.
        subprocess.TimeoutExpired: It took longer.
    """
    with subprocess.Popen(
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            out, err = process.communicate(timeout=seconds)
        except BaseException:
            _end(process)
            raise
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def outside(environment: Mapping[str, str], **more: str) -> dict[str, str]:
    """Return the environment as it is outside of the toolkit's own Python environment.

    An editor that finds this environment's `python3` first would run its plug-ins in it.

    Args:
        environment: The variables to begin with.
        more: Variables to set.
    """
    kept = clean_environment(environment)
    own = {Path(sys.executable).parent, Path(sys.prefix) / "bin", Path(sys.prefix) / "Scripts"}
    folders = environment.get("PATH", os.defpath).split(os.pathsep)
    if sys.prefix != sys.base_prefix:
        folders = [folder for folder in folders if Path(folder) not in own]
        kept.pop("VIRTUAL_ENV", None)
    return kept | {"PATH": os.pathsep.join(folders)} | more


def about(text: str, word: str, lines: int = 12) -> str:
    """Return the last lines of what a program said on its error stream.

    Args:
        text: All that it said.
        word: If a traceback has this word, the end of the last that has it is returned.
        lines: How many at most.
    """
    said = text.strip().splitlines()
    for first in reversed([n for n, line in enumerate(said) if line.startswith("Traceback")]):
        indented = takewhile(lambda line: line.startswith((" ", "\t")), said[first + 1 :])
        end = first + 1 + sum(1 for _ in indented)
        traceback = said[first : end + 1]
        if any(word in line for line in traceback):
            return "\n".join(traceback[-lines:])
    return "\n".join(said[-lines:])


def _end(process: subprocess.Popen[str]) -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
