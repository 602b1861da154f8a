"""Pictures that lie one after another in one file, and which of them are held out."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import Any

import numpy as np

from restore.errors import ParameterError
from restore.training.data.decode import Pixels

__all__ = ["HELD_OUT_OF", "Pictures", "check_room", "is_held_out"]

HELD_OUT_OF = 40
"""One picture in so many is never trained on. It is fixed: figures of all models rest on it."""


def is_held_out(name: str) -> bool:
    """Return whether a picture is held out, by the CRC-32 of its file's own name.

    So pictures of one name are on one side, whichever folder or zip file they lie in.
    """
    return zlib.crc32(name.encode()) % HELD_OUT_OF == 0


@dataclass(frozen=True, eq=False)
class Pictures:
    """Some of a cache's pictures.

    Attributes:
        pixels: The whole cache, flat, read-only.
        names: The pictures' file names.
        shapes: Height and width, (N, 2) int64.
        offsets: Of each picture's first byte in `pixels`, (N,) int64.
        folders: Name of the folder that each lay in.
    """

    pixels: Pixels
    names: tuple[str, ...]
    shapes: np.ndarray[Any, np.dtype[np.int64]]
    offsets: np.ndarray[Any, np.dtype[np.int64]]
    folders: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, i: int) -> Pixels:
        """Return a picture, (H, W, 3), without copying it."""
        height, width = self.shapes[i].tolist()
        start = int(self.offsets[i])
        return self.pixels[start : start + 3 * height * width].reshape(height, width, 3)

    @property
    def areas(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Pixels of each picture, (N,)."""
        return self.shapes[:, 0] * self.shapes[:, 1]

    def select(self, keep: np.ndarray[Any, np.dtype[np.bool_]]) -> Pictures:
        """Return the pictures at which `keep`, (N,), is true."""
        names = tuple(compress(self.names, keep))
        folders = tuple(compress(self.folders, keep))
        shapes, offsets = self.shapes[keep], self.offsets[keep]
        return replace(self, names=names, folders=folders, shapes=shapes, offsets=offsets)


def check_room(
    names: Sequence[str], shapes: np.ndarray[Any, np.dtype[np.int64]], crop: int
) -> None:
    """Refuse crops for which none of some pictures, one at least, is large enough.

    Args:
        names: The pictures' file names.
        shapes: Height and width, (N, 2).
        crop: Side of the crops in pixels.

    Raises:
        ParameterError: There is no picture of that size.
    """
    sides = shapes.min(axis=1)
    if sides.max() < crop:
        largest = int(sides.argmax())
        height, width = shapes[largest]
        raise ParameterError(
            f"No picture is large enough for crops of {crop} pixels; the largest, "
            f"{names[largest]}, has {width}×{height}.",
            f"Take crops of {min(height, width)} at most, or larger photos.",
        )
