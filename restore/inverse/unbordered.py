"""A blurred photo of a scene that goes on beyond it, so that nothing is assumed at the borders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from restore.inverse.blur import Blur
from restore.inverse.composition import Composition
from restore.inverse.crop import Crop

__all__ = ["Unbordered"]


@dataclass(frozen=True, eq=False)
class Unbordered(Composition):
    """A = C B: a periodic blur B of a scene larger than the photo, cut to the photo (C).

    Attributes:
        outer: C, which leaves no pixel to which the blur brings one from around the other border.
        inner: B.
    """

    outer: Crop
    inner: Blur

    @classmethod
    def of(
        cls,
        kernel: np.ndarray[Any, Any],
        size_y: tuple[int, int],
        *,
        multiple: int = 1,
        tolerance: float | None = None,
    ) -> Unbordered:
        """Return the blur for a photo.

        Args:
            kernel: See `Blur`.
            size_y: (H, W) of the photo.
            multiple: The scene's sides are multiples of it, and at least those of photo and
                kernel together, less 1.
            tolerance: See `Composition`.
        """
        reach = zip(size_y, kernel.shape, strict=True)
        height, width = (-(-(side + k - 1) // multiple) * multiple for side, k in reach)
        kh, kw = kernel.shape
        photo = Crop((height, width), size_y, ((kh - 1) // 2, (kw - 1) // 2))
        return cls(photo, Blur(kernel, (height, width)), tolerance=tolerance)

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns of the scene where the photo lies."""
        return self.outer.window
