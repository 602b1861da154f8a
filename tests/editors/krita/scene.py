"""Runs inside Krita: makes a picture, runs an action on it as the plug-in does, tells what came."""

import json
import os
import signal
import time
from pathlib import Path

from krita import Krita, Selection
from restore_krita.docker import dockers
from restore_krita.job import Listener
from restore_krita.qt import QtCore

import restore_krita

RUNNER = restore_krita.runner


class Heard(Listener):
    def __init__(self):
        self.told = []
        self.texts = []
        self.previews = []
        self.end = None
        self.ends = 0

    def progress(self, fraction, text):
        self.told.append(fraction)
        self.texts.append(text)

    def preview(self, image):
        self.previews.append([image.width, image.height, bytes(image.data).hex()[:64]])

    def finished(self, finished):
        self.end = finished
        self.ends += 1


class Heart:
    """A timer of 20 ms: how long was Krita's interface away at most?"""

    def __init__(self):
        self.longest = 0.0
        self.beats = -1
        self._last = time.monotonic()
        self._timer = QtCore.QTimer()
        self._timer.timeout.connect(self._beat)
        self._timer.start(20)

    def _beat(self):
        now = time.monotonic()
        self.beats += 1
        self.longest = max(self.longest, now - self._last)
        self._last = now

    def stop(self):
        self._beat()
        self._timer.stop()


def pause(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield


def picture(told):
    """Make a document with a view and a layer "photo" with pixels from a file."""
    krita = Krita.instance()
    krita.setBatchmode(True)
    width, height = told["width"], told["height"]
    document = krita.createDocument(
        told.get("canvas", [width, height])[0],
        told.get("canvas", [width, height])[1],
        "picture",
        told.get("model", "RGBA"),
        told.get("depth", "U8"),
        told.get("profile", "sRGB-elle-V2-srgbtrc.icc"),
        told.get("resolution", 300.0),
    )
    document.setBatchmode(True)
    if not told.get("no_view"):
        krita.activeWindow().addView(document)
        krita.setActiveDocument(document)
    layer = document.createNode("photo", "paintlayer")
    if "layer" in told:
        layer.setColorSpace(*told["layer"])
    x, y = told.get("at", (0, 0))
    layer.setPixelData(Path(told["pixels"]).read_bytes(), x, y, width, height)
    parent = document.rootNode()
    if told.get("group"):
        parent = document.createGroupLayer("group")
        document.rootNode().addChildNode(parent, None)
    parent.addChildNode(layer, None)
    over = document.createNode("over", "paintlayer")
    parent.addChildNode(over, layer)
    document.setActiveNode(layer)
    if "select" in told:
        selection = Selection()
        selection.select(*told["select"], 255)
        if told.get("feather"):
            selection.feather(told["feather"])
        document.setSelection(selection)
    document.refreshProjection()
    document.waitForDone()
    return document, layer


def tree(node):
    return [
        [child.name(), child.type(), tree(child)]
        for child in node.childNodes()
        if child.type() != "selectionmask"
    ]


def wait_for(heard, seconds=60):
    end = time.monotonic() + seconds
    while heard.end is None:
        assert time.monotonic() < end, heard.texts[-3:]
        yield


def told_of(heard):
    end = heard.end
    return {
        "error": end.error,
        "cancelled": end.cancelled,
        "notes": end.notes,
        "seconds": end.seconds,
        "progress": heard.told,
        "texts": heard.texts[-5:],
        "previews": heard.previews,
    }


def run(told):
    """Run an action on a picture; write what the result's layer and the whole look like."""
    document, layer = picture(told)
    yield from pause(0.3)
    heard, out = Heard(), Path(told["out"])
    before = bytes(document.pixelData(0, 0, document.width(), document.height()))
    heart = Heart()
    started = time.monotonic()
    try:
        RUNNER.start(
            told["action"],
            document,
            layer,
            told.get("parameters"),
            listener=heard,
            **told.get("options", {}),
        )
    except restore_krita.RestoreError as error:
        heart.stop()
        close(document)
        return {"refused": str(error)}
    if "cancel_after" in told:
        yield from pause(told["cancel_after"])
        RUNNER.cancel()
    yield from wait_for(heard)
    yield
    heart.stop()
    answer = dict(
        told_of(heard), longest=heart.longest, beats=heart.beats, total=time.monotonic() - started
    )
    answer["tree"] = tree(document.rootNode())
    answer["modified"] = document.modified()
    result = heard.end.result
    if result is not None:
        made, target = result.document, result.layer()
        size = (0, 0, made.width(), made.height())
        answer["result"] = describe(made, target)
        out.with_suffix(".layer").write_bytes(bytes(target.pixelData(*size)))
        made.waitForDone()
        out.with_suffix(".whole").write_bytes(bytes(made.pixelData(*size)))
        for child in target.childNodes():
            if child.type() == "transparencymask":
                mask = bytes(child.selection().pixelData(*size))
                out.with_suffix(".mask").write_bytes(mask)
        for name, what, suffix in (
            ("photo – uncertainty", "uncertainty", ".spread"),
            (target.name() + ", found", "found", ".found"),
        ):
            extra = made.nodeByName(name)
            if extra is not None:
                answer[what] = describe(made, extra)
                out.with_suffix(suffix).write_bytes(bytes(extra.pixelData(*size)))
        if told.get("undo"):
            Krita.instance().action("edit_undo").trigger()
            document.waitForDone()
            yield from pause(0.5)
            answer["undone"] = tree(document.rootNode())
            document.refreshProjection()
            after = bytes(document.pixelData(0, 0, document.width(), document.height()))
            answer["as_before"] = after == before
        if made != document:
            close(made)
    close(document)
    yield
    return answer


def describe(document, layer):
    return {
        "name": layer.name(),
        "size": [document.width(), document.height()],
        "resolution": document.resolution(),
        "colour": [layer.colorModel(), layer.colorDepth(), layer.colorProfile()],
        "opacity": layer.opacity(),
        "visible": layer.visible(),
        "active": document.activeNode().name() if document.activeNode() else None,
    }


def close(document):
    document.setSelection(None)  # Krita may fall over what draws the outline of an empty one
    document.waitForDone()
    document.setModified(False)
    document.close()


def icc(told):
    """Return the bytes of a profile as the plug-in gets them."""
    data = yield from RUNNER._profiles.of(*told)
    return data.hex()


def refused(told):
    """Spoil a picture in one way and return what the plug-in says to it."""
    how = told["how"]
    document, layer = picture(dict(told, group=how == "in_locked_group"))
    action = "fill" if how == "nothing_to_fill" else "negative"
    if how == "nothing_open":
        close(document)
        document = layer = None
    elif how in ("group", "vector", "file", "filter", "mask", "empty"):
        layer = special(document, layer, how)
    elif how == "locked":
        layer.setLocked(True)
    elif how == "in_locked_group":
        layer.parentNode().setLocked(True)
    elif how == "animated":
        layer.enableAnimation()
    elif how == "outside":
        layer.move(1000, 1000)
    elif how in ("nothing_selected", "selected_beside"):
        selection = Selection()
        if how == "selected_beside":
            layer.move(20, 0)
            selection.select(2, 2, 10, 10, 255)
        document.setSelection(selection)
    if document is not None:
        document.setActiveNode(layer)
        document.waitForDone()
    yield from pause(0.2)
    answer = {"before": document and tree(document.rootNode()), "refused": ""}
    try:
        RUNNER.start(action, document, layer)
    except restore_krita.RestoreError as error:
        answer["refused"] = str(error)
    answer["after"] = document and tree(document.rootNode())
    if document is not None:
        close(document)
    return answer


def special(document, layer, how):
    if how == "group":
        made = document.createGroupLayer("group")
    elif how == "vector":
        made = document.createVectorLayer("vector")
    elif how == "file":
        made = document.createFileLayer("file", "nothing.png", "None")
    elif how == "filter":
        krita = Krita.instance()
        made = document.createFilterLayer("filter", krita.filter("invert"), Selection())
    elif how == "empty":
        made = document.createNode("empty", "paintlayer")
    else:
        made = document.createTransparencyMask("mask")
        layer.addChildNode(made, None)
        return made
    document.rootNode().addChildNode(made, None)
    return made


def without_toolkit(told):
    """Take the toolkit's Python away, and put it back."""
    krita = Krita.instance()
    krita.setBatchmode(True)
    path = Path(restore_krita.__file__).with_name("restore.json")
    before = path.read_text()
    there = json.loads(before)
    docker = dockers()[0]
    answer = {}
    try:
        path.write_text(json.dumps(dict(there, command=["/nowhere/python"])))
        try:
            RUNNER.start("negative")
        except restore_krita.RestoreError as error:
            answer["refused"] = str(error)
        docker.canvasChanged(None)
        docker._pressed()
        answer["docker"] = docker._text.text()
        docker.say("")
        krita.action("restore_negative").trigger()
        answer["entry"] = docker._text.text()
        answer["entries"] = [entry["name"] for entry in RUNNER.toolkit.entries]
    finally:
        path.write_text(before)
    docker.canvasChanged(None)
    answer["later"] = RUNNER.toolkit.fault
    return answer


def meanwhile(told):
    """Start "slow", let something happen, and return how the run ended."""
    document, layer = picture(told)
    yield from pause(0.2)
    heard = Heard()
    steps = {"rounds": 15, "seconds": 0.1}
    RUNNER.start("slow", document, layer, steps, listener=heard)
    while not any(0 < fraction < 1 for fraction in heard.told):
        yield
    refused = ""
    if told["what"] == "close":
        close(document)
    elif told["what"] == "delete":
        layer.remove()
    elif told["what"] == "kill":
        os.kill(told["pid"], signal.SIGKILL)
    elif told["what"] == "convert":
        document.setColorSpace("RGBA", "U16", "sRGB-elle-V2-srgbtrc.icc")
    elif told["what"] == "crop":
        document.crop(10, 10, 30, 20)
    elif told["what"] == "move":
        layer.move(7, 0)
    else:
        try:
            RUNNER.start("negative", document, layer)
        except restore_krita.RestoreError as error:
            refused = str(error)
    yield from wait_for(heard)
    answer = dict(told_of(heard), refused=refused)
    if told["what"] != "close":
        answer["tree"] = tree(document.rootNode())
        close(document)
    return answer


def begin(told):
    """Start a long run and leave it."""
    document, layer = picture(told)
    yield from pause(0.2)
    steps = {"rounds": told["rounds"], "seconds": 0.02}
    RUNNER.start("slow", document, layer, steps)


def leave(told):
    """Quit Krita as its menu does."""
    for document in Krita.instance().documents():
        document.setModified(False)
    QtCore.QTimer.singleShot(100, Krita.instance().action("file_quit").trigger)
