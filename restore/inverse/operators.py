"""What a measurement is: y = A(x) + n with Gaussian n.

x and y are (B, C, H, W) in [-1, 1]. An operator works in the library, dtype and device of what it
is given, on every picture alike and, where it does not say otherwise, on every channel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np

from restore.diffusion.arrays import Array, namespace, to_numpy
from restore.diffusion.denoiser import VectorJacobian
from restore.errors import ParameterError
from restore.inverse.spectrum import Spectrum

__all__ = [
    "Identity",
    "Linear",
    "LinearOperator",
    "Mask",
    "Operator",
    "Shape",
    "Shaped",
    "expect_fit",
    "expect_linear",
    "seen_share",
]

Shape: TypeAlias = tuple[int, ...]
"""(B, C, H, W)."""


Matrix: TypeAlias = np.ndarray[Any, Any]


@runtime_checkable
class Operator(Protocol):
    """A differentiable map from pictures to measurements."""

    @property
    def size_x(self) -> tuple[int, int]:
        """(H, W) of the picture."""
        ...

    @property
    def size_y(self) -> tuple[int, int]:
        """(H, W) of the measurement."""
        ...

    @property
    def channels(self) -> tuple[int | None, int | None]:
        """C of x and of y; none where every channel is measured alike."""
        ...

    @property
    def measured(self) -> float:
        """The fraction of y's values that measure anything: 1, unless there is a mask."""
        ...

    def shape_y(self, shape_x: Sequence[int]) -> Shape:
        """Return (B, C, H, W) of the measurements of pictures (B, C, H, W).

        Raises:
            ParameterError: The operator is not for pictures of this shape.
        """
        ...

    def shape_x(self, shape_y: Sequence[int]) -> Shape:
        """Return (B, C, H, W) of the pictures that measurements (B, C, H, W) are of.

        Raises:
            ParameterError: No measurement by this operator has this shape.
        """
        ...

    def __call__(self, x: Array) -> Array:
        """Return A(x)."""
        ...

    def vjp(self, x: Array) -> tuple[Array, VectorJacobian]:
        """Return A(x), and v → vᵀ ∂A/∂x at x."""
        ...


@runtime_checkable
class LinearOperator(Operator, Protocol):
    """A linear map from pictures to measurements, with its pseudo-inverse."""

    def adjoint(self, y: Array) -> Array:
        """Return Aᵀ y."""
        ...

    def pinv(self, y: Array, ridge: float = 0.0) -> Array:
        """Return Aᵀ (A Aᵀ + ridge·I)⁻¹ y, which is the pseudo-inverse A⁺ y for ridge = 0."""
        ...


def expect_fit(operator: Operator, x: Array, y: Array) -> None:
    """Refuse a measurement that the operator does not make of such pictures.

    Raises:
        ParameterError: With the operator's name and the shapes.
    """
    expected, given = operator.shape_y(x.shape), tuple(y.shape)
    if given != expected:
        raise ParameterError(
            f"{type(operator).__name__} measures pictures {tuple(x.shape)} as {expected}, "
            f"and the measurement is {given}.",
            "Both are (B, C, H, W); give the measurement of these pictures.",
        )


def expect_linear(operator: Operator, hint: str) -> None:
    """Refuse an operator that is not linear, by its name, with a ParameterError."""
    if not isinstance(operator, LinearOperator):
        raise ParameterError(f"{type(operator).__name__} is not linear.", hint)


def seen_share(operator: Operator) -> float:
    """Return the fraction of y's values that a random picture moves."""
    shape = 1, operator.channels[0] or 1, *operator.size_x
    y = np.abs(operator(np.random.default_rng(0).standard_normal(shape)))
    return float((y > 1e-9 * y.max()).mean())


class Shaped:
    """An operator between shapes that its sizes and channels tell."""

    @property
    def channels(self) -> tuple[int | None, int | None]:
        """C of x and of y; none where every channel is measured alike."""
        return None, None

    def shape_y(self: Operator, shape_x: Sequence[int]) -> Shape:
        """Return the shape of the measurements of pictures of a shape."""
        _expect(self, "pictures", shape_x, self.channels[0], self.size_x)
        return shape_x[0], self.channels[1] or shape_x[1], *self.size_y

    def shape_x(self: Operator, shape_y: Sequence[int]) -> Shape:
        """Return the shape of the pictures that measurements of a shape are of."""
        _expect(self, "measurements", shape_y, self.channels[1], self.size_y)
        return shape_y[0], self.channels[0] or shape_y[1], *self.size_x

    def expect_x(self: Operator, x: Array) -> None:
        """Refuse what is no picture for this operator, with a ParameterError."""
        _expect(self, "pictures", x.shape, self.channels[0], self.size_x)

    def expect_y(self: Operator, y: Array) -> None:
        """Refuse what is no measurement of this operator, with a ParameterError."""
        _expect(self, "measurements", y.shape, self.channels[1], self.size_y)


class Linear(Shaped):
    """A linear operator; one with more structure says so."""

    def vjp(self: LinearOperator, x: Array) -> tuple[Array, VectorJacobian]:
        """Return A x and Aᵀ."""
        return self(x), self.adjoint

    def axes(self) -> tuple[Matrix, Matrix] | None:
        """Return what A does along rows and columns if it is the product of both, dense."""
        return None

    def spectrum(self) -> Spectrum | None:
        """Return the singular values and their coordinates if they are known in closed form."""
        return None


def _expect(
    operator: object, what: str, shape: Sequence[int], channels: int | None, size: tuple[int, int]
) -> None:
    fits = len(shape) == 4 and channels in (None, shape[1]) and tuple(shape[2:]) == size
    if not fits:
        raise ParameterError(
            f"{type(operator).__name__} expected {what} "
            f"(B, {channels or 'C'}, {size[0]}, {size[1]}), got {tuple(shape)}.",
            "Make the operator for the size of the pictures that it is given.",
        )


@dataclass(frozen=True)
class Identity(Linear):
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
        self.expect_x(x)
        return x

    adjoint = __call__

    def pinv(self, y: Array, ridge: float = 0.0) -> Array:
        """Return y/(1 + ridge)."""
        self.expect_y(y)
        return y / (1 + ridge) if ridge else y

    def axes(self) -> tuple[Matrix, Matrix]:
        """Return I and I."""
        height, width = self.size_x
        return np.eye(height), np.eye(width)

    def spectrum(self) -> Spectrum:
        """Every pixel is measured by itself, with s = 1."""
        ones = np.ones((1, 1, *self.size_x))
        return Spectrum(ones, lambda x: x, lambda z: z, self.pinv)


@dataclass(frozen=True, eq=False)
class Mask(Linear):
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
        self.expect_x(x)
        xp = namespace(x)
        return xp.where(xp.asarray(self.keep != 0, device=x.device), x, 0.0)

    adjoint = __call__

    def pinv(self, y: Array, ridge: float = 0.0) -> Array:
        """Return y/(1 + ridge) where it is known and 0 elsewhere."""
        return self(y) / (1 + ridge) if ridge else self(y)

    def axes(self) -> tuple[Matrix, Matrix] | None:
        """Return which rows and columns are known, where the known pixels are their rectangle."""
        keep = to_numpy(self.keep)[0, 0] != 0
        rows, columns = keep.any(1), keep.any(0)
        if not np.array_equal(keep, rows[:, None] & columns):
            return None
        return np.diag(rows.astype(np.float64)), np.diag(columns.astype(np.float64))

    def spectrum(self) -> Spectrum:
        """A known pixel is measured with s = 1, the others with 0."""
        singular = np.asarray(to_numpy(self.keep) != 0, np.float64)
        return Spectrum(singular, lambda x: x, lambda z: z, self.pinv)
