"""Photos: reading, carrying and writing them."""

from restore.photo.fitting import Depth
from restore.photo.formats import Format
from restore.photo.formats.registry import FORMATS, suffixes
from restore.photo.metadata import Metadata, Text
from restore.photo.opening import open_strips
from restore.photo.photo import Photo, Pixels
from restore.photo.previews import preview
from restore.photo.reading import MAX_PIXELS, read
from restore.photo.source import Source
from restore.photo.strips import Strips, StripsReader
from restore.photo.writing import write, write_strips

__all__ = [
    "FORMATS",
    "MAX_PIXELS",
    "Depth",
    "Format",
    "Metadata",
    "Photo",
    "Pixels",
    "Source",
    "Strips",
    "StripsReader",
    "Text",
    "open_strips",
    "preview",
    "read",
    "suffixes",
    "write",
    "write_strips",
]
