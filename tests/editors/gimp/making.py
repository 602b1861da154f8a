"""Makes images in GIMP as a test describes them."""

from pathlib import Path

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
from gi.repository import Babl, Gegl, Gimp, Gio  # noqa: E402

BASE = {"rgb": Gimp.ImageBaseType.RGB, "gray": Gimp.ImageBaseType.GRAY}


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


def _special(image, kind, job):
    """Return a layer of a kind that GIMP 3.2 has added."""
    if kind == "link":
        copy = image.duplicate()
        file = _file(str(Path(job["folder"]) / "linked.png"))
        Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, copy, file, None)
        copy.delete()
        return Gimp.LinkLayer.new(image, file)
    path = Gimp.Path.new(image, "Path")
    image.insert_path(path, None, 0)
    corners = [1.0, 1.0] * 3 + [50.0, 9.0] * 3 + [20.0, 40.0] * 3
    path.stroke_new_from_points(Gimp.PathStrokeType.BEZIER, corners, True)
    return Gimp.VectorLayer.new(image, path)


def _with_alpha(kind):
    gray = kind == Gimp.ImageType.GRAY_IMAGE
    return Gimp.ImageType.GRAYA_IMAGE if gray else Gimp.ImageType.RGBA_IMAGE


def _file(path):
    return Gio.File.new_for_path(path)
