"""Which photos are too large to be held whole."""

from __future__ import annotations

from pathlib import Path

from restore.engine.memory import LARGE, WORKING, free_memory
from restore.errors import MemoryLimitError
from restore.photo import MAX_PIXELS
from restore.photo.foresight import measure
from restore.photo.room import gigabytes

__all__ = ["is_large", "refuse_too_large"]


def is_large(path: Path) -> bool:
    """Whether a file says that it holds a large photo."""
    return _pixels(path) > LARGE


def refuse_too_large(path: Path, scale: int, *, strips: bool) -> None:
    """Refuse a large photo that this machine's memory cannot hold whole.

    Args:
        path: Its file.
        scale: How many times wider and higher the result is.
        strips: Whether the action can work strip by strip with other parameters.

    Raises:
        MemoryLimitError: There is not enough memory; nothing has been read yet.
    """
    stored = _pixels(path)
    pixels = stored * scale**2
    needed = pixels * WORKING
    if pixels <= LARGE or stored > MAX_PIXELS or needed <= (free := free_memory()):
        return
    hint = "Crop it, or close other programs."
    if strips:
        hint = "With --steps 1 and without --defects it is restored strip by strip."
    raise MemoryLimitError(
        f"{path} is too large to be worked on whole: that takes about {gigabytes(needed)} "
        f"of memory, and {gigabytes(free)} are free.",
        hint,
    )


def _pixels(path: Path) -> int:
    header = measure(path)
    return header.size[0] * header.size[1] if header else 0
