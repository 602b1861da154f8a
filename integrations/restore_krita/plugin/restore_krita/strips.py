"""Reading and writing layers a strip at a time: generators that yield where Krita may go on.

Everything here belongs on the GUI thread.
"""

from __future__ import annotations

from .pixels import CHANNELS, SIZES

__all__ = ["fill_gray", "read", "read_selection", "write"]

PIXELS = 1 << 18
"""Of a strip: some milliseconds, whatever the depth."""

PIXELS_TO_CONVERT = 1 << 17
"""The same where Krita converts colours as well."""


def read(source, bridge):
    """Return the pixels of the source's part as strips of what the worker takes."""
    part, strips = source.part, []
    for y, rows in _strips(part.width, part.height, bridge.converts):
        pixels = source.layer.pixelData(part.x, part.y + y, part.width, rows)
        strips.append(bridge.there(pixels, part.width, rows))
        yield
    return strips


def read_selection(source):
    """Return the selection over the source's part as strips, a byte a pixel."""
    part, strips = source.part, []
    for y, rows in _strips(part.width, part.height):
        strips.append(source.selection.pixelData(part.x, part.y + y, part.width, rows))
        yield
    return strips


def write(layer, data, bridge, left, top, size, sent=None):
    """Write pixels into a layer that is in no document yet.

    Args:
        layer: Krita's.
        data: The worker's bytes, row by row.
        bridge: What takes them to the layer's colours.
        left: Column of the first pixel.
        top: Its row.
        size: Width and height.
        sent: The strips that the worker was given, if the layer holds what they came from: where
            colours are converted, a strip that did not change is left as it is.
    """
    width, height = size
    stride = width * (CHANNELS[bridge.model] + 1) * SIZES[bridge.depth]
    for number, (y, rows) in enumerate(_strips(width, height, bridge.converts)):
        strip = bytes(data[y * stride : (y + rows) * stride])
        if sent is None or not bridge.converts or strip != bytes(sent[number]):
            layer.setPixelData(bridge.back(strip, width, rows), left, top + y, width, rows)
        yield


def fill_gray(layer, plane, left, top, value):
    """Put a plane of bytes into a layer of 8-bit gray; the other value of each pixel is 255.

    Args:
        layer: Krita's, of gray with alpha.
        plane: The client's `Image` of one channel.
        left: Column of the first pixel.
        top: Its row.
        value: 0 for the gray, 1 for the alpha.
    """
    width, data = plane.width, memoryview(plane.data)
    for y, rows in _strips(width, plane.height):
        pixels = bytearray(b"\xff" * (2 * width * rows))
        pixels[value::2] = data[y * width : (y + rows) * width]
        layer.setPixelData(bytes(pixels), left, top + y, width, rows)
        yield


def _strips(width, height, converts=False):
    """Yield the first row and the number of rows of each strip."""
    rows = max((PIXELS_TO_CONVERT if converts else PIXELS) // width, 1)
    for y in range(0, height, rows):
        yield y, min(rows, height - y)
