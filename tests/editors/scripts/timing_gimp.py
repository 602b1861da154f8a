"""Runs inside GIMP: how long calls of an action take."""

import json
import time

import gi

gi.require_version("Gegl", "0.4")
gi.require_version("Gimp", "3.0")
from gi.repository import Gegl, Gimp  # noqa: E402

QUIET = Gimp.RunMode.NONINTERACTIVE


def calls(argument):
    """Call an action on a new layer of `size` some `times`.

    Returned are the seconds of each call, when it began, those that the action itself took, and
    those of a call that is refused before anything is sent: what GIMP's start of a plug-in takes.
    """
    width, height = argument["size"]
    image = Gimp.Image.new(width, height, Gimp.ImageBaseType.RGB)
    layer = Gimp.Layer.new(
        image, "Photo", width, height, Gimp.ImageType.RGB_IMAGE, 100, Gimp.LayerMode.NORMAL
    )
    image.insert_layer(layer, None, 0)
    rectangle = Gegl.Rectangle.new(0, 0, width, height)
    layer.get_buffer().set(rectangle, "R'G'B' u8", _noise(3 * width * height))
    told = []
    for _ in range(argument["times"]):
        began = time.time()
        start = time.perf_counter()
        values = _call(image, layer, argument["action"], argument["parameters"])
        seconds = time.perf_counter() - start
        placed = values.index(1)
        report = json.loads(bytes(placed.get_parasite("restore-report").get_data()))
        image.remove_layer(placed)
        start = time.perf_counter()
        _call(image, layer, argument["action"], {"output": "nowhere"})
        refused = time.perf_counter() - start
        told.append([seconds, began, report["seconds"], refused])
    image.delete()
    return told


def _noise(count):
    block = bytes(range(256)) * 4096
    return (block * (count // len(block) + 1))[:count]


def _call(image, layer, action, parameters):
    procedure = Gimp.get_pdb().lookup_procedure("plug-in-restore-" + action)
    config = procedure.create_config()
    config.set_property("run-mode", QUIET)
    config.set_property("image", image)
    config.set_core_object_array("drawables", [layer])
    for name, value in parameters.items():
        config.set_property(name, value)
    return procedure.run(config)
