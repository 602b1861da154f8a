"""Runs inside GIMP: makes an image as a test describes it, calls an action, tells what came."""

import json
import sys
import zlib
from pathlib import Path

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
from gi.repository import Babl, Gegl, Gimp, Gio  # noqa: E402

QUIET = Gimp.RunMode.NONINTERACTIVE
BASE = {"rgb": Gimp.ImageBaseType.RGB, "gray": Gimp.ImageBaseType.GRAY}


def run(job):
    """Make an image, call an action on it, and return what happened and what is there now."""
    image, layer = make(job)
    try:
        drawables = chosen(image, layer, job)
        before = state(image)
        told = call(image, drawables, job)
        if not image.is_valid():
            return told
        return told | tell_all(image, job) | {"before": before, "after": state(image)}
    finally:
        if image.is_valid():
            image.delete()


def show(job):
    """Show a new image in a window and close all others."""
    shown = list(_shown)
    image, _ = make(job)
    _shown.append(Gimp.Display.new(image))
    for display in shown:
        display.delete()
        _shown.remove(display)
    Gimp.displays_flush()


def see(job):
    """Return what there is in the only image."""
    (image,) = Gimp.get_images()
    return tell_all(image, job)


def see_report(job):
    """Return the account on the top layer of the only image."""
    (image,) = Gimp.get_images()
    parasite = image.get_layers()[0].get_parasite("restore-report")
    return json.loads(bytes(parasite.get_data()))


_shown = sys.modules["__main__"].__dict__.setdefault("shown", [])
"""The windows that are open; a script is read anew for each request."""


def menus(argument):
    """Return label, menus and help of every procedure of the plug-in, by name."""
    pdb = Gimp.get_pdb()
    names = pdb.query_procedures("plug-in-restore.*", *[""] * 7)
    found = {name: pdb.lookup_procedure(name) for name in names}
    return {
        name: [one.get_menu_label(), one.get_menu_paths(), one.get_blurb()]
        for name, one in found.items()
    }


def run_text(job):
    """Call an action on a text layer above the layer of the job."""
    image, _ = make(job)
    Gimp.fonts_refresh()
    font = Gimp.context_get_font() or Gimp.fonts_get_list("")[0]
    text = Gimp.TextLayer.new(image, "Restore", font, 30, Gimp.Unit.pixel())
    image.insert_layer(text, None, 0)
    told = call(image, [text], job) | tell_all(image, job)
    image.delete()
    return told


def chosen(image, layer, job):
    """Return what the action is called on."""
    other = job.get("chosen", "layer")
    if other == "two":
        image.insert_layer(layer.copy(), None, 0)
        return image.get_layers()
    if other == "channel":
        red = image.get_width(), image.get_height(), 50, Gegl.Color.new("red")
        image.insert_channel(Gimp.Channel.new(image, "Channel", *red), None, 0)
        return image.get_channels()
    if other in ("link", "vector"):
        image.insert_layer(_special(image, other, job), None, 0)
        return image.get_layers()[:1]
    things = {"none": [], "group": [layer.get_parent()], "mask": [layer.get_mask()]}
    return things.get(other, [layer])


def _special(image, kind, job):
    """Return a layer of a kind that GIMP 3.2 has added."""
    if kind == "link":
        copy = image.duplicate()
        file = _file(str(Path(job["folder"]) / "linked.png"))
        Gimp.file_save(QUIET, copy, file, None)
        copy.delete()
        return Gimp.LinkLayer.new(image, file)
    path = Gimp.Path.new(image, "Path")
    image.insert_path(path, None, 0)
    corners = [1.0, 1.0] * 3 + [50.0, 9.0] * 3 + [20.0, 40.0] * 3
    path.stroke_new_from_points(Gimp.PathStrokeType.BEZIER, corners, True)
    return Gimp.VectorLayer.new(image, path)


def state(image):
    """Return what would show if anything had been done to an image."""
    layers = list(_all(image.get_layers()))
    sums = [zlib.crc32(_native(layer)) for layer in layers if not layer.is_group()]
    return [len(Gimp.get_images()), len(image.get_channels()), len(layers), sums]


def tell_all(image, job):
    """Return what there is in an image."""
    profile = image.get_color_profile()
    return {
        "layers": [tell(one, job, i) for i, one in enumerate(_all(image.get_layers()))],
        "selected": [one.get_name() for one in image.get_selected_layers()],
        "channels": [_tell_channel(one, job) for one in image.get_channels()],
        "profile": profile and profile.get_label(),
        "merged": _merged(image, job) if image.get_layers() else None,
    }


def make(job):
    """Return an image of one layer whose native bytes are those of a file, and the layer."""
    width, height = job["size"]
    base = BASE[job.get("base", "rgb")]
    precision = getattr(Gimp.Precision, job.get("precision", "U8_NON_LINEAR"))
    image = Gimp.Image.new_with_precision(*job.get("canvas", (width, height)), base, precision)
    if profile := job.get("profile"):
        image.set_color_profile(Gimp.ColorProfile.new_from_file(_file(profile)))
    if resolution := job.get("resolution"):
        image.set_resolution(*resolution)
        image.set_unit(Gimp.Unit.mm())
    kind = Gimp.ImageType.GRAY_IMAGE if base == BASE["gray"] else Gimp.ImageType.RGB_IMAGE
    if job.get("alpha"):
        kind = _with_alpha(kind)
    layer = Gimp.Layer.new(image, "Photo", width, height, kind, 100, Gimp.LayerMode.NORMAL)
    parent = None
    if job.get("group"):
        parent = Gimp.GroupLayer.new(image, "Group")
        image.insert_layer(parent, None, 0)
    image.insert_layer(layer, parent, 0)
    layer.set_offsets(*job.get("offset", (0, 0)))
    put(layer, Path(job["pixels"]).read_bytes())
    for step in job.get("prepare", ()):
        globals()[step[0]](image, layer, *step[1:])
    return image, layer


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
        told["image"] = tell_image(result, job)
        result.delete()
    return told


def tell(layer, job, number):
    """Return a layer's properties; its native bytes go into a file of the job's folder."""
    file = Path(job["folder"]) / f"layer-{number}"
    file.write_bytes(_native(layer))
    told = {
        "name": layer.get_name(),
        "offset": list(layer.get_offsets()[1:]),
        "size": [layer.get_width(), layer.get_height()],
        "visible": layer.get_visible(),
        "alpha": layer.has_alpha(),
        "gray": layer.is_gray(),
        "opacity": layer.get_opacity(),
        "mode": layer.get_mode().value_nick,
        "parent": layer.get_parent() and layer.get_parent().get_name(),
        "text": layer.is_text_layer(),
        "encoding": Babl.format_get_encoding(layer.get_format()),
        "file": str(file),
        "mask": None,
    }
    if layer.get_mask() is not None:
        buffer = layer.get_mask().get_buffer()
        path = Path(f"{file}-mask")
        data = buffer.get(buffer.get_extent(), 1.0, "Y float", Gegl.AbyssPolicy.NONE)
        path.write_bytes(bytes(data))
        told["mask"] = str(path)
    return told


def _tell_channel(channel, job):
    file = Path(job["folder"]) / "channel"
    file.write_bytes(_native(channel))
    size = [channel.get_width(), channel.get_height()]
    told = {"name": channel.get_name(), "visible": channel.get_visible()}
    return told | {"size": size, "file": str(file)}


def tell_image(image, job):
    """Return the properties of an image of its own."""
    profile = image.get_color_profile()
    return {
        "size": [image.get_width(), image.get_height()],
        "precision": image.get_precision().value_nick,
        "resolution": list(image.get_resolution()[1:]),
        "unit": image.get_unit().get_name(),
        "profile": profile and profile.get_label(),
        "layers": [tell(one, job, f"new-{i}") for i, one in enumerate(image.get_layers())],
        "dirty": image.is_dirty(),
    }


def put(layer, data):
    """Write native bytes into a layer."""
    buffer = layer.get_buffer()
    name = Babl.get_name(layer.get_format())
    buffer.set(buffer.get_extent(), name, data)
    buffer.flush()
    layer.update(0, 0, layer.get_width(), layer.get_height())


# Steps of a job's "prepare"


def select(image, layer, x, y, width, height):
    image.select_rectangle(Gimp.ChannelOps.REPLACE, x, y, width, height)


def select_ellipse(image, layer, x, y, width, height, feather):
    image.select_ellipse(Gimp.ChannelOps.REPLACE, x, y, width, height)
    Gimp.Selection.feather(image, feather)


def convert(image, layer, precision):
    image.convert_precision(getattr(Gimp.Precision, precision))


def lock(image, layer):
    layer.set_lock_content(True)


def lock_group(image, layer):
    layer.get_parent().set_lock_content(True)


def lock_alpha(image, layer):
    layer.set_lock_alpha(True)


def look(image, layer, opacity, mode):
    layer.set_opacity(opacity)
    layer.set_mode(getattr(Gimp.LayerMode, mode))


def add_mask(image, layer, file=None):
    mask = layer.create_mask(Gimp.AddMaskType.WHITE)
    layer.add_mask(mask)
    layer.set_edit_mask(False)
    if file is not None:
        buffer = mask.get_buffer()
        buffer.set(buffer.get_extent(), "Y u8", Path(file).read_bytes())
        buffer.flush()


def floating(image, layer):
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 10, 10, 20, 20)
    Gimp.Selection.float(image, [layer], 0, 0)


def indexed(image, layer):
    none = Gimp.ConvertDitherType.NONE
    image.convert_indexed(none, Gimp.ConvertPaletteType.GENERATE, 16, False, False, "")


def _native(layer):
    buffer = layer.get_buffer()
    return bytes(buffer.get(buffer.get_extent(), 1.0, None, Gegl.AbyssPolicy.NONE))


def _merged(image, job):
    """Return what is seen of an image, as one layer."""
    copy = image.duplicate()
    told = tell(copy.flatten(), job, "merged")
    copy.delete()
    return told


def _with_alpha(kind):
    gray = kind == Gimp.ImageType.GRAY_IMAGE
    return Gimp.ImageType.GRAYA_IMAGE if gray else Gimp.ImageType.RGBA_IMAGE


def _all(layers):
    for layer in layers:
        yield layer
        if layer.is_group():
            yield from _all(layer.get_children())


def _file(path):
    return Gio.File.new_for_path(path)
