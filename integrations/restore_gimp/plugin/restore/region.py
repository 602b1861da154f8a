"""Which pixels of a layer run: the box of the selection with context around it."""

from collections import namedtuple

import restore_client
from gi.repository import Gegl, Gimp

__all__ = ["Box", "Region", "context", "marks", "region"]

CONTEXT = 64, 256
"""Pixels around the selection that the model sees as well, and the least sides of the whole box."""

CONTEXT_TO_FILL = 256, 256
"""The same for an action that fills what is selected."""

CONTEXT_TO_ENLARGE = 16, 1
"""The same for an action that enlarges, to which every pixel around costs as many as it becomes."""


def context(entry):
    """Return how much of a layer around a box an action sees."""
    if entry["needs_mask"]:
        return CONTEXT_TO_FILL
    return CONTEXT_TO_ENLARGE if entry["scale"] else CONTEXT


class Box(namedtuple("Box", "x y width height")):
    """A rectangle in the coordinates of a layer."""

    __slots__ = ()

    def grown(self, around, whole):
        """Return the box with context around it, inside `whole`; see `context`."""
        left, width = _grown(self.x, self.width, around, whole.width)
        top, height = _grown(self.y, self.height, around, whole.height)
        return Box(left, top, width, height)


class Region(namedtuple("Region", "run keep selected")):
    """What runs, and what of it the result keeps.

    Attributes:
        run: The box whose pixels are sent.
        keep: The box inside it that is selected; the same without a selection.
        selected: Whether there is a selection.
    """

    __slots__ = ()

    def enlarged(self, width, height):
        """Return the boxes in an image that is nothing but `keep`, enlarged.

        Args:
            width: That `run` has become.
            height: The same.
        """
        across, down = width / self.run.width, height / self.run.height
        left, top = self.run.x - self.keep.x, self.run.y - self.keep.y
        return Region(
            Box(round(across * left), round(down * top), width, height),
            Box(0, 0, round(across * self.keep.width), round(down * self.keep.height)),
            False,
        )


def region(image, layer, entry):
    """Return what of a layer runs.

    Args:
        image: The image of the layer.
        layer: The layer.
        entry: The action.

    Raises:
        RestoreError: The selection does not touch the layer, or there is none to fill.
    """
    whole = Box(0, 0, layer.get_width(), layer.get_height())
    if Gimp.Selection.is_empty(image):
        if entry["needs_mask"]:
            raise restore_client.RestoreError(
                "Nothing is selected.", "Select what to fill, then run this again."
            )
        return Region(whole, whole, False)
    touches, x, y, width, height = layer.mask_intersect()
    if not touches or not width or not height:
        raise restore_client.RestoreError(
            f"The selection does not touch the layer “{layer.get_name()}”.",
            "Select something on this layer, or choose Select ▸ None for the whole of it.",
        )
    keep = Box(x, y, width, height)
    return Region(keep.grown(context(entry), whole), keep, True)


def marks(image, layer, box):
    """Return the selection in a box of a layer as a mask: 255 where anything is selected."""
    _, left, top = layer.get_offsets()
    rectangle = Gegl.Rectangle.new(box.x + left, box.y + top, box.width, box.height)
    buffer = image.get_selection().get_buffer()
    selected = bytes(buffer.get(rectangle, 1.0, "Y u8", Gegl.AbyssPolicy.NONE))
    return selected.translate(b"\0" + b"\xff" * 255)


def _grown(start, length, around, whole):
    margin, least = around
    first, last = max(0, start - margin), min(whole, start + length + margin)
    if last - first < least:
        first = max(0, min(first - (least - (last - first)) // 2, whole - least))
        last = min(whole, first + least)
    return first, last - first
