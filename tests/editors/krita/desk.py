"""Runs inside Krita: presses and reads the plug-in's widgets as a person does."""

import gc
import sys
from pathlib import Path

from krita import Krita
from restore_krita.docker import dockers
from restore_krita.presets import Presets
from restore_krita.qt import QtCore, QtWidgets

import restore_krita

sys.path.insert(0, str(Path(__file__).parent))
from scene import Heard, close, pause, picture, tree, wait_for

RUNNER = restore_krita.runner


def offered(told):
    menu = Krita.instance().action("restore_menu").menu()
    gc.collect()  # what is called from the menu must survive it
    menu.aboutToShow.emit()
    docker = dockers()[0]
    docker.canvasChanged(None)
    return {
        "actions": RUNNER.toolkit.entries,
        "menu": [action.text() for action in menu.actions() if not action.isSeparator()],
        "docker": [docker._actions.itemText(n) for n in range(docker._actions.count())],
    }


def fields(told):
    docker, shown = dockers()[0], {}
    for entry in RUNNER.toolkit.entries:
        docker.choose(entry["name"])
        docker._panel.show_values({})
        shown[entry["name"]] = docker._panel.values()
        yield
    return {"actions": RUNNER.toolkit.entries, "shown": shown}


def round_trip(told):
    docker = dockers()[0]
    docker.choose(told["action"])
    panel = docker._panel
    panel.show_values(dict(told["values"], strength=0.5))
    answer = {"shown": panel.values(), "file": str(panel._presets._path)}
    panel.keep_as("Mine")
    answer["names"] = names(panel)
    choose(panel, "Faithful")
    answer["auto"] = panel.values()
    choose(panel, "Mine")
    answer["again"], answer["strength"] = panel.values(), panel.strength.value()
    saved = Path(answer["file"]).read_bytes()
    panel._drop()
    answer["removed"] = names(panel)
    Path(answer["file"]).write_bytes(saved)
    yield
    return answer


def names(panel):
    return [panel._names.itemText(number) for number in range(panel._names.count())]


def choose(panel, name):
    panel._names.setCurrentIndex(panel._names.findText(name))
    panel._chosen()


def damaged(told):
    path = Path(told["pixels"]).with_name("presets.json")
    path.write_text("{not json")
    presets = Presets(path)
    kept = path.with_suffix(".damaged")
    return {"fault": presets.fault, "kept": str(kept), "names": presets.names("denoise")[0]}


def press(told):
    document, layer = picture(told)
    yield from pause(0.3)
    document.setActiveNode(layer)
    yield from pause(0.2)
    docker, heard = dockers()[0], Heard()
    RUNNER.listen(heard)
    docker.choose("negative")
    docker._panel.show_values({"words": "Two words."})
    docker._run.click()
    answer = {"during": docker._run.text()}
    yield from wait_for(heard)
    answer.update(after=docker._run.text(), text=docker._text.text())
    source = colour(document, layer)
    result = RUNNER.last.layer()
    pixels = {"source": source, "result": colour(document, result)}
    opacities = []
    for strength in (100, 25, 100):
        docker._panel.strength.setValue(strength)
        yield from pause(0.3)
        opacities.append(result.opacity())
        if strength == 25:
            pixels["blended"] = colour(document)
    hold = docker._compare.hold
    hold.pressed.emit()
    pixels["held"] = colour(document)
    hold.released.emit()
    pixels["released"] = colour(document)
    docker._compare.shown.setChecked(False)
    pixels["hidden"] = colour(document)
    answer.update(pixels=pixels, opacities=opacities, runs=heard.ends)
    yield from pause(0.3)
    close(document)
    yield from pause(0.3)
    return answer


def colour(document, layer=None):
    """Return a pixel of a layer or of the picture."""
    document.waitForDone()
    return list(bytes((layer or document).pixelData(40, 30, 1, 1)))[:3]


def entry(told):
    krita = Krita.instance()
    document, layer = picture(told)
    yield from pause(0.3)
    document.setActiveNode(layer)
    yield from pause(0.2)
    heard = Heard()
    RUNNER.listen(heard)
    krita.setBatchmode(told["answer"] == "")
    asked = [""]
    answering = QtCore.QTimer()
    answering.timeout.connect(lambda: _answer(told["answer"], asked))
    answering.start(100)
    krita.action("restore_negative").trigger()
    answering.stop()
    krita.setBatchmode(True)
    if told["answer"] != "reject":
        yield from wait_for(heard)
    answer = {"asked": asked[0], "names": layers(document)}
    if told["answer"] == "accept":
        heard.end = None
        document.setActiveNode(document.nodeByName("photo"))
        yield from pause(0.3)
        krita.action("restore__again").trigger()
        yield from wait_for(heard)
        answer["again"] = layers(document)
    yield from pause(0.3)
    close(document)
    yield from pause(0.3)
    return answer


def _answer(how, asked):
    for widget in QtWidgets.QApplication.topLevelWidgets():
        if isinstance(widget, QtWidgets.QDialog) and widget.isVisible():
            if isinstance(widget, QtWidgets.QMessageBox):
                asked[0] = widget.text()
                widget.reject()
            elif widget.windowTitle().startswith("Restore: "):
                asked[0] = widget.windowTitle()
                getattr(widget, how)()


def layers(document):
    return [name for name, _, _ in tree(document.rootNode()) if name != "Background"]


def failure(told):
    krita = Krita.instance()
    document, layer = picture(told)
    yield from pause(0.3)
    document.setActiveNode(layer)
    yield from pause(0.2)
    heard = Heard()
    RUNNER.listen(heard)
    krita.setBatchmode(told["batch"])
    box = [""]
    answering = QtCore.QTimer()
    answering.timeout.connect(lambda: _answer("accept", box))
    answering.start(100)
    krita.action("restore_fails").trigger()
    yield from wait_for(heard)
    yield from pause(0.4)
    answering.stop()
    krita.setBatchmode(True)
    answer = {"docker": dockers()[0]._text.text(), "box": box[0]}
    if box[0].startswith("Restore: "):
        answer["box"] = ""
    yield from pause(0.3)
    close(document)
    yield from pause(0.3)
    return answer


def open_dialog(told):
    krita = Krita.instance()
    krita.setBatchmode(False)
    QtCore.QTimer.singleShot(0, krita.action("restore_negative").trigger)
    QtCore.QTimer.singleShot(3000, lambda: krita.setBatchmode(True))
