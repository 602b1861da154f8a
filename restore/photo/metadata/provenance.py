"""What was done to a photo, told within its XMP packet.

XMP has a place for it, the list xmpMM:History of resource events (XMP specification, part 2,
section 1.2.4), which editors show. An entry has the standard's fields, the parameters as JSON among
them, and in a namespace of our own what they cannot hold: the name of the action, the model and the
hash of its weights.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from restore.photo.metadata.xmp import (
    RDF,
    Element,
    XmpError,
    about,
    appended,
    attribute,
    edited,
    empty_packet,
    parse,
    properties,
    text_of,
)

__all__ = ["NAMESPACE", "Event", "events", "recorded"]

NAMESPACE = "urn:x-restore:provenance#"
_MEDIA = "http://ns.adobe.com/xap/1.0/mm/"
_EVENT = "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"
_LISTS = ((RDF, "Seq"), (RDF, "Bag"), (RDF, "Alt"))


@dataclass(frozen=True)
class Event:
    """Something that was done to a photo.

    Attributes:
        action: Name of the action.
        parameters: Its parameters, as JSON values.
        model: Name of the model; empty if none was used.
        model_sha256: Hash of its weights.
        software: Program and version, such as "restore 0.1.0".
        when: Date and time (ISO 8601).
    """

    action: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    model: str = ""
    model_sha256: str = ""
    software: str = ""
    when: str = ""


def recorded(packet: bytes | None, event: Event) -> bytes:
    """Return a packet with one more event in its history; everything else in it stays.

    Args:
        packet: None begins a new one.
        event: What was done.

    Raises:
        XmpError: The packet is damaged, or its history is no list.
    """
    if not packet or not packet.strip(b"\0 \r\n\t"):
        packet = empty_packet()
    rdf = parse(packet)
    history = next((found for name, found in properties(rdf) if name == (_MEDIA, "History")), None)
    if history is None:
        names = attribute("xmlns:rdf", RDF) + attribute("xmlns:xmpMM", _MEDIA)
        content = b"".join(
            [
                b"<rdf:Description " + about(packet, rdf) + names,
                b">\n<xmpMM:History>\n<rdf:Seq>\n",
                _entry(event),
                b"</rdf:Seq>\n</xmpMM:History>\n</rdf:Description>\n",
            ]
        )
        return edited(packet, [appended(packet, rdf, content)])
    within = history.children if isinstance(history, Element) else []
    lists = [element for element in within if element.name in _LISTS]
    if not lists:
        raise XmpError("its history is no list")
    return edited(packet, [appended(packet, lists[0], _entry(event))])


def _entry(event: Event) -> bytes:
    given = json.dumps(dict(event.parameters), sort_keys=True, default=str)
    fields = {
        "xmlns:rdf": RDF,
        "xmlns:stEvt": _EVENT,
        "xmlns:restore": NAMESPACE,
        "stEvt:action": "edited",
        "stEvt:when": event.when,
        "stEvt:softwareAgent": event.software,
        "stEvt:parameters": given,
        "restore:operation": event.action,
        "restore:model": event.model,
        "restore:modelSHA256": event.model_sha256,
    }
    parts = [attribute(name, value) for name, value in fields.items() if value]
    return b"<rdf:li" + b"".join(parts) + b"/>\n"


def events(packet: bytes | None) -> tuple[Event, ...]:
    """Return what this toolkit did, as a packet tells it, the first first.

    Raises:
        XmpError: The packet is damaged.
    """
    if not packet:
        return ()
    entries = [
        _values(packet, entry)
        for name, found in properties(parse(packet))
        if name == (_MEDIA, "History") and isinstance(found, Element)
        for container in found.children
        for entry in container.children
    ]
    return tuple(_event(values) for values in entries if (NAMESPACE, "operation") in values)


def _values(packet: bytes, entry: Element) -> dict[tuple[str, str], str]:
    """Return the fields of an entry, whether they are written as attributes or as elements."""
    values: dict[tuple[str, str], str] = {}
    for element in entry.within():
        values |= {attr.name: attr.value for attr in element.attributes}
        if not element.children:
            values[element.name] = text_of(packet, element)
    return values


def _event(values: Mapping[tuple[str, str], str]) -> Event:
    try:
        parameters = json.loads(values.get((_EVENT, "parameters"), "{}"))
    except ValueError:
        parameters = {}
    return Event(
        action=values[NAMESPACE, "operation"],
        parameters=parameters if isinstance(parameters, dict) else {},
        model=values.get((NAMESPACE, "model"), ""),
        model_sha256=values.get((NAMESPACE, "modelSHA256"), ""),
        software=values.get((_EVENT, "softwareAgent"), ""),
        when=values.get((_EVENT, "when"), ""),
    )
