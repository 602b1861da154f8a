"""Pixels between GEGL's buffers and the worker: as they lie in the layer, never converted.

A bare Babl name such as "R'G'B' u8" means sRGB and would convert; every name here is of the layer's
own model and space, so that integers, halves and floats come and go bit for bit.
"""

from collections import namedtuple

import restore_client
from gi.repository import Babl, Gegl, Gimp

__all__ = ["Exchange", "cut", "exchange", "gray_map", "read", "write"]


class Exchange(namedtuple("Exchange", "format channels alpha dtype transfer icc")):
    """How pixels of a layer travel.

    Attributes:
        format: Name of the Babl format, its space included.
        channels: 1 or 3.
        alpha: Whether alpha comes last.
        dtype: "u8", "u16" or "f32", which holds halves exactly.
        transfer: "encoded", or "linear" light.
        icc: Bytes of the profile that says what the values mean.
    """

    __slots__ = ()


def exchange(layer):
    """Return how the pixels of a layer travel."""
    native = layer.get_format()
    model, kind = Babl.format_get_encoding(native).split()
    dtype = kind if kind in ("u8", "u16") else "f32"
    name = f"{model} {'float' if dtype == 'f32' else dtype}"
    profile = layer.get_image().get_effective_color_profile()
    if "~" in model:
        profile = Gimp.ColorProfile.new_srgb_trc_from_color_profile(profile) or profile
        transfer = "encoded"
    elif "'" in model:
        transfer = "linear" if profile.is_linear() else "encoded"
    else:
        profile = Gimp.ColorProfile.new_linear_from_color_profile(profile) or profile
        transfer = "linear"
    return Exchange(
        Babl.get_name(Babl.format_with_space(name, Babl.format_get_space(native))),
        1 if layer.is_gray() else 3,
        layer.has_alpha(),
        dtype,
        transfer,
        bytes(profile.get_icc_profile()),
    )


def read(layer, box, way):
    """Return a box of a layer as the worker takes it."""
    rectangle = Gegl.Rectangle.new(box.x, box.y, box.width, box.height)
    data = layer.get_buffer().get(rectangle, 1.0, way.format, Gegl.AbyssPolicy.NONE)
    return restore_client.Image(
        box.width,
        box.height,
        way.channels,
        way.alpha,
        way.dtype,
        data,
        transfer=way.transfer,
        icc=way.icc,
        origin=(box.y, box.x),
    )


def write(buffer, x, y, picture, format_name):
    """Put a picture into a buffer at (x, y); what lies outside of the buffer is dropped.

    GIMP's own buffers must not be asked for tiles that they do not have, so it is cut before.
    """
    whole = Gegl.Rectangle.new(x, y, picture.width, picture.height)
    part = Gegl.Rectangle.new(0, 0, 0, 0)
    if part.intersect(buffer.get_extent(), whole):
        left, top = part.x - x, part.y - y
        buffer.set(part, format_name, cut(picture, left, top, part.width, part.height))
        buffer.flush()


def cut(picture, x, y, width, height):
    """Return the bytes of a part of a picture."""
    data = memoryview(picture.data).cast("B")
    row = len(data) // picture.height
    first, last = x * row // picture.width, (x + width) * row // picture.width
    if (first, last) == (0, row):
        return bytes(data[y * row : (y + height) * row])
    return b"".join(data[i * row + first : i * row + last] for i in range(y, y + height))


def gray_map(layer):
    """Return the format in which a map of one byte a pixel is written into a layer."""
    return Babl.get_name(Babl.format_with_space("Y' u8", Babl.format_get_space(layer.get_format())))
