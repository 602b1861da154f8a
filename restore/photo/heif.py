"""The container of AVIF and HEIC: items, their properties and where they lie (ISO/IEC 23008-12).

Only what is needed to know a still picture before it is decoded, and what travels with it.
"""

from __future__ import annotations

import logging
import struct
from dataclasses import dataclass, field

from restore.photo.isobmff import Box, boxes, unsigned

__all__ = ["Items", "Still", "brands", "read_items", "read_still"]

log = logging.getLogger("restore")

RDF = b"application/rdf+xml"
_MAX_ITEMS = 1 << 14
_TURNS: dict[tuple[int, int | None], int] = {
    **{(0, None): 1, (1, None): 8, (2, None): 3, (3, None): 6},
    **{(0, 0): 4, (0, 1): 2, (1, 0): 5, (1, 1): 7, (2, 0): 2, (2, 1): 4, (3, 0): 7, (3, 1): 5},
}
"""EXIF orientation of quarter turns to the left, then mirroring (0 top to bottom, 1 sideways)."""


@dataclass(frozen=True)
class Items:
    """The tables of a `meta` box.

    Attributes:
        primary: The item that is the picture.
        kinds: Type of each item, with the content type behind it for "mime".
        places: Of each item, whether its extents lie in `idat`, and their offsets and lengths.
        properties: The boxes of all properties.
        owned: Of each item, the indices of its properties in that list.
        references: (type, from, to) of all links between items.
        idat: Where data within the box begin; 0 if there are none.
    """

    primary: int = 0
    kinds: dict[int, bytes] = field(default_factory=dict)
    places: dict[int, tuple[bool, list[tuple[int, int]]]] = field(default_factory=dict)
    properties: list[Box] = field(default_factory=list)
    owned: dict[int, list[int]] = field(default_factory=dict)
    references: list[tuple[bytes, int, list[int]]] = field(default_factory=list)
    idat: int = 0

    def data(self, file: bytes, item: int) -> bytes:
        """Return an item's bytes.

        Raises:
            EOFError: They do not lie in the file.
        """
        inside, extents = self.places.get(item, (False, []))
        base = self.idat if inside else 0
        parts = [file[base + at : base + at + size] for at, size in extents]
        if sum(map(len, parts)) != sum(size for _, size in extents):
            raise EOFError("the file ends within an item")
        return b"".join(parts)


@dataclass(frozen=True)
class Still:
    """What a file says of its picture.

    Attributes:
        width: As stored, not yet upright.
        height: The same.
        bits: Of its deepest channel; 8 if it does not say.
        channels: Without alpha: 1 or 3; 3 if it does not say.
        orientation: As in EXIF, from the container's own turns, which alone count.
        cropped: Whether only a part of it is to be shown.
        cicp: Primaries, transfer and matrix (ITU-T H.273); None if it does not say.
        icc: Profile.
        exif: EXIF block in TIFF form.
        xmp: XMP packet.
    """

    width: int = 0
    height: int = 0
    bits: int = 8
    channels: int = 3
    orientation: int = 1
    cropped: bool = False
    cicp: tuple[int, int, int] | None = None
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None


def brands(head: bytes) -> tuple[bytes, ...]:
    """Return the major and the compatible brands of a file that begins with these bytes."""
    if head[4:8] != b"ftyp":
        return ()
    end = min(int.from_bytes(head[:4], "big"), len(head))
    return (head[8:12], *(head[i : i + 4] for i in range(16, end - 3, 4)))


def read_items(data: bytes) -> Items:
    """Read the tables of the file's `meta` box.

    Raises:
        EOFError: One is cut short.
        ValueError: There is none, or it is of no known version.
    """
    meta = next((box for box in boxes(data) if box.type == b"meta"), None)
    if meta is None:
        raise ValueError("it has no meta box")
    found = {box.type: box for box in boxes(data, meta.content + 4, meta.end)}
    if not {b"pitm", b"iloc", b"iinf", b"iprp"} <= found.keys():
        raise ValueError("its meta box is incomplete")
    pitm = found[b"pitm"].of(data)
    properties: list[Box] = []
    owned: dict[int, list[int]] = {}
    for box in boxes(data, found[b"iprp"].content, found[b"iprp"].end):
        if box.type == b"ipco":
            properties += boxes(data, box.content, box.end)
        elif box.type == b"ipma":
            owned |= _associations(box.of(data))
    return Items(
        primary=unsigned(pitm, 4, 4 if pitm[0] else 2),
        kinds=_kinds(data, found[b"iinf"]),
        places=_places(found[b"iloc"].of(data)),
        properties=properties,
        owned=owned,
        references=_references(data, found[b"iref"]) if b"iref" in found else [],
        idat=found[b"idat"].content if b"idat" in found else 0,
    )


def read_still(data: bytes) -> Still:
    """Read what a file says of its primary picture.

    Metadata that are damaged are left out with a warning.

    Raises:
        EOFError: The file is cut short.
        ValueError: Its tables make no sense.
    """
    items = read_items(data)
    own = [items.properties[i] for i in items.owned.get(items.primary, []) if i >= 0]
    told: dict[str, object] = {}
    turn, mirror = 0, None
    for box in own:
        content = box.of(data)
        if box.type == b"ispe":
            told["width"], told["height"] = struct.unpack_from(">II", content, 4)
        elif box.type == b"pixi":
            told["channels"], told["bits"] = content[4], max(content[5 : 5 + content[4]])
        elif box.type == b"irot":
            turn = content[0] & 3
        elif box.type == b"imir":
            mirror = content[0] & 1
        elif box.type == b"clap":
            told["cropped"] = True
        elif box.type == b"colr" and content[:4] == b"nclx":
            told["cicp"] = struct.unpack_from(">HHH", content, 4)
        elif box.type == b"colr" and content[:4] in (b"prof", b"rICC"):
            told["icc"] = content[4:]
    told["orientation"] = _TURNS[turn, mirror]
    for item in _describing(items):
        try:
            _describe(told, items.kinds[item], items.data(data, item))
        except (EOFError, struct.error) as error:
            log.warning("Metadata of the file are damaged (%s) and are left out.", error)
    return Still(**told)  # type: ignore[arg-type]


def _describing(items: Items) -> list[int]:
    """Return the items that describe the primary one, or nothing in particular."""
    about = {item: to for kind, item, to in items.references if kind == b"cdsc"}
    return [item for item in items.kinds if items.primary in about.get(item, [items.primary])]


def _describe(told: dict[str, object], kind: bytes, content: bytes) -> None:
    if kind == b"Exif":
        (skip,) = struct.unpack_from(">I", content)
        told["exif"] = content[4 + skip :] or None
    elif kind == b"mime" + RDF:
        told["xmp"] = content or None


def _kinds(data: bytes, box: Box) -> dict[int, bytes]:
    content = box.content + (8 if data[box.content] else 6)
    kinds = {}
    for entry in boxes(data, content, box.end):
        told = entry.of(data)
        if entry.type != b"infe" or told[0] not in (2, 3):
            continue
        wide = 4 if told[0] == 3 else 2
        at = 4 + wide + 2
        kind = told[at : at + 4]
        if kind == b"mime":
            kind += [*told[at + 4 :].split(b"\0"), b""][1]
        kinds[unsigned(told, 4, wide)] = kind
    return kinds


def _places(told: bytes) -> dict[int, tuple[bool, list[tuple[int, int]]]]:
    version = told[0]
    sizes = unsigned(told, 4, 2)
    offset, length, base = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index = sizes & 15 if version else 0
    wide = 4 if version == 2 else 2
    count, position = unsigned(told, 6, wide), 6 + wide
    places = {}
    for _ in range(min(count, _MAX_ITEMS)):
        item = unsigned(told, position, wide)
        position += wide
        method = 0
        if version:
            method = unsigned(told, position, 2) & 15
            position += 2
        start = unsigned(told, position + 2, base)
        position += 2 + base
        number = unsigned(told, position, 2)
        position += 2
        extents = []
        for _ in range(number):
            position += index
            at = start + unsigned(told, position, offset)
            extents.append((at, unsigned(told, position + offset, length)))
            position += offset + length
        if method < 2:
            places[item] = (method == 1, extents)
    return places


def _associations(told: bytes) -> dict[int, list[int]]:
    wide = 4 if told[0] else 2
    size = 2 if told[3] & 1 else 1
    owned = {}
    position = 8
    for _ in range(min(unsigned(told, 4, 4), _MAX_ITEMS)):
        item, number = unsigned(told, position, wide), unsigned(told, position + wide, 1)
        position += wide + 1
        mask = 0x7FFF if size == 2 else 0x7F
        indices = [(unsigned(told, position + i * size, size) & mask) - 1 for i in range(number)]
        owned[item] = indices
        position += number * size
    return owned


def _references(data: bytes, box: Box) -> list[tuple[bytes, int, list[int]]]:
    wide = 4 if data[box.content] else 2
    found = []
    for entry in boxes(data, box.content + 4, box.end):
        told = entry.of(data)
        number = unsigned(told, wide, 2)
        to = [unsigned(told, wide + 2 + i * wide, wide) for i in range(number)]
        found.append((entry.type, unsigned(told, 0, wide), to))
    return found
