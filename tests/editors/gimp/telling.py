"""Tells what there is in an image of GIMP, as JSON values and files."""

import zlib
from pathlib import Path

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
from gi.repository import Babl, Gegl, Gimp  # noqa: E402


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


def tell_image(image, job):
    """Return the properties of an image of its own."""
    profile, metadata = image.get_color_profile(), image.get_metadata()
    return {
        "size": [image.get_width(), image.get_height()],
        "precision": image.get_precision().value_nick,
        "resolution": list(image.get_resolution()[1:]),
        "unit": image.get_unit().get_name(),
        "profile": profile and profile.get_label(),
        "layers": [tell(one, job, f"new-{i}") for i, one in enumerate(image.get_layers())],
        "dirty": image.is_dirty(),
        "metadata": metadata and metadata.serialize(),
    }


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
        "edits_mask": layer.get_edit_mask(),
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


def _merged(image, job):
    """Return what is seen of an image, as one layer."""
    copy = image.duplicate()
    told = tell(copy.flatten(), job, "merged")
    copy.delete()
    return told


def _native(layer):
    buffer = layer.get_buffer()
    return bytes(buffer.get(buffer.get_extent(), 1.0, None, Gegl.AbyssPolicy.NONE))


def _all(layers):
    for layer in layers:
        yield layer
        if layer.is_group():
            yield from _all(layer.get_children())
