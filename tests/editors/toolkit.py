"""The toolkit as the editors under test find it: this checkout, with a worker folder of its own."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from restore_editors import restore_client as client
from tests.editors.inside import CHECKOUT
from tests.plugins import install as add_plugin

__all__ = ["Toolkit"]

_PLUGINS = ("editors",)
"""What every session has of tests/plugins."""

_LAUNCHER = """#!/bin/sh
# Starts the toolkit, also for an editor whose /usr is not the one of the toolkit's Python.
cd /
{exports}
exec nsenter --target {pid} --mount --root --wd=/ {python} -m restore "$@"
"""


class Toolkit:
    """A place for one worker, and the command that starts it from wherever an editor runs.

    Attributes:
        folder: A short path: a socket's may have 107 bytes.
        site: Where its plugins are found.
        command: What an installation's `restore.json` starts the worker with.
    """

    def __init__(self, folder: Path, session: Mapping[str, str]) -> None:
        self.folder = folder
        self.command = [str(folder / "restore"), "worker", "run"]
        self.site = folder / "site"
        self.site.mkdir(parents=True)
        (folder / "worker").mkdir(mode=0o700)
        for name, module in (("classic", "restore_classic"), *((n, "") for n in _PLUGINS)):
            add_plugin(self.site, name, module)
        places = (CHECKOUT, CHECKOUT / "plugins", CHECKOUT / "integrations", self.site)
        variables = {
            **session,
            "PYTHONPATH": os.pathsep.join(map(str, places)),
            "XDG_STATE_HOME": str(folder / "state"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", ""),
        }
        exports = [f"export {k}={shlex.quote(v)}" for k, v in variables.items() if v]
        launcher = folder / "restore"
        launcher.write_text(
            _LAUNCHER.format(exports="\n".join(exports), pid=os.getpid(), python=sys.executable)
        )
        launcher.chmod(0o755)

    def add(self, plugin: str, module: str) -> None:
        """Install a further plugin, as an update of the toolkit's environment would."""
        add_plugin(self.site, plugin, module)

    def redirect(self, installation: Path) -> None:
        """Let an installed plug-in start this toolkit."""
        told = json.loads(installation.read_text())
        told |= {"command": self.command, "folder": str(self.folder / "worker")}
        installation.write_text(json.dumps(told))

    @property
    def installation(self) -> client.Installation:
        """As a plug-in would load it."""
        path = self.folder / "restore.json"
        if not path.exists():
            told = {"protocol": client.PROTOCOL, "version": "", "actions": []}
            path.write_text(json.dumps(told))
            self.redirect(path)
        return client.load_installation(str(path))

    def worker(self, name: str = "tests") -> client.Worker:
        """Return a client of the worker in this process."""
        return client.Worker(self.installation, name)

    def health(self) -> dict[str, Any]:
        """Return what the worker says of itself; one is started if there is none."""
        return self.worker().health()
