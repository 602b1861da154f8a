"""Results as layers, in place, or as an image of their own; each is one step to undo."""

import json
from contextlib import contextmanager

import pixels
from gi.repository import Gegl, Gimp

__all__ = ["channel", "in_place", "map_layer", "new_image", "new_layer", "one_step", "remember"]


@contextmanager
def one_step(image):
    """Make everything that happens inside one step of the undo history."""
    image.undo_group_start()
    try:
        yield
    finally:
        image.undo_group_end()


def in_place(layer, region, way, picture):
    """Put a result into its layer, which is returned; GIMP blends it through the selection."""
    shadow = layer.get_shadow_buffer()
    pixels.write(shadow, region.run.x, region.run.y, picture, way.format)
    layer.merge_shadow(True)
    layer.update(*region.keep)
    return layer


def new_layer(image, layer, region, way, picture, name):
    """Put a result above its layer, as if the layer had been duplicated and then restored.

    It looks like the layer: opacity, mode and mask are the same. A selection becomes its mask.
    """
    kind = layer.type_with_alpha() if region.selected else layer.type()
    new = _blank(image, layer, region.keep, kind, name)
    for attribute in ("mode", "blend_space", "composite_space", "composite_mode", "opacity"):
        getattr(new, "set_" + attribute)(getattr(layer, "get_" + attribute)())
    new.set_visible(True)
    _insert(image, new, layer)
    _fill(new, region, way, picture)
    old = layer.get_mask()
    if old is not None:
        _add_mask(new, layer, old, region)
    elif region.selected:
        new.add_mask(new.create_mask(Gimp.AddMaskType.SELECTION))
    if new.get_mask() is not None:
        new.set_edit_mask(False)
    return new


def map_layer(image, layer, region, picture, name, above):
    """Put a gray map of a layer, such as that of uncertainty, above another layer, hidden."""
    new = _blank(image, layer, region.keep, layer.type(), name)
    _insert(image, new, above)
    _fill(new, region, None, picture)
    new.set_visible(False)
    image.set_selected_layers([above])


def channel(image, layer, region, picture, name):
    """Keep a mask that an action has found as a channel, which can become a selection."""
    chosen = image.get_selected_layers()
    size = image.get_width(), image.get_height()
    new = Gimp.Channel.new(image, name, *size, 50.0, Gegl.Color.new("red"))
    new.set_visible(False)
    image.insert_channel(new, None, 0)
    _, left, top = layer.get_offsets()
    x, y = left + region.run.x, top + region.run.y
    pixels.write(new.get_buffer(), x, y, picture, "Y u8")
    new.update(0, 0, *size)
    image.set_selected_layers(chosen)


def new_image(image, layer, region, way, picture, name):
    """Return an image that is nothing but a result, and its layer.

    Profile, resolution, unit and what the camera wrote are those of `image`.

    Args:
        image: The image that `layer` is of.
        layer: What was enlarged.
        region: Where in the new image the result lies.
        way: How its pixels travelled.
        picture: The result.
        name: Of the new layer.
    """
    size = region.keep.width, region.keep.height
    new = Gimp.Image.new_with_precision(*size, image.get_base_type(), image.get_precision())
    new.undo_disable()
    profile = image.get_color_profile()
    if profile is not None:
        new.set_color_profile(profile)
    new.set_resolution(*image.get_resolution()[1:])
    new.set_unit(image.get_unit())
    metadata = image.get_metadata()
    if metadata is not None:
        new.set_metadata(metadata)
    placed = Gimp.Layer.new(new, name, *size, layer.type(), 100.0, Gimp.LayerMode.NORMAL)
    new.insert_layer(placed, None, 0)
    _fill(placed, region, way, picture)
    new.undo_enable()
    return new, placed


def remember(item, report):
    """Attach the account of what was done to a layer or an image; an XCF file keeps it."""
    text = json.dumps(report, ensure_ascii=False).encode()
    flags = Gimp.PARASITE_PERSISTENT | Gimp.PARASITE_UNDOABLE
    item.attach_parasite(Gimp.Parasite.new("restore-report", flags, list(text)))


def _blank(image, layer, box, kind, name):
    new = Gimp.Layer.new(image, name, box.width, box.height, kind, 100.0, Gimp.LayerMode.NORMAL)
    _, left, top = layer.get_offsets()
    new.set_offsets(left + box.x, top + box.y)
    return new


def _insert(image, new, above):
    image.insert_layer(new, above.get_parent(), image.get_item_position(above))


def _fill(new, region, way, picture):
    """Write a picture of the box that ran into a layer of the box that is kept."""
    run, keep = region.run, region.keep
    name = way.format if way else pixels.gray_map(new)
    pixels.write(new.get_buffer(), run.x - keep.x, run.y - keep.y, picture, name)
    new.update(0, 0, new.get_width(), new.get_height())


def _add_mask(new, layer, old, region):
    """Give a layer the mask of another, times the selection."""
    mask = new.create_mask(Gimp.AddMaskType.BLACK)
    new.add_mask(mask)
    keep = region.keep
    there = Gegl.Rectangle.new(*keep)
    here = Gegl.Rectangle.new(0, 0, keep.width, keep.height)
    name = "Y float"
    shadow = mask.get_shadow_buffer()
    shadow.set(here, name, old.get_buffer().get(there, 1.0, name, Gegl.AbyssPolicy.NONE))
    shadow.flush()
    mask.merge_shadow(True)
    mask.update(0, 0, keep.width, keep.height)
    new.set_apply_mask(layer.get_apply_mask())
