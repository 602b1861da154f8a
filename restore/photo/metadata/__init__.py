"""What travels with the pixels of a photo; each module beside this one keeps one part of it right.

`photoshop` and `png_text` know where containers put things; `xmp`, `extended_xmp` and `exif_edit`
change a block without disturbing the rest of it; `describing` makes metadata true of the picture,
`stripping` takes them away, `provenance` adds to them what was done, `fitting` leaves out what a
format cannot hold, and `preparing` is the order of all this when a file is written.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["COMMENT", "Metadata", "Text"]

COMMENT = "Comment"
"""The keyword of the text that a JPEG file holds without a keyword."""


@dataclass(frozen=True)
class Text:
    """A remark in plain text.

    Attributes:
        keyword: What it is, such as "Comment" or "Title".
        text: The remark; bytes that are no UTF-8 are surrogates, as `os.fsdecode` makes them.
        language: A tag such as "en-GB", or empty.
        translated: The keyword in that language, or empty.
    """

    keyword: str
    text: str
    language: str = ""
    translated: str = ""


@dataclass(frozen=True)
class Metadata:
    r"""All of it; the blocks byte for byte.

    Attributes:
        icc: ICC profile.
        exif: EXIF block in TIFF form (without the "Exif\0\0" prefix); its orientation is 1.
        xmp: XMP packet, whole: what a JPEG file stored apart (extended XMP) is part of it.
        photoshop: Photoshop image resources, one after the other; the IPTC data are one of them.
        texts: Comments and other remarks.
        colour_chunks: What a PNG file says of its colours beside a profile: type and data of the
            chunks cICP, mDCV, cLLI, sRGB, gAMA and cHRM.
        dpi: Resolution, horizontal and vertical.
    """

    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    photoshop: bytes | None = None
    texts: tuple[Text, ...] = ()
    colour_chunks: tuple[tuple[str, bytes], ...] = ()
    dpi: tuple[float, float] | None = None
