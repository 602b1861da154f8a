"""Runs inside GIMP: what the tests ask for."""

import json
import sys

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
import making  # noqa: E402
import telling  # noqa: E402
from gi.repository import Gimp, Gio  # noqa: E402


def run(job):
    """Make an image, call an action on it, and return what happened and what is there now."""
    image, layer = making.make(job)
    try:
        drawables = making.chosen(image, layer, job)
        before = telling.state(image)
        told = call(image, drawables, job)
        if not image.is_valid():
            return told
        return (
            told | telling.tell_all(image, job) | {"before": before, "after": telling.state(image)}
        )
    finally:
        if image.is_valid():
            image.delete()


def run_file(job):
    """Call an action that enlarges on a file."""
    file = Gio.File.new_for_path(job["file"])
    image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, file)
    told = call(image, image.get_layers(), job)
    image.delete()
    return told


def run_text(job):
    """Call an action on a text layer above the layer of the job."""
    image, _ = making.make(job)
    Gimp.fonts_refresh()
    font = Gimp.context_get_font() or Gimp.fonts_get_list("")[0]
    text = Gimp.TextLayer.new(image, "Restore", font, 30, Gimp.Unit.pixel())
    image.insert_layer(text, None, 0)
    told = call(image, [text], job) | telling.tell_all(image, job)
    image.delete()
    return told


def call(image, drawables, job):
    """Call an action and return its status, the words of a failure and what it returned."""
    name = f"plug-in-restore-{job['action']}".rstrip("-")
    procedure = Gimp.get_pdb().lookup_procedure(name)
    config = procedure.create_config()
    config.set_property("run-mode", getattr(Gimp.RunMode, job.get("mode", "NONINTERACTIVE")))
    config.set_property("image", image)
    config.set_core_object_array("drawables", drawables)
    for name, value in job.get("arguments", {}).items():
        config.set_property(name, value)
    values = procedure.run(config)
    told = {"status": values.index(0).value_nick, "error": "", "result": None}
    if told["status"] != "success":
        told["error"] = Gimp.get_pdb().get_last_error()
        return told
    result = values.index(1)
    if not image.is_valid():
        return told
    told["result"] = result.get_name()
    if (parasite := result.get_parasite("restore-report")) is not None:
        told["report"] = json.loads(bytes(parasite.get_data()))
    if isinstance(result, Gimp.Image):
        told["image"] = telling.tell_image(result, job)
        result.delete()
    return told


def menus(argument):
    """Return label, menus and help of every procedure of the plug-in, by name."""
    pdb = Gimp.get_pdb()
    names = pdb.query_procedures("plug-in-restore.*", *[""] * 7)
    found = {name: pdb.lookup_procedure(name) for name in names}
    return {
        name: [one.get_menu_label(), one.get_menu_paths(), one.get_blurb()]
        for name, one in found.items()
    }


def show(job):
    """Show a new image in a window and close all others."""
    shown = list(_shown)
    image, _ = making.make(job)
    _shown.append(Gimp.Display.new(image))
    for display in shown:
        display.delete()
        _shown.remove(display)
    Gimp.displays_flush()


def see(job):
    """Return what there is in the only image."""
    (image,) = Gimp.get_images()
    return telling.tell_all(image, job)


def see_report(job):
    """Return the account on the top layer of the only image."""
    (image,) = Gimp.get_images()
    parasite = image.get_layers()[0].get_parasite("restore-report")
    return json.loads(bytes(parasite.get_data()))


_shown = sys.modules["__main__"].__dict__.setdefault("shown", [])
"""The windows that are open; a script is read anew for each request."""
