"""All formats that are known without plugins, and how a file or a name finds its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from restore.photo.formats import (
    Format,
    avif,
    bmp,
    exr,
    heic,
    jp2,
    jpeg,
    jxl,
    pfm,
    png,
    pnm,
    tiff,
    webp,
)

__all__ = ["FORMATS", "by_name", "by_suffix", "listed", "of_file", "suffix_of_result", "suffixes"]

FORMATS: tuple[Format, ...] = (
    jpeg.FORMAT,
    png.FORMAT,
    tiff.FORMAT,
    webp.FORMAT,
    avif.FORMAT,
    jxl.FORMAT,
    jp2.FORMAT,
    bmp.FORMAT,
    pnm.FORMAT,
    pfm.FORMAT,
    heic.FORMAT,
    exr.FORMAT,
)

_HEAD = 4096
_ALIASES = {
    "JPG": "JPEG",
    "TIF": "TIFF",
    "JXL": "JPEG XL",
    "JP2": "JPEG 2000",
    "PPM": "PNM",
    "EXR": "OpenEXR",
}


def suffixes(formats: Sequence[Format] = FORMATS, *, written: bool = False) -> tuple[str, ...]:
    """Return the endings of all formats, or of those that can be written."""
    return tuple(s for f in formats if f.encode or not written for s in f.suffixes)


def of_file(head: bytes, formats: Sequence[Format] = FORMATS) -> Format | None:
    """Return the format of a file that begins with these bytes."""
    return next((f for f in formats if f.recognises(head[:_HEAD])), None)


def by_name(name: str, formats: Sequence[Format] = FORMATS) -> Format | None:
    """Return the format of this name, in whatever case, or None."""
    upper = name.upper()
    return next((f for f in formats if f.name.upper() in (upper, _ALIASES.get(upper))), None)


def by_suffix(suffix: str, formats: Sequence[Format] = FORMATS) -> Format | None:
    """Return the format that an ending stands for, or None."""
    return next((f for f in formats if suffix.lower() in f.suffixes), None)


def suffix_of_result(suffix: str, formats: Sequence[Format] = FORMATS) -> str:
    """Return the ending of a result: that of its photo, if such a file can be written.

    Otherwise, as for camera raw, it is a TIFF, which keeps all that there was.
    """
    kind = by_suffix(suffix, formats)
    return ".tif" if kind is not None and kind.encode is None else suffix


def listed(names: Iterable[str]) -> str:
    """Return "a, b or c"."""
    *rest, last = names
    return f"{', '.join(rest)} or {last}" if rest else last
