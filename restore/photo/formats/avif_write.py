"""Adding profile, EXIF and XMP to an AVIF file (ISO/IEC 14496-12, 8.11; ISO/IEC 23008-12, 6.5, A).

imagecodecs writes the picture alone. The `meta` box is written anew with the additions; the
picture moves back by what the box has grown, and the metadata follow it.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

from restore.photo.heif import RDF, Items, read_items
from restore.photo.isobmff import Box, boxes, pack_box

__all__ = ["describe"]


def describe(data: bytes, *, icc: bytes | None, exif: bytes | None, xmp: bytes | None) -> bytes:
    """Return an AVIF file with metadata that it does not have yet."""
    added = {}
    if exif:
        added[b"Exif"] = bytes(4) + exif
    if xmp:
        added[b"mime"] = xmp
    if not (icc or added):
        return data
    items = read_items(data)
    meta = next(box for box in boxes(data) if box.type == b"meta")
    draft = _meta(data, meta, items, icc, added, 0, 0)
    growth = len(draft) - (meta.end - meta.start)
    new = _meta(data, meta, items, icc, added, growth, len(data) + growth + 8)
    metadata = pack_box(b"mdat", b"".join(added.values())) if added else b""
    return b"".join([data[: meta.start], new, data[meta.end :], metadata])


def _meta(
    data: bytes,
    meta: Box,
    items: Items,
    icc: bytes | None,
    added: Mapping[bytes, bytes],
    moved: int,
    at: int,
) -> bytes:
    """Return the `meta` box with all items `moved`, and those added lying one after the other."""
    first = max(items.kinds) + 1
    children = {box.type: box for box in boxes(data, meta.content + 4, meta.end)}
    written = {kind: data[box.start : box.end] for kind, box in children.items()}
    places = {
        item: [(start + moved, size) for start, size in extents]
        for item, (_, extents) in items.places.items()
    }
    for item, content in enumerate(added.values(), first):
        places[item] = [(at, len(content))]
        at += len(content)
    written[b"iloc"] = _iloc(places)
    entries = data[children[b"iinf"].content + 6 : children[b"iinf"].end]
    entries += b"".join(_infe(item, kind) for item, kind in enumerate(added, first))
    number = struct.pack(">H", len(items.kinds) + len(added))
    written[b"iinf"] = pack_box(b"iinf", number + entries, version=0)
    links = b"".join(
        pack_box(b"cdsc", struct.pack(">HHH", item, 1, items.primary))
        for item in range(first, first + len(added))
    )
    if links:
        old = children.get(b"iref")
        written[b"iref"] = pack_box(
            b"iref", (data[old.content + 4 : old.end] if old else b"") + links, version=0
        )
    if icc:
        written[b"iprp"] = _iprp(data, items, icc)
    return pack_box(b"meta", b"".join(written.values()), version=0)


def _iloc(places: Mapping[int, list[tuple[int, int]]]) -> bytes:
    parts = [struct.pack(">HH", 0x4400, len(places))]
    for item, extents in places.items():
        parts.append(struct.pack(">HHH", item, 0, len(extents)))
        parts += (struct.pack(">II", *extent) for extent in extents)
    return pack_box(b"iloc", b"".join(parts), version=0)


def _infe(item: int, kind: bytes) -> bytes:
    content_type = RDF + b"\0" if kind == b"mime" else b""
    return pack_box(b"infe", struct.pack(">HH4s", item, 0, kind) + b"\0" + content_type, version=2)


def _iprp(data: bytes, items: Items, icc: bytes) -> bytes:
    """Return the properties with a profile for the primary item (the first to be used of two)."""
    properties = b"".join(data[box.start : box.end] for box in items.properties)
    properties += pack_box(b"colr", b"prof" + icc)
    parts = [struct.pack(">I", len(items.owned))]
    for item, indices in items.owned.items():
        own = [index + 1 for index in indices]
        if item == items.primary:
            own.append(len(items.properties) + 1)
        essential = (b"av1C", b"irot", b"imir", b"clap", b"a1op", b"lsel")
        types = [b"", *(box.type for box in items.properties), b"colr"]
        parts.append(struct.pack(">HB", item, len(own)))
        parts += (struct.pack(">B", i | 128 * (types[i] in essential)) for i in own)
    ipma = pack_box(b"ipma", b"".join(parts), version=0)
    return pack_box(b"iprp", pack_box(b"ipco", properties) + ipma)
