"""Runs inside Krita: opens photos, runs actions as a script does, and tells what came of it."""

import time
from pathlib import Path

from krita import Krita
from restore_krita.qt import QtCore, QtWidgets

import restore_krita


def restored(argument):
    """Open a photo, run an action on it, and write the pixels of the result as they are.

    The argument has `photo`, `action`, `parameters` and `out`. Returned are the names of the layers
    from the bottom up, the colours of the result and how long the interface stood still at most.
    """
    document = _open(argument["photo"])
    try:
        layer = document.topLevelNodes()[0]
        heard = _Heard()
        restore_krita.start(
            argument["action"],
            document=document,
            layer=layer,
            parameters=argument.get("parameters", {}),
            listener=heard,
        )
        while heard.finished_ is None:
            yield
        finished = heard.finished_
        if finished.error:
            return {"error": finished.error, "cancelled": finished.cancelled}
        result = finished.result
        width, height = result.document.width(), result.document.height()
        if "out" in argument:
            pixels = result.layer().pixelData(0, 0, width, height)
            Path(argument["out"]).write_bytes(bytes(pixels))
        return {
            "layers": [node.name() for node in document.topLevelNodes()],
            "size": [width, height],
            "colours": [layer.colorModel(), layer.colorDepth(), layer.colorProfile()],
            "told": heard.told,
        }
    finally:
        document.close()


def entries(argument):
    """Return the actions that have a menu entry, by their names."""
    names = [action.objectName() for action in Krita.instance().actions()]
    ours = [name[len("restore_") :] for name in names if name.startswith("restore_")]
    return sorted(name.replace("_", "-") for name in ours if name != "menu" and name[0] != "_")


def show(argument):
    """Open a photo in a view, in a window that fills the screen."""
    window = Krita.instance().activeWindow()
    window.qwindow().showMaximized()
    window.addView(_open(argument))
    Krita.instance().setBatchmode(False)
    for docker in Krita.instance().dockers():
        docker.setVisible(docker.objectName() in ("KisLayerBox", "ToolBox"))
    for _ in range(50):
        yield


def arrange(argument):
    """Give the docker Restore most of the right side."""
    window = Krita.instance().activeWindow().qwindow()
    names = ("KisLayerBox", "restore_docker")
    docks = [window.findChild(QtWidgets.QDockWidget, name) for name in names]
    window.resizeDocks(docks, [320, 320], QtCore.Qt.Orientation.Horizontal)
    window.resizeDocks(docks, [200, 600], QtCore.Qt.Orientation.Vertical)


def progress(argument):
    """Return how far the docker's bar is, from 0 to 1."""
    window = Krita.instance().activeWindow().qwindow()
    docker = window.findChild(QtWidgets.QDockWidget, "restore_docker")
    bar = docker.findChild(QtWidgets.QProgressBar)
    return bar.value() / bar.maximum()


def place(argument):
    """Return the middle of the visible button, check box or choice that shows a text."""
    for kind in (QtWidgets.QAbstractButton, QtWidgets.QComboBox):
        for widget in QtWidgets.QApplication.allWidgets():
            if not isinstance(widget, kind) or not widget.isVisible():
                continue
            shown = widget.text() if hasattr(widget, "text") else widget.currentText()
            if shown.replace("&", "") == argument:
                middle = widget.mapToGlobal(widget.rect().center())
                return [middle.x(), middle.y()]
    raise LookupError("nothing shows " + argument)


def trigger(argument):
    """Do what an entry of the menus does."""
    Krita.instance().action(argument).trigger()


def layers(argument):
    """Return the names of the layers of each document, from the bottom up."""
    return [[n.name() for n in d.topLevelNodes()] for d in Krita.instance().documents()]


class _Heard:
    """Listens to one run."""

    def __init__(self):
        self.finished_ = None
        self.told = []

    def progress(self, fraction, text):
        self.told.append([fraction, text, time.time()])

    def preview(self, image):
        pass

    def finished(self, finished):
        self.finished_ = finished


def _open(photo):
    Krita.instance().setBatchmode(True)
    document = Krita.instance().openDocument(photo)
    document.setBatchmode(True)
    return document
