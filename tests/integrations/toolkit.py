"""This checkout as an installed toolkit, with a worker of its own that editors can start."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

import psutil

from restore_editors import restore_client as client
from tests.plugins import install

__all__ = ["ROOT", "Toolkit"]

ROOT = Path(__file__).parents[2]
_LAUNCHER = """
import os, runpy, sys
sys.path[:0] = {path!r}
os.environ.update({environment!r})
runpy.run_module("restore", run_name="__main__", alter_sys=True)
"""


class Toolkit:
    """What `restore.json` tells of, in a folder with a short path: a socket's may have 107 bytes.

    Attributes:
        folder: Of the worker.
        path: The `restore.json`.
    """

    def __init__(self, place: Path, version: str = "0.1.0") -> None:
        self.folder = place / "w"
        self.path = place / "restore.json"
        site = place / "site"
        site.mkdir(parents=True)
        install(site, "editors")
        launcher = place / "launch.py"
        path = [str(site), str(ROOT), str(ROOT / "plugins"), str(ROOT / "integrations")]
        environment = {
            "OMP_NUM_THREADS": "1",
            "RESTORE_PLUGINS": "editors",
            "XDG_DATA_HOME": str(place / "data"),
        }
        launcher.write_text(_LAUNCHER.format(path=path, environment=environment))
        self.command = [sys.executable, str(launcher), "worker", "run"]
        self.tell(version=version)

    def tell(self, **changed: Any) -> None:
        """Write `restore.json`, some of it other than it is."""
        told = {
            "protocol": client.PROTOCOL,
            "version": "0.1.0",
            "command": self.command,
            "folder": str(self.folder),
            "actions": [],
        }
        self.path.write_text(json.dumps(told | changed))

    def worker(self, name: str = "test-1") -> client.Worker:
        """Return a client of the worker."""
        return client.Worker(client.load_installation(str(self.path)), name)

    def end(self) -> None:
        """Kill its workers, those too that only wait for another one's place."""
        launcher = self.command[1]
        for process in psutil.process_iter(["cmdline"]):
            if launcher in (process.info["cmdline"] or ()):
                with contextlib.suppress(psutil.Error):
                    process.kill()
