"""Colour as Krita has it: profiles as bytes, and layers that are neither RGB nor gray.

Krita tells a profile's name, not its bytes; a picture of one pixel, saved in Krita's own format,
has them in it. Layers in CMYK, L*a*b*, XYZ or YCbCr are converted by Krita itself, strip by strip,
to RGB in a wide space, in 16 bits or floats, and back. Everything here belongs on the GUI thread.
"""

from __future__ import annotations

import os
import shutil
import struct
import tempfile
import zipfile

from krita import InfoObject, Krita

from .pixels import CHANNELS

__all__ = ["Bridge", "Profiles", "is_linear"]

WIDE = ("LargeRGB-elle-V2-g22.icc", "ClayRGB-elle-V2-g22.icc", "sRGB-elle-V2-srgbtrc.icc")
"""Profiles that come with Krita, the widest first."""


SRGB = ("sRGB-elle-V2-srgbtrc.icc", "sRGB built-in")
"""What Krita calls sRGB, which is meant where no profile is told."""


class Profiles:
    """The bytes of profiles, each fetched once."""

    def __init__(self):
        self._known = {("RGBA", name): b"" for name in SRGB}

    def of(self, model, depth, profile):
        """Return the ICC profile of this name; b"" for sRGB, or if Krita does not give it.

        Yields while it fetches one, wherever the interface may go on.
        """
        if (model, profile) not in self._known:
            self._known[model, profile] = yield from _saved(model, depth, profile)
        return self._known[model, profile]


class Bridge:
    """Takes pixels of a layer to what the worker understands, and back.

    Args:
        model: Colour model of the layer.
        depth: Its depth.
        profile: Name of its profile.

    Attributes:
        model, depth, profile: What the pixels are on the worker's side; the layer's own where the
            worker takes them as they are.
        converts: Whether that is something else.
    """

    def __init__(self, model, depth, profile):
        self._own = (model, depth, profile)
        self.model, self.depth, self.profile = self._own
        self._scratch = None
        self.converts = model not in CHANNELS
        if self.converts:
            self.model, self.depth = "RGBA", "F32" if depth.startswith("F") else "U16"
            there = Krita.instance().profiles(self.model, self.depth)
            self.profile = next((name for name in WIDE if name in there), there[0])

    def there(self, data, width, height):
        """Return pixels of the layer as the worker takes them."""
        theirs = (self.model, self.depth, self.profile)
        return self._converted(data, width, height, self._own, theirs)

    def back(self, data, width, height):
        """Return pixels from the worker as the layer has them."""
        theirs = (self.model, self.depth, self.profile)
        return self._converted(data, width, height, theirs, self._own)

    def close(self):
        """Let go of what the conversion needed."""
        if self._scratch is not None:
            self._scratch.close()
            self._scratch = None

    def _converted(self, data, width, height, before, after):
        if not self.converts:
            return data
        if self._scratch is None:
            self._scratch = _document(1, 1, "restore", self.model, self.depth, self.profile)
        layer = self._scratch.createNode("strip", "paintlayer")
        layer.setColorSpace(*before)
        layer.setPixelData(data, 0, 0, width, height)
        if not layer.setColorSpace(*after):
            raise ValueError("Krita does not convert %s to %s" % (before, after))
        return layer.pixelData(0, 0, width, height)


def is_linear(icc):
    """Whether a profile's values are proportional to light.

    Args:
        icc: Its bytes; any will do.
    """
    try:
        for number in range(struct.unpack_from(">I", icc, 128)[0]):
            name, at, _ = struct.unpack_from(">4sII", icc, 132 + 12 * number)
            if name in (b"rTRC", b"kTRC"):
                return _is_straight(icc, at)
    except struct.error:
        pass
    return False


def _is_straight(icc, at):
    kind = icc[at : at + 4]
    if kind == b"curv":
        points = struct.unpack_from(">I", icc, at + 8)[0]
        return points == 0 or (points == 1 and icc[at + 12 : at + 14] == b"\x01\x00")
    straight = struct.pack(">HHI", 0, 0, 1 << 16)
    return kind == b"para" and icc[at + 8 : at + 16] == straight


def _saved(model, depth, profile):
    folder = tempfile.mkdtemp(prefix="restore-")
    path = os.path.join(folder, "profile.kra")
    document = _document(1, 1, "restore", model, depth, profile)
    try:
        yield
        document.exportImage(path, InfoObject())
        yield
        return _icc_in(path)
    finally:
        document.close()
        shutil.rmtree(folder, ignore_errors=True)


def _icc_in(path):
    try:
        with zipfile.ZipFile(path) as saved:
            for name in saved.namelist():
                if name.endswith("annotations/icc"):
                    return saved.read(name)
    except (OSError, zipfile.BadZipFile):
        pass
    return b""


def _document(width, height, name, model, depth, profile):
    document = Krita.instance().createDocument(width, height, name, model, depth, profile, 72.0)
    document.setBatchmode(True)
    return document
