"""Which layer an action works on, and in words why it cannot."""

from gi.repository import Gimp
from restore_client import RestoreError

__all__ = ["refuse_lock", "still_there", "the_layer"]


def the_layer(image, drawables):
    """Return the layer to work on.

    Args:
        image: The image.
        drawables: What is chosen in it.

    Raises:
        RestoreError: It is not one layer of pixels.
    """
    if image.get_base_type() == Gimp.ImageBaseType.INDEXED:
        raise RestoreError(
            "This image has a palette of few colours, which cannot be restored.",
            "Choose Image ▸ Mode ▸ RGB, then run this again.",
        )
    if image.get_floating_sel() is not None:
        raise RestoreError(
            "There is a floating selection.",
            "Choose Layer ▸ Anchor Layer or Layer ▸ To New Layer, then run this again.",
        )
    if len(drawables) != 1:
        many = f"{len(drawables)} layers are chosen." if drawables else "No layer is chosen."
        raise RestoreError(many, "Choose one layer in the list of layers, then run this again.")
    layer = drawables[0]
    name = layer.get_name()
    if not isinstance(layer, Gimp.Layer):
        raise RestoreError(
            f"“{name}” is a mask or a channel.",
            "Click the layer's own picture in the list of layers, then run this again.",
        )
    if layer.is_group():
        raise RestoreError(
            f"“{name}” is a group of layers.",
            "Choose one layer in it, or make one of all: Layer ▸ New from Visible.",
        )
    for kind, is_one in _WITHOUT_PIXELS:
        if getattr(layer, is_one, bool)():
            raise RestoreError(
                f"“{name}” is a {kind} layer and has no pixels of its own.",
                "Choose Layer ▸ Rasterize, then run this again.",
            )
    return layer


def refuse_lock(item):
    """Check that a layer, or a group around it, may be changed.

    Raises:
        RestoreError: Its pixels are locked.
    """
    while item is not None:
        if item.get_lock_content():
            raise RestoreError(
                f"The pixels of “{item.get_name()}” are locked.",
                "Unlock them in the list of layers, or choose “New layer” as output.",
            )
        item = item.get_parent()


def still_there(image, layer):
    """Check that a layer has not been taken away during a run.

    GIMP keeps what a procedure works on: a layer that was deleted is only no longer in its image.

    Raises:
        RestoreError: The image is closed, or the layer deleted.
    """
    if not image.is_valid():
        raise RestoreError("The image was closed while it was restored; the result is lost.")
    if not any(one.get_id() == layer.get_id() for one in _all(image.get_layers())):
        raise RestoreError("The layer was deleted while it was restored; the result is lost.")


def _all(layers):
    for layer in layers:
        yield layer
        if layer.is_group():
            yield from _all(layer.get_children())


_WITHOUT_PIXELS = (("vector", "is_vector_layer"), ("link", "is_link_layer"))
"""Kinds of layers of GIMP 3.2, and the method that tells; GIMP 3.0 has neither."""
