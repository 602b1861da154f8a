"""Photos: reading, carrying and writing them."""

from restore.photo.photo import Metadata, Photo, Pixels, Source

__all__ = ["Metadata", "Photo", "Pixels", "Source"]
