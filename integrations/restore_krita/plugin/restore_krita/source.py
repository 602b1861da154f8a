"""What an action is to work on: the layer, the part of it, and why it may not be."""

from __future__ import annotations

from dataclasses import dataclass

from .restore_client import RestoreError

__all__ = ["Rect", "Source", "find_source"]

CONTEXT = 64
"""Pixels around a selection that an action sees as well."""

CONTEXT_TO_FILL = 256
"""The same where the selection is to be filled from what lies around it."""

LEAST = 256
"""Side of the smallest part that is sent, where the layer has it."""

WHAT_IT_IS = {
    "grouplayer": "a group",
    "vectorlayer": "a vector layer",
    "filelayer": "a file layer",
    "filterlayer": "a filter layer",
    "filllayer": "a fill layer",
    "clonelayer": "a clone layer",
    "transparencymask": "a transparency mask",
    "filtermask": "a filter mask",
    "transformmask": "a transform mask",
    "selectionmask": "a selection",
    "colorizemask": "a colorize mask",
}


@dataclass(frozen=True)
class Rect:
    """A rectangle of whole pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def pixels(self):
        """Width times height."""
        return self.width * self.height

    def within(self, other):
        """Return what lies in another rectangle as well; empty ones have no pixels."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        right = min(self.x + self.width, other.x + other.width)
        bottom = min(self.y + self.height, other.y + other.height)
        return Rect(x, y, max(right - x, 0), max(bottom - y, 0))

    def grown(self, margin, least, limits):
        """Return it with a margin and at least so wide and high, as far as the limits allow."""
        x, width = _grown(self.x, self.width, margin, least, limits.x, limits.width)
        y, height = _grown(self.y, self.height, margin, least, limits.y, limits.height)
        return Rect(x, y, width, height)


@dataclass(frozen=True)
class Source:
    """A layer and the part of it that is sent.

    Attributes:
        document: Krita's document.
        layer: A paint layer of it.
        whole: The pixels of the layer that lie on the canvas.
        part: What is sent of them.
        selection: A copy of the selection that limits the result; None for the whole layer.
        needs_mask: Whether the selection is sent as well.
        found: How its pixels lay when it was found.
    """

    document: object
    layer: object
    whole: Rect
    part: Rect
    selection: object
    needs_mask: bool
    found: tuple

    @property
    def model(self):
        """Krita's name of the layer's colour model, such as "RGBA"."""
        return self.layer.colorModel()

    @property
    def depth(self):
        """Krita's name of the layer's depth, such as "U8"."""
        return self.layer.colorDepth()

    def refuse_changes(self):
        """Check that a result still fits: the picture can be worked on during a run.

        Krita takes any bytes for pixels of a layer, also those of another depth.

        Raises:
            RestoreError: The layer was converted or moved, or the picture cropped or scaled.
        """
        if _lies(self.document, self.layer) != self.found:
            raise RestoreError(
                "The layer “%s” was changed while it was restored." % self.layer.name(),
                "Run it again.",
            )


def find_source(document, layer, entry):
    """Return what an action is to work on.

    Args:
        document: The document; None if there is none.
        layer: The layer that is chosen in it; None if there is none.
        entry: The action's.

    Raises:
        RestoreError: It cannot work on this; the text says why and what to do.
    """
    if document is None or document.rootNode() is None:
        raise RestoreError("There is no picture.", "Open one first.")
    _check_layer(layer)
    whole = _whole(document, layer)
    selection = document.selection()
    if entry.get("needs_mask") and selection is None:
        raise RestoreError("Nothing is selected.", "Select what to fill, then run this again.")
    if selection is None:
        return Source(document, layer, whole, whole, None, False, _lies(document, layer))
    box = Rect(selection.x(), selection.y(), selection.width(), selection.height())
    if box.width <= 0 or box.height <= 0:
        raise RestoreError(
            "The selection is empty.", "Select something, or deselect all to take the whole layer."
        )
    box = box.within(whole)
    if not box.pixels:
        raise RestoreError(
            "The selection lies beside the layer “%s”." % layer.name(),
            "Select a part of the layer, or another layer.",
        )
    fills = bool(entry.get("needs_mask"))
    if not entry.get("scale"):
        box = box.grown(CONTEXT_TO_FILL if fills else CONTEXT, LEAST, whole)
    found = _lies(document, layer)
    return Source(document, layer, whole, box, selection.duplicate(), fills, found)


def _check_layer(layer):
    if layer is None:
        raise RestoreError("No layer is chosen.", "Choose a paint layer in the Layers docker.")
    name, kind = layer.name(), layer.type()
    if kind != "paintlayer":
        raise RestoreError(
            "“%s” is %s, not a paint layer." % (name, WHAT_IT_IS.get(kind, "a " + kind)),
            "Choose a paint layer, or make one of it: Layer ▸ Convert ▸ to Paint Layer.",
        )
    above = layer
    while above is not None:
        if above.locked():
            raise RestoreError(
                "The layer “%s” is locked." % above.name(),
                "Unlock it with the padlock in the Layers docker.",
            )
        above = above.parentNode()
    if layer.animated():
        raise RestoreError(
            "The layer “%s” is animated, and a result is one still picture." % name,
            "Copy its frame into a layer of its own: Select All, then Edit ▸ Copy, then Paste.",
        )


def _whole(document, layer):
    bounds = layer.bounds()
    pixels = Rect(bounds.x(), bounds.y(), bounds.width(), bounds.height())
    if pixels.width <= 0 or pixels.height <= 0:
        raise RestoreError(
            "The layer “%s” is empty." % layer.name(), "Choose a layer that has something on it."
        )
    whole = pixels.within(Rect(0, 0, document.width(), document.height()))
    if not whole.pixels:
        raise RestoreError(
            "The layer “%s” lies outside the canvas." % layer.name(),
            "Move it onto the canvas, or enlarge the canvas: Image ▸ Resize Canvas.",
        )
    return whole


def _lies(document, layer):
    """Return what tells how the pixels of a layer lie: what they mean, and where they are."""
    space = layer.colorModel(), layer.colorDepth(), layer.colorProfile()
    place = layer.position()
    return (*space, place.x(), place.y(), document.width(), document.height())


def _grown(start, length, margin, least, limit, room):
    end = min(start + length + margin, limit + room)
    start = max(start - margin, limit)
    missing = min(least, room) - (end - start)
    if missing > 0:
        start = min(max(start - missing // 2, limit), limit + room - (end - start + missing))
        end = start + min(least, room)
    return start, end - start
