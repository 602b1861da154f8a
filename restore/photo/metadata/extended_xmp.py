"""XMP packets too long for a JPEG segment: joined when read, split again when written.

XMP specification, part 3, section 1.1.3.1. What does not fit into the packet proper is a document
of its own, cut into segments that carry its digest; the packet proper names that digest.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator

from restore.photo.metadata.xmp import (
    RDF,
    Attribute,
    Edit,
    Element,
    Name,
    XmpError,
    about,
    appended,
    attribute,
    edited,
    parse,
    properties,
    text_of,
    without,
)

__all__ = ["MAX_PACKET", "join", "split"]

MAX_PACKET = 65533 - len(b"http://ns.adobe.com/xap/1.0/\0")
"""Bytes of a packet that one segment holds."""

_NOTE = "http://ns.adobe.com/xmp/note/"
_HAS_MORE: Name = (_NOTE, "HasExtendedXMP")
_META = "adobe:ns:meta/"
_HEAD = 40
_PORTION = 65400
_ROOM_FOR_DIGEST = 200


def join(packet: bytes, portions: Iterable[bytes]) -> bytes:
    """Return a packet with the part that was stored apart.

    Args:
        packet: The packet proper.
        portions: The other segments: digest, full length, offset and data.

    Raises:
        XmpError: The packet names no such part, or that is incomplete or damaged.
    """
    rdf = parse(packet)
    named = [found for name, found in properties(rdf) if name == _HAS_MORE]
    if not named:
        raise XmpError("the packet does not name it")
    note = named[0]
    digest = note.value if isinstance(note, Attribute) else text_of(packet, note)
    document = _collected(digest.strip(), portions)
    parts = [_standalone(document, node) for node in parse(document).children]
    return without(
        edited(packet, [appended(packet, rdf, b"\n".join(parts))]), lambda name: name == _HAS_MORE
    )


def _collected(digest: str, portions: Iterable[bytes]) -> bytes:
    found: dict[int, bytes] = {}
    length = 0
    for portion in portions:
        if len(portion) > _HEAD and portion[:32] == digest.encode():
            length, offset = struct.unpack_from(">II", portion, 32)
            found[offset] = portion[_HEAD:]
    document = b"".join(found[offset] for offset in sorted(found))
    fresh = hashlib.md5(document, usedforsecurity=False).hexdigest()
    if len(document) != length or fresh.upper() != digest.upper():
        raise XmpError("parts of it are missing")
    return document


def _standalone(document: bytes, node: Element) -> bytes:
    """Return an element with the namespaces declared that hold around it."""
    tag = document[node.start : node.inner]
    cut = node.inner - node.start - (2 if node.close == node.end else 1)
    rest = document[node.inner : node.end]
    return tag[:cut] + _declared(node, set(node.prefixes)) + tag[cut:] + rest


def _declared(node: Element, known: set[str]) -> bytes:
    """Return declarations of the namespaces that hold at an element, those known left out."""
    inherited: dict[str, str] = {}
    for element in node.around():
        inherited = element.prefixes | inherited
    left = {p: uri for p, uri in inherited.items() if p not in known and uri != _META}
    parts = [attribute(f"xmlns:{p}" if p else "xmlns", uri) for p, uri in sorted(left.items())]
    return b"".join(parts)


def split(packet: bytes) -> tuple[bytes, list[bytes]]:
    """Return the packet proper, and the portions of what does not fit into it.

    The space that writers leave at a packet's end is given up first; then the longest properties
    move, as few as need be.

    Raises:
        XmpError: The packet is too long and cannot be read.
    """
    if len(packet) <= MAX_PACKET:
        return packet, []
    packet = _without_padding(without(packet, lambda name: name == _HAS_MORE))
    if len(packet) <= MAX_PACKET:
        return packet, []
    rdf = parse(packet)
    moved: list[Element | Attribute] = []
    excess = len(packet) - MAX_PACKET + _ROOM_FOR_DIGEST
    longest = sorted((found for _, found in properties(rdf)), key=lambda p: p.start - p.end)
    while excess > 0 and len(moved) < len(longest):
        moved.append(longest[len(moved)])
        excess -= moved[-1].end - moved[-1].start
    document = _document(packet, rdf, moved)
    digest = hashlib.md5(document, usedforsecurity=False).hexdigest().upper()
    note = b"<rdf:Description " + about(packet, rdf)
    for name, value in (("xmlns:rdf", RDF), ("xmlns:xmpNote", _NOTE)):
        note += attribute(name, value)
    note += attribute("xmpNote:HasExtendedXMP", digest) + b"/>"
    removed: list[Edit] = [(one.start, one.end, b"") for one in moved]
    proper = edited(packet, [*removed, appended(packet, rdf, note)])
    if len(proper) > MAX_PACKET:
        raise XmpError("too long")
    return proper, list(_portions(digest, document))


def _without_padding(packet: bytes) -> bytes:
    body, trailer, rest = packet.rpartition(b"<?xpacket")
    return body.rstrip() + b"\n" + trailer + rest if trailer and body else packet


def _document(packet: bytes, rdf: Element, moved: list[Element | Attribute]) -> bytes:
    """Return properties as a document of their own."""
    chosen = set(map(id, moved))
    parts = [attribute("xmlns:x", _META).join((b"<x:xmpmeta", b">"))]
    parts.append(attribute("xmlns:rdf", RDF).join((b"<rdf:RDF", b">")))
    for node in rdf.children:
        children = [c for c in node.children if id(c) in chosen]
        attributes = [a for a in node.attributes if id(a) in chosen]
        if children or attributes:
            head = b"<rdf:Description " + about(packet, rdf) + _declared(node, {"rdf"})
            parts.append(b"".join([head, *(packet[a.start : a.end] for a in attributes), b">"]))
            parts += [packet[c.start : c.end] for c in children]
            parts.append(b"</rdf:Description>")
    return b"\n".join([*parts, b"</rdf:RDF></x:xmpmeta>"])


def _portions(digest: str, document: bytes) -> Iterator[bytes]:
    for offset in range(0, len(document), _PORTION):
        head = digest.encode() + struct.pack(">II", len(document), offset)
        yield head + document[offset : offset + _PORTION]
