"""Runs inside GIMP: opens photos, runs actions as a script does, and tells what came of it."""

from pathlib import Path

import gi

gi.require_version("Gegl", "0.4")
gi.require_version("Gimp", "3.0")
from gi.repository import Gegl, Gimp, Gio  # noqa: E402

QUIET = Gimp.RunMode.NONINTERACTIVE


def restored(argument):
    """Open a photo, run an action on it, and write the pixels of the result as they are.

    The argument has `photo`, `action`, `parameters` by their names in GIMP, and `out`. Returned are
    the names of the layers, and the name of the result's format in GIMP.
    """
    image = _open(argument["photo"])
    try:
        status, error, placed = _run(image, argument["action"], argument.get("parameters", {}))
        if error:
            return {"status": status, "error": error}
        layer = placed.get_layers()[0] if isinstance(placed, Gimp.Image) else placed
        buffer = layer.get_buffer()
        if "out" in argument:
            data = buffer.get(buffer.get_extent(), 1.0, None, Gegl.AbyssPolicy.NONE)
            Path(argument["out"]).write_bytes(data)
        return {
            "status": status,
            "layers": [one.get_name() for one in image.get_layers()],
            "size": [layer.get_width(), layer.get_height()],
            "precision": image.get_precision().value_nick,
        }
    finally:
        image.delete()


def entries(argument):
    """Return the actions that have a procedure, by their names."""
    found = Gimp.get_pdb().query_procedures("^plug-in-restore-.*", *[".*"] * 7)
    return sorted(name[len("plug-in-restore-") :] for name in found)


def show(argument):
    """Open a photo in a window of its own."""
    image = _open(argument)
    image.undo_enable()  # as File ▸ Open does
    Gimp.Display.new(image)
    Gimp.displays_flush()


def layers(argument):
    """Return the names of the layers of each image, the newest image first."""
    return [[layer.get_name() for layer in image.get_layers()] for image in Gimp.get_images()]


def _open(photo):
    return Gimp.file_load(QUIET, Gio.File.new_for_path(photo))


def _run(image, action, parameters):
    """Return status, error in words, and what the action returned."""
    procedure = Gimp.get_pdb().lookup_procedure("plug-in-restore-" + action)
    config = procedure.create_config()
    config.set_property("run-mode", QUIET)
    config.set_property("image", image)
    config.set_core_object_array("drawables", image.get_layers()[:1])
    for name, value in parameters.items():
        config.set_property(name, value)
    values = procedure.run(config)
    status = values.index(0)
    if status != Gimp.PDBStatusType.SUCCESS:
        return status.value_nick, Gimp.get_pdb().get_last_error(), None
    return status.value_nick, "", values.index(1)
