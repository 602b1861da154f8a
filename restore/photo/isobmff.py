"""The boxes that AVIF, HEIC, JPEG XL and JPEG 2000 files are made of (ISO/IEC 14496-12, 4.2)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Box", "boxes", "pack_box", "unsigned"]


@dataclass(frozen=True)
class Box:
    """A box: its four-letter type, and where it and its content lie in the file."""

    type: bytes
    start: int
    content: int
    end: int

    def of(self, data: bytes) -> bytes:
        """Return the content."""
        return data[self.content : self.end]


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """Yield the boxes that lie one after the other between two positions.

    Raises:
        EOFError: One does not lie there whole.
    """
    end = len(data) if end is None else end
    while start < end:
        if start + 8 > end:
            raise EOFError("the file ends within a box")
        size, kind = struct.unpack_from(">I4s", data, start)
        content = start + 8
        if size == 1 and start + 16 <= end:
            (size,) = struct.unpack_from(">Q", data, content)
            content += 8
        elif size == 0:
            size = end - start
        if size < content - start or start + size > end:
            raise EOFError("the file ends within a box")
        yield Box(kind, start, content, start + size)
        start += size


def pack_box(kind: bytes, content: bytes, *, version: int | None = None, flags: int = 0) -> bytes:
    """Write a box; with a version it is a full box."""
    if version is not None:
        content = struct.pack(">I", version << 24 | flags) + content
    if len(content) + 8 < 2**32:
        return struct.pack(">I4s", len(content) + 8, kind) + content
    return struct.pack(">I4sQ", 1, kind, len(content) + 16) + content


def unsigned(data: bytes, position: int, size: int) -> int:
    """Return an integer of `size` bytes, which may be none.

    Raises:
        EOFError: The data end before it.
    """
    if position + size > len(data):
        raise EOFError("the file ends within a box")
    return int.from_bytes(data[position : position + size], "big")
