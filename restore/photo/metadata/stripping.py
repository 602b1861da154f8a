"""Taking metadata away: all that tells of more than the picture, or all that tells of a place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, TypeAlias, get_args

from restore.errors import ParameterError
from restore.photo.metadata import Metadata
from restore.photo.metadata.exif_edit import without_gps
from restore.photo.metadata.photoshop import iptc_of, with_iptc, without_datasets
from restore.photo.metadata.xmp import Name, without

__all__ = ["Strip", "stripped"]

Strip: TypeAlias = Literal["nothing", "gps", "metadata"]
"""What is taken away."""

_EXIF, _PHOTOSHOP = "http://ns.adobe.com/exif/1.0/", "http://ns.adobe.com/photoshop/1.0/"
_IPTC_CORE = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
_IPTC_EXTENSION = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_PLACES: frozenset[Name] = frozenset(
    {
        (_PHOTOSHOP, "City"),
        (_PHOTOSHOP, "State"),
        (_PHOTOSHOP, "Country"),
        (_IPTC_CORE, "Location"),
        (_IPTC_CORE, "CountryCode"),
        (_IPTC_EXTENSION, "LocationCreated"),
        (_IPTC_EXTENSION, "LocationShown"),
    }
)
_IPTC_PLACES = frozenset({26, 27, 90, 92, 95, 100, 101})
"""Content location, city, sublocation, province and country, of record 2 (IPTC-IIM, chapter 6)."""


def stripped(metadata: Metadata, what: Strip, tell: Callable[[str], None]) -> Metadata:
    """Return metadata without a part of them.

    "gps" takes away where the photo was taken: the GPS directory, what XMP says of it, and the
    names of places in XMP and IPTC, which many programs fill in from the coordinates. A part that
    cannot be read is taken away whole. Captions, keywords and maker notes stay.

    "metadata" takes away everything that is not needed to show the picture as it is: what stays
    is the ICC profile and a PNG's own colour tags.

    Args:
        metadata: The metadata.
        what: "nothing", "gps" or "metadata".
        tell: Is told what could not be read.

    Raises:
        ParameterError: `what` is something else.
    """
    if what not in get_args(Strip):
        known = ", ".join(f'"{one}"' for one in get_args(Strip))
        raise ParameterError(f"“{what}” cannot be stripped.", f"Use one of {known}.")
    if what == "metadata":
        return Metadata(icc=metadata.icc, colour_chunks=metadata.colour_chunks)
    if what == "nothing":
        return metadata

    def part(
        name: str, block: bytes | None, change: Callable[[bytes], bytes | None]
    ) -> bytes | None:
        try:
            return block and change(block)
        except Exception as error:
            tell(f"The {name} cannot be searched for places ({error}) and is left out.")
            return None

    return replace(
        metadata,
        exif=part("EXIF block", metadata.exif, without_gps),
        xmp=part("XMP packet", metadata.xmp, lambda packet: without(packet, _tells_of_place)),
        photoshop=part("IPTC data", metadata.photoshop, _without_places),
    )


def _tells_of_place(name: Name) -> bool:
    return name in _PLACES or (name[0] == _EXIF and name[1].startswith("GPS"))


def _without_places(block: bytes) -> bytes | None:
    iptc = iptc_of(block)
    if iptc is None:
        return block
    left = without_datasets(iptc, lambda record, number: record == 2 and number in _IPTC_PLACES)
    return block if left == iptc else with_iptc(block, left)
