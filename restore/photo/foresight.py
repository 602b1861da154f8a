"""How large a result can become, told before the photo is read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from restore.photo.fitting import Depth
from restore.photo.formats import Format, Header
from restore.photo.formats.registry import FORMATS, by_suffix, of_file

__all__ = ["bytes_of_result", "measure"]

_UNKNOWN = 10
"""How many times as long as the file its picture is taken to be, where no header tells."""
_BYTES = {8: 1, 16: 2, "float": 4}
_LOSSY = 4
"""A lossy file has at most a byte in so many: at quality 95 it is one in eight or so."""


def measure(path: Path, formats: Sequence[Format] = FORMATS) -> Header | None:
    """Return what a file's header says; None if it says nothing, or is damaged."""
    try:
        with path.open("rb") as file:
            kind = of_file(file.read(4096), formats)
            if kind is None or kind.header is None:
                return None
            file.seek(0)
            return kind.header(file)
    except Exception:
        # Whatever is wrong with the file is told when it is read.
        return None


def bytes_of_result(
    path: Path,
    target: Path,
    *,
    scale: int = 1,
    quality: int | None = None,
    depth: Depth | None = None,
    formats: Sequence[Format] = FORMATS,
) -> int:
    """Return how long a result can become: its pixels as they are, and the photo's metadata.

    Of a lossy result a quarter of the pixels is taken, about twice what quality 95 needs.

    Args:
        path: The photo.
        target: The result's file, whose format its ending tells.
        scale: How many times wider and higher the result is.
        quality: What is asked for, if anything.
        depth: The same.
        formats: To choose from.
    """
    stored = path.stat().st_size if path.exists() else 0
    header = measure(path, formats)
    if header is None:
        return stored * _UNKNOWN * scale**2
    written = by_suffix(target.suffix, formats)
    finest = np.dtype(written.types[-1] if written else np.uint8)
    wanted = _BYTES[depth] if depth is not None else np.dtype(header.type).itemsize
    each = header.channels * min(wanted, finest.itemsize)
    pixels = header.size[0] * header.size[1] * scale**2 * each
    if written is not None and written.lossy and (quality is not None or not written.alpha):
        pixels //= _LOSSY
    metadata = min(stored, 1 << 20)
    return pixels + metadata
