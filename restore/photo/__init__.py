"""Photos: reading, carrying and writing them."""

from restore.photo.fitting import Depth
from restore.photo.formats import Format
from restore.photo.formats.registry import FORMATS, suffixes
from restore.photo.metadata import Metadata
from restore.photo.photo import Photo, Pixels, Source
from restore.photo.reading import MAX_PIXELS, read
from restore.photo.writing import write

__all__ = [
    "FORMATS",
    "MAX_PIXELS",
    "Depth",
    "Format",
    "Metadata",
    "Photo",
    "Pixels",
    "Source",
    "read",
    "suffixes",
    "write",
]
