"""Where results go: a layer above the source, or a document of its own; and where they are shown.

`Node.setPixelData` cannot be undone, but adding a layer can: so a result is filled while it is
still nobody's, a strip at a time, and added when it is whole. Everything here belongs on the GUI
thread.
"""

from __future__ import annotations

from krita import Krita

__all__ = [
    "Result",
    "document_is_open",
    "find_layer",
    "gray_layer",
    "new_document",
    "new_layer",
    "place",
    "show_document",
]


class Result:
    """A result that is in a document.

    Args:
        document: Krita's.
        layer: The layer that holds the result.
        name: Of the action.
    """

    def __init__(self, document, layer, name):
        self.document = document
        self.name = name
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


def find_layer(document, layer_id):
    """Return the layer of this id; None if it was deleted."""
    return document.nodeByUniqueID(layer_id)


def new_layer(source, name):
    """Return a copy of the source's layer that is in no document yet, to be written over.

    It keeps what the layer has in its own colour space, and its masks; it lies over the source
    with full opacity.
    """
    layer = source.layer.duplicate()
    layer.setName(name)
    layer.setVisible(True)
    layer.setOpacity(255)
    if layer.blendingMode() != "normal":
        layer.setBlendingMode("normal")
    return layer


def gray_layer(document, name):
    """Return a layer of 8-bit gray that is in no document yet."""
    layer = document.createNode(name, "paintlayer")
    layer.setColorSpace("GRAYA", "U8", "Gray-D50-elle-V2-srgbtrc.icc")
    return layer


def place(document, above, layers, selection):
    """Add layers to a document, one over another; each can be undone.

    Args:
        document: Where to.
        above: The layer that they go over; None for the top of all.
        layers: From the lowest to the highest.
        selection: What limits the lowest; None for nothing.
    """
    if selection is not None:
        mask = document.createTransparencyMask("selection")
        mask.setSelection(selection)
        layers[0].addChildNode(mask, None)
    parent = document.rootNode() if above is None else above.parentNode()
    if above is None:
        tops = [node for node in document.topLevelNodes() if node.type() != "selectionmask"]
        above = tops[-1] if tops else None
    for layer in layers:
        parent.addChildNode(layer, above)
        above = layer


def new_document(like, layer, name, width, height):
    """Return a new document with one empty layer, of the colour space of a layer.

    Args:
        like: The document whose resolution it has.
        layer: The layer whose colour space it has.
        name: Its title.
        width: In pixels.
        height: In pixels.
    """
    document = Krita.instance().createDocument(
        width,
        height,
        name,
        layer.colorModel(),
        layer.colorDepth(),
        layer.colorProfile(),
        float(like.resolution()),
    )
    document.setBatchmode(like.batchmode())
    document.topLevelNodes()[0].setName(name)
    return document


def show_document(document):
    """Open a view of a document, where there is a window."""
    window = Krita.instance().activeWindow()
    if window is not None:
        window.addView(document)
        Krita.instance().setActiveDocument(document)
