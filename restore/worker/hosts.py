"""The editors' side of this toolkit: what their plug-ins must know of it, and keeping that true."""

from __future__ import annotations

import logging
import sys

from restore import __version__
from restore.errors import RestoreError
from restore.hooks.host import Toolkit
from restore.hooks.isolation import isolated
from restore.hooks.manager import Plugins
from restore.worker import PROTOCOL
from restore.worker.catalogue import catalogue
from restore.worker.folder import Folder

__all__ = ["refresh", "this_toolkit"]

_log = logging.getLogger("restore")


def this_toolkit(plugins: Plugins, folder: Folder) -> Toolkit:
    """Return what a plug-in in an editor has to know to start a worker here.

    Args:
        plugins: Bring the actions.
        folder: The worker's.
    """
    command = (sys.executable, "-m", "restore", "worker", "run")
    return Toolkit(PROTOCOL, __version__, command, folder.path, catalogue(plugins))


def refresh(plugins: Plugins, folder: Folder) -> None:
    """Bring the menus of all editors up to date with this toolkit; what fails is logged."""
    for host in plugins.hosts().values():
        fault = f"The entries of {host.label} cannot be brought up to date"
        try:
            with isolated(host.name, fault):
                changed = host.refresh(this_toolkit(plugins, folder))
        except RestoreError as error:
            _log.warning("%s: %s", fault, error)
        else:
            for installed in changed:
                _log.info("The entries in %s are up to date.", installed.plugin)
