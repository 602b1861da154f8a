"""The editors' side of this toolkit: what their plug-ins must know of it, and keeping that true."""

from __future__ import annotations

import logging
import sys

from restore import __version__
from restore.hooks.host import Toolkit
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
        try:
            for installed in host.refresh(this_toolkit(plugins, folder)):
                _log.info("The entries in %s are up to date.", installed.plugin)
        except Exception as error:  # other people's code; the worker serves all the same
            _log.warning("The entries of %s cannot be brought up to date: %s", host.label, error)
