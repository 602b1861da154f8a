"""The menu: Filter ▸ Restore, with an entry for each action, and what belongs to it."""

from __future__ import annotations

import contextlib
import threading

from krita import Extension, Krita

from .docker import dockers
from .job import Listener
from .panel import Panel
from .qt import QtCore, QtWidgets
from .restore_client import RestoreError

__all__ = ["RestoreExtension"]

MENU = "restore_menu"


class RestoreExtension(Extension):
    """Puts the entries into each window.

    Args:
        parent: Krita.
        runner: `Runner`.
        presets: `Presets`.
    """

    def __init__(self, parent, runner, presets):
        super().__init__(parent)
        self._runner = runner
        self._presets = presets
        self._last = None
        self._kept = []  # else Python's garbage collector takes the functions that are called
        runner.toolkit.refresh()

    def setup(self):
        """Stop what runs when Krita quits."""
        QtCore.QCoreApplication.instance().aboutToQuit.connect(self._runner.cancel)

    def createActions(self, window):
        """Put the entries into a window's menu."""
        top = window.createAction(MENU, "Restore", "filter")
        menu = QtWidgets.QMenu(MENU, window.qwindow())
        top.setMenu(menu)
        inside, order = "filter/" + MENU, []
        for entry in self._runner.toolkit.entries:
            action = window.createAction(
                "restore_" + entry["name"].replace("-", "_"), entry["label"] + "…", inside
            )
            action.setToolTip(entry.get("help", ""))
            action.triggered.connect(lambda checked=False, name=entry["name"]: self.ask(name))
            order.append(action)
        order.append(menu.addSeparator())
        for name, text, called in (
            ("again", "Repeat the Last Action", self.again),
            ("docker", "Show the Docker", self.show_docker),
            ("free", "Free Memory", self.free),
        ):
            action = window.createAction("restore__" + name, text, inside)
            action.triggered.connect(lambda checked=False, called=called: called())
            order.append(action)
        # Krita 6 puts them in by their names, after this function: adding them again orders them
        menu.aboutToShow.connect(lambda: [menu.addAction(action) for action in order])
        self._kept.append((menu, order))

    def ask(self, name):
        """Ask for the parameters of an action and run it; in batch mode, do not ask."""
        try:
            self._runner.toolkit.worker()
            entry = self._runner.toolkit.entry(name)
        except RestoreError as error:
            self._complain(str(error))
            return
        panel = Panel(entry, self._presets, self._complain)
        order = panel.order() if Krita.instance().batchmode() else _asked(entry, panel)
        if order is not None:
            self._start(name, order)

    def again(self):
        """Run the last action again, with the same parameters, on what is active now."""
        if self._last is None:
            self._complain("Nothing was run yet.")
        else:
            self._start(*self._last)

    def show_docker(self):
        """Bring the docker to the front."""
        for docker in dockers():
            docker.setVisible(True)
            docker.raise_()

    def free(self):
        """Let the worker's models go."""
        try:
            worker = self._runner.toolkit.worker()
        except RestoreError as error:
            self._complain(str(error))
            return
        threading.Thread(target=_free, args=(worker,), daemon=True).start()

    def _start(self, name, order):
        try:
            self._runner.start(name, listener=_Box(self._complain), **order)
        except RestoreError as error:
            self._complain(str(error))
            return
        self._last = (name, order)
        for docker in dockers():
            docker.choose(name)
            docker.recall()

    def _complain(self, text):
        for docker in dockers():
            docker.say(text)
        if not Krita.instance().batchmode():
            QtWidgets.QMessageBox.warning(_window(), "Restore", text)


class _Box(Listener):
    """Shows in a box why a run that was started from the menu failed."""

    def __init__(self, complain):
        self._complain = complain

    def finished(self, finished):
        if finished.error and not finished.cancelled:
            self._complain(finished.error)


def _asked(entry, panel):
    """Show a dialog and return what `Runner.start` is to be told; None if it was left."""
    dialog = QtWidgets.QDialog(_window())
    dialog.setWindowTitle("Restore: " + entry["label"])
    column = QtWidgets.QVBoxLayout(dialog)
    told = QtWidgets.QLabel(entry.get("help", ""))
    told.setWordWrap(True)
    column.addWidget(told)
    column.addWidget(panel)
    Buttons = QtWidgets.QDialogButtonBox.StandardButton
    buttons = QtWidgets.QDialogButtonBox(Buttons.Ok | Buttons.Cancel)
    buttons.button(Buttons.Ok).setText("Run")
    buttons.accepted.connect(dialog.accept)
    buttons.rejected.connect(dialog.reject)
    column.addWidget(buttons)
    dialog.setMinimumWidth(380)
    accepted = dialog.exec() == QtWidgets.QDialog.DialogCode.Accepted
    return panel.order() if accepted else None


def _window():
    window = Krita.instance().activeWindow()
    return window.qwindow() if window is not None else None


def _free(worker):
    with contextlib.suppress(RestoreError):
        worker.free()
