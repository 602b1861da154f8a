"""What of a photo's metadata a format cannot hold: left out, and told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from restore.photo.formats import NO_LIMIT, Format
from restore.photo.metadata import COMMENT, Metadata
from restore.photo.metadata.extended_xmp import split
from restore.photo.metadata.photoshop import resources
from restore.photo.metadata.png_text import packed_text
from restore.photo.metadata.xmp import XmpError

__all__ = ["fitted"]

_NAMES = {
    "icc": "ICC profile",
    "exif": "EXIF block",
    "xmp": "XMP packet",
    "photoshop": "IPTC data",
    "colour_chunks": "colour tags",
}
_SRGB_GAMMA, _TOLERANCE = 45455, 1000
_SRGB_CODE = bytes((1, 13, 0, 1))


def fitted(metadata: Metadata, target: Format, tell: Callable[[str], None]) -> Metadata:
    """Return those metadata that a format holds.

    Args:
        metadata: The metadata.
        target: The format.
        tell: Is told of each part that is left out though it means something.
    """
    meta = _sound(metadata, tell)
    for name, what in _NAMES.items():
        if name in target.carries or not getattr(meta, name):
            continue
        if name != "colour_chunks" or _is_unusual(meta):
            tell(f"{target.name} cannot hold the {what}, which is left out.")
        nothing: dict[str, Any] = {name: getattr(Metadata(), name)}
        meta = replace(meta, **nothing)
    if meta.exif and len(meta.exif) > target.max_block:
        length = f"({len(meta.exif)} bytes)"
        tell(f"The EXIF block {length} is too long for {target.name} and is left out.")
        meta = replace(meta, exif=None)
    if meta.xmp and target.max_block < NO_LIMIT:
        try:
            split(meta.xmp)
        except XmpError as error:
            tell(f"The XMP packet is too long for {target.name} ({error}) and is left out.")
            meta = replace(meta, xmp=None)
    if "texts" not in target.carries and meta.texts:
        texts = tuple(t for t in meta.texts if t.keyword == COMMENT and "comment" in target.carries)
        lost = [text.keyword for text in meta.texts if text not in texts]
        if lost:
            tell(f"{target.name} cannot hold the texts {', '.join(lost)}, which are left out.")
        meta = replace(meta, texts=texts)
    return meta


def _sound(meta: Metadata, tell: Callable[[str], None]) -> Metadata:
    """Leave out what no format could be given: resources and texts that make no sense."""
    try:
        resources(meta.photoshop or b"")
    except ValueError as error:
        tell(f"The IPTC data are damaged ({error}) and are left out.")
        meta = replace(meta, photoshop=None)
    texts = []
    for text in meta.texts:
        try:
            packed_text(text)
            texts.append(text)
        except ValueError:
            tell(f"The text {text.keyword!r} cannot be written and is left out.")
    return replace(meta, texts=tuple(texts))


def _is_unusual(meta: Metadata) -> bool:
    """Whether a PNG's colour tags, where there is no profile, say something else than sRGB."""
    if meta.icc:
        return False
    chunks = dict(meta.colour_chunks)
    if "cICP" in chunks:
        return chunks["cICP"] != _SRGB_CODE
    if "sRGB" in chunks or "gAMA" not in chunks:
        return False
    return abs(int.from_bytes(chunks["gAMA"], "big") - _SRGB_GAMMA) > _TOLERANCE
