"""The toolkit as Krita sees it: what `restore.json` beside this file tells, and the worker."""

from __future__ import annotations

import json
import os
from pathlib import Path

from .restore_client import RestoreError, Worker, load_installation

__all__ = ["Toolkit"]


class Toolkit:
    """What is installed; read again whenever the file has changed.

    Attributes:
        fault: Why nothing can be run, in words; empty if all is well.
        entries: An entry for each action, also where the toolkit itself is gone: its menu entries
            then say so.
    """

    def __init__(self):
        self.fault = ""
        self.entries = []
        self._installation = None
        self._seen = None

    def refresh(self):
        """Read `restore.json` if it is new; return whether the entries are others now."""
        seen = _state(_path())
        before = self.entries
        if seen is None or seen != self._seen or self.fault:
            self._seen = seen
            try:
                self._installation = load_installation()
                self.fault = ""
                self.entries = self._installation.actions
            except RestoreError as error:
                self._installation = None
                self.fault = str(error)
                self.entries = _entries(_path()) or before
        return self.entries != before

    def entry(self, name):
        """Return the entry of an action.

        Raises:
            RestoreError: There is none of this name.
        """
        for entry in self.entries:
            if entry["name"] == name:
                return entry
        known = ", ".join(sorted(entry["name"] for entry in self.entries))
        raise RestoreError("There is no action “%s”." % name, "There are: %s." % (known or "none"))

    def worker(self):
        """Return a client of the worker, which starts when it is needed.

        Raises:
            RestoreError: The toolkit cannot be found; the text says what to type.
        """
        self.refresh()
        if self._installation is None:
            raise RestoreError(self.fault)
        return Worker(self._installation, "krita-%d" % os.getpid())


def _path():
    told = os.environ.get("RESTORE_EDITOR_INSTALLATION")
    return Path(told) if told else Path(__file__).absolute().with_name("restore.json")


def _state(path):
    """Return what changes when the file or the Python that it names does."""
    try:
        known = path.stat()
        return (known.st_mtime_ns, known.st_size, Path(_told(path)["command"][0]).exists())
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        return None


def _entries(path):
    try:
        return list(_told(path)["actions"])
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _told(path):
    return json.loads(path.read_text("utf-8"))
