"""XMP packets, changed by cutting and inserting, so that every other byte stays as it was.

XMP specification, part 1 (ISO 16684-1), section 7, and W3C RDF/XML: a packet is an rdf:RDF element
of rdf:Description elements, whose attributes and child elements are the properties. It is read by
expat, which says where each element lies; a packet with a document type, and so with entities, is
refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias
from xml.parsers import expat
from xml.sax.saxutils import escape

__all__ = [
    "RDF",
    "Attribute",
    "Edit",
    "Element",
    "Name",
    "XmpError",
    "about",
    "appended",
    "attribute",
    "edited",
    "empty_packet",
    "parse",
    "properties",
    "text_of",
    "without",
]

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_META = "adobe:ns:meta/"
_XML = "http://www.w3.org/XML/1998/namespace"

_TAG = re.compile(rb"<[^\s/>]++(?:[^\"'>]++|\"[^\"]*+\"|'[^']*+')*+>")
_TAG_NAME = re.compile(rb"<[^\s/>]++")
_ATTRIBUTE = re.compile(rb"\s++[^\s=/>]++\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+')")
_UNWRITABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MAX_BYTES, _MAX_ELEMENTS, _MAX_DEPTH = 1 << 24, 100_000, 64

Name: TypeAlias = tuple[str, str]
"""Namespace and local name."""

Edit: TypeAlias = tuple[int, int, bytes]
"""Start and end of a part, and what stands there instead."""


class XmpError(ValueError):
    """A packet is damaged, or not of a kind that is changed."""


@dataclass(frozen=True)
class Attribute:
    """An attribute: where it lies with the space before it, and its value."""

    name: Name
    value: str
    start: int
    end: int


@dataclass(eq=False)
class Element:
    """An element: where it lies, and where its content does.

    Attributes:
        name: Its name.
        parent: The element around it.
        start: Offset of its first byte.
        inner: Offset of its content.
        close: Offset of its end tag; equal to `end` if it is one empty tag.
        end: Offset behind it.
        attributes: Without declarations of namespaces.
        prefixes: The namespaces that it declares, by prefix.
        children: The elements in it.
    """

    name: Name
    parent: Element | None
    start: int
    inner: int
    close: int = 0
    end: int = 0
    attributes: list[Attribute] = field(default_factory=list)
    prefixes: dict[str, str] = field(default_factory=dict)
    children: list[Element] = field(default_factory=list)

    def around(self) -> Iterator[Element]:
        """Yield the elements that it lies in, from the inside out, beginning with itself."""
        here: Element | None = self
        while here is not None:
            yield here
            here = here.parent

    def within(self) -> Iterator[Element]:
        """Yield the elements that lie in it, itself among them, in document order."""
        todo = [self]
        while todo:
            here = todo.pop()
            yield here
            todo += reversed(here.children)

    def namespace(self, prefix: str) -> str:
        """Return what a prefix stands for here; empty if it is not declared."""
        if prefix == "xml":
            return _XML
        return next((e.prefixes[prefix] for e in self.around() if prefix in e.prefixes), "")


def parse(packet: bytes) -> Element:
    """Return the rdf:RDF element of a packet.

    Raises:
        XmpError: It is no well-formed XML in UTF-8, has a document type, holds no rdf:RDF, or is
            larger than any that a person made.
    """
    if len(packet) > _MAX_BYTES:
        raise XmpError("too large to be changed")
    reader = _Reader(packet)
    try:
        reader.parser.Parse(packet.rstrip(b"\0"), True)
    except expat.ExpatError as error:
        raise XmpError(str(error)) from error
    if reader.rdf is None:
        raise XmpError("no rdf:RDF in it")
    return reader.rdf


class _Reader:
    """Builds the elements of a packet as expat comes upon them."""

    def __init__(self, packet: bytes) -> None:
        self.packet = packet
        self.rdf: Element | None = None
        self.here: Element | None = None
        self.count = self.depth = 0
        self.parser = expat.ParserCreate("utf-8")
        self.parser.ordered_attributes = True
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def _refuse(self, *_: object) -> None:
        raise XmpError("a document type in it")

    def _start(self, name: str, given: list[str]) -> None:
        self.count, self.depth = self.count + 1, self.depth + 1
        if self.count > _MAX_ELEMENTS or self.depth > _MAX_DEPTH:
            raise XmpError("too many elements")
        start = self.parser.CurrentByteIndex
        tag = _TAG.match(self.packet, start)
        head = _TAG_NAME.match(self.packet, start)
        if tag is None or head is None:
            raise XmpError("a tag that cannot be read")
        element = Element(("", ""), self.here, start, tag.end())
        found = []
        position = head.end()
        for i in range(0, len(given), 2):
            span = _ATTRIBUTE.match(self.packet, position)
            if span is None:
                raise XmpError("an attribute that cannot be read")
            position = span.end()
            prefix, colon, local = given[i].rpartition(":")
            if given[i] == "xmlns" or prefix == "xmlns":
                element.prefixes[local if colon else ""] = given[i + 1]
            else:
                found.append((prefix, local, given[i + 1], *span.span()))
        prefix, _, local = name.rpartition(":")
        element.name = element.namespace(prefix), local
        for prefix, local, value, first, last in found:
            full = (element.namespace(prefix) if prefix else "", local)
            element.attributes.append(Attribute(full, value, first, last))
        if self.here is not None:
            self.here.children.append(element)
        if self.rdf is None and element.name == (RDF, "RDF"):
            self.rdf = element
        self.here = element

    def _end(self, _: str) -> None:
        element = self.here
        assert element is not None
        if self.packet[element.inner - 2 : element.inner] == b"/>":
            element.close = element.end = element.inner
        else:
            element.close = self.parser.CurrentByteIndex
            element.end = self.packet.index(b">", element.close) + 1
        self.here, self.depth = element.parent, self.depth - 1


def properties(rdf: Element) -> Iterator[tuple[Name, Element | Attribute]]:
    """Yield the properties of a packet: name, and the element or the attribute."""
    for node in rdf.children:
        for attr in node.attributes:
            if attr.name[0] not in ("", RDF, _XML):
                yield attr.name, attr
        for child in node.children:
            yield child.name, child


def edited(packet: bytes, edits: Iterable[Edit]) -> bytes:
    """Return a packet with parts of it changed; of parts within each other, the outer counts."""
    parts = []
    position = 0
    for start, end, text in sorted(edits, key=lambda edit: (edit[0], -edit[1])):
        if start >= position:
            parts += [packet[position:start], text]
            position = end
    return b"".join([*parts, packet[position:]])


def without(packet: bytes, unwanted: Callable[[Name], bool]) -> bytes:
    """Return a packet without the elements and attributes of these names, however deep they lie.

    Raises:
        XmpError: It cannot be read.
    """
    edits = []
    for element in parse(packet).within():
        if unwanted(element.name):
            edits.append((element.start, element.end, b""))
        else:
            found = (a for a in element.attributes if unwanted(a.name))
            edits += [(attr.start, attr.end, b"") for attr in found]
    return edited(packet, edits)


def appended(packet: bytes, element: Element, content: bytes) -> Edit:
    """Return the change that puts content behind all that an element holds."""
    if element.close < element.end:
        return element.close, element.close, content
    head = _TAG_NAME.match(packet, element.start)
    assert head is not None
    return element.end - 2, element.end, b">" + content + b"</" + head.group()[1:] + b">"


def about(packet: bytes, rdf: Element) -> bytes:
    """Return the attribute that says of what the packet tells, which is the same throughout."""
    for node in rdf.children:
        for attr in node.attributes:
            if attr.name[1] == "about":
                value = packet[attr.start : attr.end].partition(b"=")[2].strip()
                return b"rdf:about=" + value
    return b'rdf:about=""'


def attribute(name: str, value: str) -> bytes:
    """Return an attribute with a space before it; what XML cannot hold becomes “?”."""
    quoted = escape(_UNWRITABLE.sub("?", value), {'"': "&quot;", "\n": "&#10;", "\t": "&#9;"})
    return f' {name}="{quoted}"'.encode()


def text_of(packet: bytes, element: Element) -> str:
    """Return the text of an element that holds nothing but text."""
    parts: list[str] = []
    parser = expat.ParserCreate("utf-8")
    parser.CharacterDataHandler = parts.append
    parser.Parse(b"<x>" + packet[element.inner : element.close] + b"</x>", True)
    return "".join(parts)


def empty_packet() -> bytes:
    """Return a packet without properties."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        f'<x:xmpmeta xmlns:x="{_META}">\n<rdf:RDF xmlns:rdf="{RDF}">\n</rdf:RDF>\n</x:xmpmeta>\n'
        '<?xpacket end="w"?>'
    ).encode()
