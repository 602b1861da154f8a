"""Where results go: a layer above the source, or a document of its own; and where they are shown.

`Node.setPixelData` cannot be undone, but adding a layer can: so a result is filled while it is
still nobody's, a strip at a time, and added when it is whole. Everything here belongs on the GUI
thread.
"""

from __future__ import annotations

from krita import Krita

from .strips import fill_gray, write

__all__ = ["Result", "as_document", "as_layer", "document_is_open"]

GRAY = ("GRAYA", "U8", "Gray-D50-elle-V2-srgbtrc.icc")


class Result:
    """A result that is in a document.

    Args:
        document: Krita's.
        layer: The layer that holds the result.

    Attributes:
        action: The name of the action.
    """

    def __init__(self, document, layer):
        self.document = document
        self.action = ""
        self._id = layer.uniqueId()

    def layer(self):
        """Return the layer; None if it is gone."""
        if not document_is_open(self.document):
            return None
        return self.document.nodeByUniqueID(self._id)

    def blend(self, strength):
        """Show so much of it, from 0 to 1, over what lies beneath; return whether it is there."""
        return self._change(lambda layer: layer.setOpacity(round(255 * strength)))

    def show(self, visible):
        """Show it, or what was before; return whether it is there."""
        return self._change(lambda layer: layer.setVisible(visible))

    def _change(self, change):
        layer = self.layer()
        if layer is None:
            return False
        change(layer)
        self.document.refreshProjection()
        return True


def document_is_open(document):
    """Whether a document has not been closed."""
    return any(document == other for other in Krita.instance().documents())


def as_layer(source, label, outcome, data, bridge, sent, strength):
    """Put a result above its source; return a `Result` and notes for the user.

    Yields where Krita may go on, until the layer is added.

    Args:
        source: `Source`.
        label: Of the action.
        outcome: The client's.
        data: The result's bytes at the depth of the layer.
        bridge: What takes them to the layer's colours.
        sent: The strips that were sent.
        strength: Opacity of the layer, from 0 to 1.
    """
    document, part, notes = source.document, source.part, list(outcome.notes)
    source_id = source.layer.uniqueId()
    layer = _like(source.layer, _name(source, label), strength)
    yield from write(layer, data, bridge, part.x, part.y, (part.width, part.height), sent)
    extra = yield from _extra(source, label, outcome, document, part.x, part.y)
    above = document.nodeByUniqueID(source_id)
    if above is None:
        notes.append("The layer was deleted meanwhile: the result lies on top of all.")
    if source.selection is not None:
        mask = document.createTransparencyMask("selection")
        mask.setSelection(source.selection)
        layer.addChildNode(mask, None)
    _add(document, above, [layer, *extra])
    return Result(document, layer), notes


def as_document(source, label, outcome, data, bridge):
    """Make a document of a result of another size; see `as_layer`."""
    size = (outcome.image.width, outcome.image.height)
    document = _document(source, _name(source, label), *size)
    layer = document.topLevelNodes()[0]
    try:
        yield from write(layer, data, bridge, 0, 0, size)
        for extra in (yield from _extra(source, label, outcome, document, 0, 0)):
            document.rootNode().addChildNode(extra, layer)
    except BaseException:  # stopped meanwhile, too: a document without a view must not stay
        document.setModified(False)
        document.close()
        raise
    document.refreshProjection()
    window = Krita.instance().activeWindow()
    if window is not None:
        window.addView(document)
        Krita.instance().setActiveDocument(document)
    return Result(document, layer), list(outcome.notes)


def _name(source, label):
    return "%s – %s" % (source.layer.name(), label)


def _like(source, name, strength):
    """Return a copy of a layer that is in no document yet, to be written over.

    It keeps the layer's own colour space and its masks; it hides the layer with full opacity.
    """
    layer = source.duplicate()
    layer.setName(name)
    layer.setVisible(True)
    layer.setOpacity(round(255 * strength))
    if layer.blendingMode() != "normal":
        layer.setBlendingMode("normal")
    return layer


def _extra(source, label, outcome, document, left, top):
    """Return hidden layers, in no document yet, with what else came of the run.

    Uncertainty is gray; what was found is opaque, so that it can be made a selection.
    """
    layers = []
    for plane, name, value in (
        (outcome.uncertainty, "%s – uncertainty" % source.layer.name(), 0),
        (outcome.mask, "%s, found" % _name(source, label), 1),
    ):
        if plane is not None:
            layer = document.createNode(name, "paintlayer")
            layer.setColorSpace(*GRAY)
            yield from fill_gray(layer, plane, left, top, value)
            layer.setVisible(False)
            layers.append(layer)
    return layers


def _add(document, above, layers):
    """Add layers to a document, one over another; each can be undone.

    Args:
        document: Where to.
        above: The layer that they go over; None for the top of all.
        layers: From the lowest to the highest.
    """
    parent = document.rootNode() if above is None else above.parentNode()
    if above is None:
        tops = [node for node in document.topLevelNodes() if node.type() != "selectionmask"]
        above = tops[-1] if tops else None
    for layer in layers:
        parent.addChildNode(layer, above)
        above = layer


def _document(source, name, width, height):
    """Return a new document with one empty layer, of the colour space of the source's layer."""
    layer, like = source.layer, source.document
    space = (layer.colorModel(), layer.colorDepth(), layer.colorProfile())
    resolution = float(like.resolution())
    document = Krita.instance().createDocument(width, height, name, *space, resolution)
    document.setBatchmode(like.batchmode())
    document.topLevelNodes()[0].setName(name)
    return document
