"""A window of a larger scene: what lies around it is not measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from restore.diffusion.arrays import Array, namespace
from restore.errors import ParameterError
from restore.inverse.operators import Linear, Matrix
from restore.inverse.spectrum import Spectrum

__all__ = ["Crop"]


@dataclass(frozen=True)
class Crop(Linear):
    """y is a rectangle of x.

    Attributes:
        size_x: (H, W) of the scene.
        size_y: (H, W) of the rectangle.
        origin: (row, column) of its first pixel.

    Raises:
        ParameterError: The rectangle is empty or not within the scene.
    """

    size_x: tuple[int, int]
    size_y: tuple[int, int]
    origin: tuple[int, int] = (0, 0)
    measured = 1.0

    def __post_init__(self) -> None:
        for whole, part, first in zip(self.size_x, self.size_y, self.origin, strict=True):
            if not (first >= 0 and 1 <= part <= whole - first):
                raise ParameterError(
                    f"{self.size_y} from {self.origin} is no window of {self.size_x} pixels.",
                    "Give a window of 1 or more pixels within the picture.",
                )

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns of the rectangle."""
        (h, w), (top, left) = self.size_y, self.origin
        return slice(top, top + h), slice(left, left + w)

    def __call__(self, x: Array) -> Array:
        """Return the rectangle."""
        self.expect_x(x)
        return x[(..., *self.window)]

    def adjoint(self, y: Array) -> Array:
        """Return y with zeros around it."""
        self.expect_y(y)
        xp = namespace(y)
        for axis, (whole, first) in enumerate(zip(self.size_x, self.origin, strict=True), 2):
            parts = []
            for missing in (first, whole - first - y.shape[axis]):
                shape = (*y.shape[:axis], missing, *y.shape[axis + 1 :])
                parts.append(xp.zeros(shape, dtype=y.dtype, device=y.device))
            y = xp.concat([parts[0], y, parts[1]], axis=axis)
        return y

    def pinv(self, y: Array, ridge: float = 0.0) -> Array:
        """Return y/(1 + ridge) with zeros around it."""
        return self.adjoint(y) / (1 + ridge) if ridge else self.adjoint(y)

    def axes(self) -> tuple[Matrix, Matrix]:
        """Return the rows of I that stay, of each axis."""
        sides = zip(self.size_x, self.size_y, self.origin, strict=True)
        rows, columns = (np.eye(n)[first : first + part] for n, part, first in sides)
        return rows, columns

    def spectrum(self) -> Spectrum:
        """A pixel of the window is measured with s = 1, the others with 0."""
        inside = self.adjoint(np.ones((1, 1, *self.size_y)))
        return Spectrum(inside, lambda x: x, lambda z: z, self.adjoint)
