"""What a measurement is: y = A x + n with a linear A, Gaussian n and a known pseudo-inverse.

x and y are (B, C, H, W) in [-1, 1]; A acts on every picture and channel alike. An operator works
in the library, dtype and device of what it is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from array_api_compat import device

from restore.diffusion.arrays import Array, namespace

__all__ = ["Identity", "LinearOperator", "Mask", "expect_size"]


class LinearOperator(Protocol):
    """A linear map from pictures to measurements."""

    @property
    def size_x(self) -> tuple[int, int]:
        """(H, W) of the picture."""
        ...

    @property
    def size_y(self) -> tuple[int, int]:
        """(H, W) of the measurement."""
        ...

    @property
    def measured(self) -> float:
        """The fraction of y's values that measure anything: 1, unless A is a mask."""
        ...

    def __call__(self, x: Array) -> Array:
        """Return A x."""
        ...

    def adjoint(self, y: Array) -> Array:
        """Return Aᵀ y."""
        ...

    def pinv(self, y: Array, ridge: float = 0.0) -> Array:
        """Return Aᵀ (A Aᵀ + ridge·I)⁻¹ y, which is the pseudo-inverse A⁺ y for ridge = 0."""
        ...


def expect_size(x: Array, size: tuple[int, int]) -> None:
    """Refuse anything that is not (B, C, *size).

    Raises:
        ValueError: With both shapes.
    """
    if x.ndim != 4 or tuple(x.shape[2:]) != size:
        raise ValueError(f"expected (B, C, {size[0]}, {size[1]}), got {tuple(x.shape)}")


@dataclass(frozen=True)
class Identity:
    """A = I: the picture itself, with noise.

    Attributes:
        size_x: (H, W).
    """

    size_x: tuple[int, int]
    measured = 1.0

    @property
    def size_y(self) -> tuple[int, int]:
        """(H, W) of the measurement."""
        return self.size_x

    def __call__(self, x: Array) -> Array:
        """Return x."""
        expect_size(x, self.size_x)
        return x

    adjoint = __call__

    def pinv(self, y: Array, ridge: float = 0.0) -> Array:
        """Return y/(1 + ridge)."""
        expect_size(y, self.size_x)
        return y / (1 + ridge) if ridge else y


@dataclass(frozen=True, eq=False)
class Mask:
    """A = diag(keep): some pixels are known, the others are 0 in y and may be anything in x.

    Attributes:
        keep: (1, 1, H, W), true or non-zero where a pixel is known; of numpy, or of the library
            of the pictures.
    """

    keep: Array

    @property
    def size_x(self) -> tuple[int, int]:
        """(H, W) of the picture."""
        return self.keep.shape[2], self.keep.shape[3]

    @property
    def size_y(self) -> tuple[int, int]:
        """(H, W) of the measurement."""
        return self.size_x

    @property
    def measured(self) -> float:
        """The fraction of pixels that are known."""
        xp = namespace(self.keep)
        return float(xp.mean(xp.astype(self.keep != 0, xp.float64)))

    def __call__(self, x: Array) -> Array:
        """Return x where it is known and 0 elsewhere, whatever x holds there."""
        expect_size(x, self.size_x)
        xp = namespace(x)
        return xp.where(xp.asarray(self.keep != 0, device=device(x)), x, 0.0)

    adjoint = __call__

    def pinv(self, y: Array, ridge: float = 0.0) -> Array:
        """Return y/(1 + ridge) where it is known and 0 elsewhere."""
        return self(y) / (1 + ridge) if ridge else self(y)
