"""Photos: reading, carrying and writing them."""

from restore.photo.photo import Metadata, Photo, Pixels, Source
from restore.photo.reading import MAX_PIXELS, read
from restore.photo.writing import SUFFIXES, write

__all__ = ["MAX_PIXELS", "SUFFIXES", "Metadata", "Photo", "Pixels", "Source", "read", "write"]
