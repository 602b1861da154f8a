"""Operators made of operators: one after the other.

Their pseudo-inverse takes a closed form where there is one, and conjugate gradients elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from restore.diffusion.arrays import Array
from restore.diffusion.denoiser import VectorJacobian
from restore.errors import ParameterError
from restore.inverse.blur import Blur
from restore.inverse.colour import Grayscale, Mixing
from restore.inverse.conjugate_gradients import pinv
from restore.inverse.crop import Crop
from restore.inverse.downscale import Downscale
from restore.inverse.operators import (
    Identity,
    Linear,
    LinearOperator,
    Mask,
    Matrix,
    Operator,
    Shaped,
    expect_linear,
    seen_share,
)
from restore.inverse.spectrum import Axes, Spectrum

__all__ = ["Chain", "Composition"]

LARGEST = 1024
"""Sides up to which matrices of rows and columns are made; above, iterating is faster."""


@dataclass(frozen=True, eq=False)
class Chain(Shaped):
    """outer(inner(x)) of any two operators, such as a JPEG of a reduced photo.

    Attributes:
        outer: What is done last.
        inner: What is done first.

    Raises:
        ParameterError: The outer one is not for what the inner one makes.
    """

    outer: Operator
    inner: Operator

    def __post_init__(self) -> None:
        (_, between), (expected, _) = self.inner.channels, self.outer.channels
        if self.inner.size_y != self.outer.size_x or (between and expected not in (None, between)):
            raise ParameterError(
                f"{_name(self.inner)} makes {_size(between, self.inner.size_y)}, and "
                f"{_name(self.outer)} takes {_size(expected, self.outer.size_x)}.",
                "Make the outer operator for what the inner one measures.",
            )

    @property
    def size_x(self) -> tuple[int, int]:
        """(H, W) of the picture."""
        return self.inner.size_x

    @property
    def size_y(self) -> tuple[int, int]:
        """(H, W) of the measurement."""
        return self.outer.size_y

    @property
    def channels(self) -> tuple[int | None, int | None]:
        """C of x and of y."""
        (first, between), (expected, last) = self.inner.channels, self.outer.channels
        return first or (None if between else expected), last or between

    @cached_property
    def measured(self) -> float:
        """The fraction of y's values that measure anything."""
        return seen_share(self)

    def __call__(self, x: Array) -> Array:
        """Return outer(inner(x))."""
        self.expect_x(x)
        return self.outer(self.inner(x))

    def vjp(self, x: Array) -> tuple[Array, VectorJacobian]:
        """Return A(x), and v → vᵀ ∂A/∂x by the chain rule."""
        self.expect_x(x)
        between, inner = self.inner.vjp(x)
        y, outer = self.outer.vjp(between)
        return y, lambda v: inner(outer(v))


@dataclass(frozen=True, eq=False)
class Composition(Chain, Linear):
    """A = outer ∘ inner of two linear operators.

    Its pseudo-inverse has a closed form where one part is grayscale or a mosaic underneath the
    other, and where both work along rows and columns apart (a mask of a rectangle, a reduction, a
    blur whose kernel is a product of two lines).

    Attributes:
        outer: What is done last.
        inner: What is done first.
        rcond: Singular values up to rcond · max s count as lost (with conjugate gradients: about).
        tolerance: Where conjugate gradients stop, as a share of what they start from; a few times
            round-off if not given.
    """

    outer: LinearOperator
    inner: LinearOperator
    rcond: float = 1e-3
    tolerance: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for part in (self.outer, self.inner):
            expect_linear(part, "Chain holds it, for methods that take gradients.")

    def adjoint(self, y: Array) -> Array:
        """Return Aᵀ y."""
        return self.inner.adjoint(self.outer.adjoint(y))

    def pinv(self, y: Array, ridge: float = 0.0) -> Array:
        """Return Aᵀ (A Aᵀ + ridge·I)⁻¹ y.

        Where conjugate gradients find it, to round-off or, with ridge = 0, without what is lost.
        """
        self.expect_y(y)
        if isinstance(self.outer, Mask):
            y = self.outer(y)
        if split := self._split:
            space, mixing = split
            return mixing.adjoint(space.pinv(y, ridge / mixing.power)) / mixing.power
        if self._axes:
            return self._axes.pinv(y, ridge)
        return pinv(self, y, ridge, self.rcond, self.tolerance, self._preconditioner(ridge))

    def axes(self) -> tuple[Matrix, Matrix] | None:
        """Return the product of what the parts do along rows and columns, up to `LARGEST`."""
        if max(*self.size_x, *self.inner.size_y, *self.size_y) > LARGEST:
            return None
        outer, inner = _axes(self.outer), _axes(self.inner)
        return (outer[0] @ inner[0], outer[1] @ inner[1]) if outer and inner else None

    def spectrum(self) -> Spectrum | None:
        """Return the spectrum where the pseudo-inverse has a closed form."""
        if split := self._split:
            space, mixing = split
            return mixing.under(space)
        return self._axes.spectrum() if self._axes else None

    def _preconditioner(self, ridge: float) -> Callable[[Array], Array] | None:
        """Return (B Bᵀ + ridge)⁻¹ of the inner operator B, where the outer one selects pixels."""
        outer, inner = self.outer, self.inner
        if not (ridge and isinstance(outer, Mask | Crop) and isinstance(inner, Blur | Downscale)):
            return None
        return lambda v: outer(inner.whitened(outer.adjoint(v), ridge))

    @cached_property
    def _axes(self) -> Axes | None:
        axes = self.axes()
        return Axes(*axes, rcond=self.rcond) if axes else None

    @cached_property
    def _split(self) -> tuple[LinearOperator, Mixing] | None:
        return _split(self)


def _split(operator: Operator) -> tuple[LinearOperator, Mixing] | None:
    """Write an operator as one on a single channel after a mixing of colours, if it is that."""
    if isinstance(operator, Mixing):
        return Identity(operator.size_x), operator
    if not isinstance(operator, Composition):
        return None
    outer, inner = operator.outer, operator.inner
    if split := _split(inner):
        space, mixing = split
        return _after(outer, space, operator), mixing
    split = _split(outer)
    if split and isinstance(split[1], Grayscale) and inner.channels == (None, None):
        return _after(split[0], inner, operator), Grayscale(inner.size_x)
    return None


def _after(outer: LinearOperator, inner: LinearOperator, like: Composition) -> LinearOperator:
    if isinstance(inner, Identity):
        return outer
    if isinstance(outer, Identity):
        return inner
    return Composition(outer, inner, like.rcond, like.tolerance)


def _axes(operator: LinearOperator) -> tuple[Matrix, Matrix] | None:
    return operator.axes() if isinstance(operator, Linear) else None


def _name(operator: Operator) -> str:
    return type(operator).__name__


def _size(channels: int | None, size: tuple[int, int]) -> str:
    return f"(B, {channels or 'C'}, {size[0]}, {size[1]})"
