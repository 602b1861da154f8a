"""The toolkit as the editors under test find it: this checkout, with a worker folder of its own."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from restore.worker import PROTOCOL
from restore_editors import restore_client as client
from tests.editors.inside import CHECKOUT
from tests.plugins import install as add_plugin

__all__ = ["Toolkit"]

_SHIPPED = {"classic": "restore_classic", "gimp": "restore_gimp", "krita": "restore_krita"}
_OF_TESTS = {"editors": "tests.plugins.editors"}

_PYTHON = """#!/bin/sh
# The toolkit's Python, also for an editor whose /usr is not the one of this machine.
{exports}
exec nsenter --target {pid} --mount --root --wd=/ {python} "$@"
"""
_ITSELF = """import os, sys
sys.executable = os.environ["RESTORE_TEST_PYTHON"]
"""


class Toolkit:
    """An installed toolkit with a place for one worker.

    Args:
        folder: A short path: a socket's may have 107 bytes.
        session: The variable that marks the processes of these tests.
        plugins: What it has beside what ships; by default the actions of the tests.

    Attributes:
        folder: Where all of it is.
        site: Where its plugins are found.
        python: Its Python, which starts from wherever an editor runs.
        trace: Where the action “slow” tells of each round.
    """

    def __init__(
        self,
        folder: Path,
        session: Mapping[str, str],
        plugins: Mapping[str, str] = _OF_TESTS,
    ) -> None:
        self.folder = folder
        self.site = folder / "site"
        self.python = folder / "python"
        self.trace = folder / "trace"
        self.site.mkdir(parents=True)
        (folder / "worker").mkdir(mode=0o700)
        for name, module in {**_SHIPPED, **plugins}.items():
            add_plugin(self.site, name, module)
        (self.site / "sitecustomize.py").write_text(_ITSELF)
        places = (self.site, CHECKOUT, CHECKOUT / "plugins", CHECKOUT / "integrations")
        variables = {
            **session,
            "PYTHONPATH": os.pathsep.join(map(str, places)),
            "RESTORE_TEST_PYTHON": str(self.python),
            "RESTORE_TEST_TRACE": str(self.trace),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", ""),
        }
        exports = "\n".join(f"export {k}={shlex.quote(v)}" for k, v in variables.items() if v)
        exports += f"\nexport XDG_DATA_HOME=${{RESTORE_TEST_DATA:-{folder / 'data'}}}"
        pid, python = os.getpid(), sys.executable
        self.python.write_text(_PYTHON.format(exports=exports, pid=pid, python=python))
        self.python.chmod(0o755)

    def add(self, plugin: str, module: str) -> None:
        """Install a further plugin, as an update of the toolkit's environment would."""
        add_plugin(self.site, plugin, module)

    def restore(
        self, *arguments: str | Path, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run `restore` with arguments, as a person does."""
        return subprocess.run(
            [self.python, "-m", "restore", *map(str, arguments)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def install(self, host: str, profile: Path) -> None:
        """Put the plug-in of a host into a profile, by `restore install`.

        Args:
            host: "gimp" or "krita".
            profile: GIMP's folder, or Krita's resources.
        """
        place = ("--profile", profile, "--folder", self.folder / "worker", "--no-check")
        done = self.restore("install", host, *place)
        assert done.returncode == 0, done.stdout + done.stderr

    @property
    def installation(self) -> client.Installation:
        """What a plug-in would read in its `restore.json`, without any action."""
        path = self.folder / "restore.json"
        if not path.exists():
            command = [str(self.python), "-m", "restore", "worker", "run"]
            told = {"protocol": PROTOCOL, "version": "", "actions": [], "command": command}
            path.write_text(json.dumps(told | {"folder": str(self.folder / "worker")}))
        return client.load_installation(str(path))

    def worker(self, name: str = "tests") -> client.Worker:
        """Return a client of the worker in this process."""
        return client.Worker(self.installation, name)

    def health(self) -> dict[str, Any]:
        """Return what the worker says of itself; one is started if there is none."""
        return self.worker().health()

    def rounds(self) -> int:
        """Return how many rounds the action “slow” has begun, in all runs."""
        return len(self.trace.read_text().splitlines()) if self.trace.exists() else 0
