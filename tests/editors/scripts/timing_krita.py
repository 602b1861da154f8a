"""Runs inside Krita: how long runs of an action take, and how long the interface stands still."""

import time

from krita import Krita
from restore_krita.job import Listener
from restore_krita.qt import QtCore

import restore_krita


class Heard(Listener):
    """Keeps how a run ended."""

    end = None

    def finished(self, finished):
        self.end = finished


class Heart:
    """A timer of the interface: how long did it not beat at most?"""

    def __init__(self):
        self.longest, self._last = 0.0, time.perf_counter()
        self._timer = QtCore.QTimer()
        self._timer.timeout.connect(self._beat)
        self._timer.start(2)

    def _beat(self):
        now = time.perf_counter()
        self.longest, self._last = max(self.longest, now - self._last), now

    def stop(self):
        self._beat()
        self._timer.stop()
        return self.longest


def runs(argument):
    """Run an action on a new layer of `size` some `times`, in a window.

    Returned are the seconds of each run, when it began, those that the action itself took, and the
    longest time for which the interface stood still.
    """
    width, height = argument["size"]
    krita = Krita.instance()
    krita.setBatchmode(True)
    colours = ("RGBA", "U8", "sRGB-elle-V2-srgbtrc.icc")
    document = krita.createDocument(width, height, "timing", *colours, 72.0)
    krita.activeWindow().addView(document)
    layer = document.topLevelNodes()[0]
    block = bytes(range(256)) * 4096
    data = (block * (4 * width * height // len(block) + 1))[: 4 * width * height]
    layer.setPixelData(data, 0, 0, width, height)
    document.refreshProjection()
    document.waitForDone()
    for _ in range(30):
        yield
    told = []
    for _ in range(argument["times"]):
        heard, heart = Heard(), Heart()
        began = time.time()
        restore_krita.start(
            argument["action"],
            document=document,
            layer=layer,
            parameters=argument["parameters"],
            listener=heard,
        )
        while heard.end is None:
            yield
        end = heard.end
        if end.error:
            raise RuntimeError(end.error)
        for _ in range(20):  # the picture is drawn again
            yield
        told.append([end.seconds, began, end.report["seconds"], heart.stop()])
        end.result.layer().remove()
        document.refreshProjection()
        document.waitForDone()
        for _ in range(20):
            yield
    document.setModified(False)
    document.close()
    return told
