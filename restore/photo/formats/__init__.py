"""A module a file format: `decode` bytes into pixels and metadata, `encode` a photo into bytes."""

from __future__ import annotations

from dataclasses import dataclass, field

from restore.photo.photo import Metadata, Pixels, Source

__all__ = ["TRUNCATED", "Decoded", "RefusedError", "check_size"]

TRUNCATED = "It was cut short or damaged on the way; copy it again from where it came from."


class RefusedError(Exception):
    """A file cannot be read; the reader adds its name.

    Args:
        message: What is wrong with it, to follow the file's name.
        hint: What to do next.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True)
class Decoded:
    """A file as it is stored: not yet upright.

    Attributes:
        samples: (H, W, 1 to 4): gray or RGB, then alpha if there are 2 or 4.
        metadata: As in the file.
        source: Format and compression.
        orientation: What the container says by itself; None leaves it to the EXIF block.
    """

    samples: Pixels
    metadata: Metadata = field(default_factory=Metadata)
    source: Source = field(default_factory=Source)
    orientation: int | None = None


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Refuse a picture that is empty or too large, before memory is taken for it.

    Raises:
        RefusedError: It is.
    """
    if width < 1 or height < 1:
        raise RefusedError(f"claims to be {width}×{height} pixels.", TRUNCATED)
    if width * height > max_pixels:
        raise RefusedError(
            f"claims to be {width}×{height} pixels; the limit is {max_pixels / 1e6:g} million.",
            "If the file is genuine, raise max_pixels.",
        )
