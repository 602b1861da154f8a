"""Pixels between GEGL's buffers and the worker, in the encoding of the image's own profile.

A bare Babl name such as "R'G'B' u8" means sRGB and would convert; every name here carries the
space of the layer, so that integers come and go bit for bit.
"""

from collections import namedtuple

import restore_client
from gi.repository import Babl, Gegl, Gimp

__all__ = ["Exchange", "exchange", "gray_map", "read", "write"]


class Exchange(namedtuple("Exchange", "format channels alpha dtype icc")):
    """How pixels of a layer travel.

    Attributes:
        format: Name of the Babl format, its space included.
        channels: 1 or 3.
        alpha: Whether alpha comes last.
        dtype: "u8", "u16" or "f32".
        icc: Bytes of the profile that says what the values mean.
    """

    __slots__ = ()


def exchange(layer):
    """Return how the pixels of a layer travel: encoded, never with fewer bits than float has."""
    native = layer.get_format()
    space = Babl.format_get_space(native)
    model, kind = Babl.format_get_encoding(native).split()
    profile = layer.get_image().get_effective_color_profile()
    if "~" in model:
        mark, dtype = "~", {"u8": "u8", "u16": "u16"}.get(kind, "f32")
        profile = _perceptual(profile)
    elif "'" in model:
        mark, dtype = "'", {"u8": "u8", "u16": "u16"}.get(kind, "f32")
    elif profile.is_linear():
        mark, dtype = "~", "f32"
        profile = _perceptual(profile)
    else:
        mark, dtype = "'", "f32"
    gray, alpha = layer.is_gray(), layer.has_alpha()
    letters = f"Y{mark}" if gray else f"R{mark}G{mark}B{mark}"
    name = f"{letters}{'A' if alpha else ''} {'float' if dtype == 'f32' else dtype}"
    icc = bytes(profile.get_icc_profile())
    return Exchange(_in_space(name, space), 1 if gray else 3, alpha, dtype, icc)


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
        icc=way.icc,
        origin=(box.y, box.x),
    )


def write(buffer, x, y, picture, format_name):
    """Put a picture into a buffer at (x, y); what lies outside of the buffer is dropped."""
    rectangle = Gegl.Rectangle.new(x, y, picture.width, picture.height)
    buffer.set(rectangle, format_name, bytes(picture.data))
    buffer.flush()


def gray_map(layer):
    """Return the format in which a map of one byte a pixel is written into a layer."""
    return _in_space("Y' u8", Babl.format_get_space(layer.get_format()))


def _perceptual(profile):
    return Gimp.ColorProfile.new_srgb_trc_from_color_profile(profile) or profile


def _in_space(name, space):
    return Babl.get_name(Babl.format_with_space(name, space))
