"""Which pixels of a layer run: the box of the selection with context around it."""

from collections import namedtuple

import restore_client
from gi.repository import Gegl, Gimp

__all__ = ["Box", "Region", "marks", "region"]

CONTEXT = 64
"""Pixels around the selection that the model sees as well."""

CONTEXT_TO_FILL = 256
"""The same for an action that fills what is selected."""

LEAST = 256
"""Sides of the smallest box, where the layer has as much."""


class Box(namedtuple("Box", "x y width height")):
    """A rectangle in the coordinates of a layer."""

    __slots__ = ()

    def grown(self, context, whole):
        """Return the box with `context` around it, at least LEAST wide and high, inside `whole`."""
        left, width = _grown(self.x, self.width, context, whole.width)
        top, height = _grown(self.y, self.height, context, whole.height)
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


def region(image, layer, fills):
    """Return what of a layer runs.

    Args:
        image: The image of the layer.
        layer: The layer.
        fills: Whether the action fills what is selected.

    Raises:
        RestoreError: The selection does not touch the layer, or there is none to fill.
    """
    whole = Box(0, 0, layer.get_width(), layer.get_height())
    if Gimp.Selection.is_empty(image):
        if fills:
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
    return Region(keep.grown(CONTEXT_TO_FILL if fills else CONTEXT, whole), keep, True)


def marks(image, layer, box):
    """Return the selection in a box of a layer as a mask: 255 where anything is selected."""
    _, left, top = layer.get_offsets()
    rectangle = Gegl.Rectangle.new(box.x + left, box.y + top, box.width, box.height)
    buffer = image.get_selection().get_buffer()
    selected = bytes(buffer.get(rectangle, 1.0, "Y u8", Gegl.AbyssPolicy.NONE))
    return selected.translate(b"\0" + b"\xff" * 255)


def _grown(start, length, context, whole):
    first, last = max(0, start - context), min(whole, start + length + context)
    if last - first < LEAST:
        first = max(0, min(first - (LEAST - (last - first)) // 2, whole - LEAST))
        last = min(whole, first + LEAST)
    return first, last - first
