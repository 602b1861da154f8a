"""Sums of operators, such as several exposures laid over each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import add

from restore.diffusion.arrays import Array
from restore.errors import ParameterError
from restore.inverse.conjugate_gradients import pinv
from restore.inverse.operators import Linear, LinearOperator, Operator, expect_linear, seen_share

__all__ = ["Sum"]


@dataclass(frozen=True, eq=False)
class Sum(Linear):
    """A = Σ w_i A_i of operators between the same shapes.

    Attributes:
        operators: One or more.
        weights: As many.
        rcond: See `Composition`; the pseudo-inverse is found by conjugate gradients.
        tolerance: See `Composition`.

    Raises:
        ParameterError: Their shapes differ, or there are not as many weights.
    """

    operators: Sequence[LinearOperator]
    weights: Sequence[float]
    rcond: float = 1e-3
    tolerance: float | None = None

    def __post_init__(self) -> None:
        if not self.operators or len(self.operators) != len(self.weights):
            raise ParameterError(
                f"a sum of {len(self.operators)} operators with {len(self.weights)} weights",
                "Give one weight for each of one or more operators.",
            )
        first = self.operators[0]
        for other in self.operators:
            expect_linear(other, "Only linear operators are added.")
            if _shapes(other) != _shapes(first):
                names = f"{type(first).__name__} and {type(other).__name__}"
                raise ParameterError(
                    f"{names} are not between the same shapes.",
                    "Add operators that measure the same pictures in the same size.",
                )

    @property
    def size_x(self) -> tuple[int, int]:
        """(H, W) of the picture."""
        return self.operators[0].size_x

    @property
    def size_y(self) -> tuple[int, int]:
        """(H, W) of the measurement."""
        return self.operators[0].size_y

    @property
    def channels(self) -> tuple[int | None, int | None]:
        """C of x and of y."""
        return self.operators[0].channels

    @cached_property
    def measured(self) -> float:
        """The fraction of y's values that measure anything."""
        return seen_share(self)

    def __call__(self, x: Array) -> Array:
        """Return Σ w_i A_i x."""
        terms = zip(self.weights, self.operators, strict=True)
        return reduce(add, (w * operator(x) for w, operator in terms))

    def adjoint(self, y: Array) -> Array:
        """Return Σ w_i A_iᵀ y."""
        terms = zip(self.weights, self.operators, strict=True)
        return reduce(add, (w * operator.adjoint(y) for w, operator in terms))

    def pinv(self, y: Array, ridge: float = 0.0) -> Array:
        """Return Aᵀ (A Aᵀ + ridge·I)⁻¹ y by conjugate gradients."""
        self.expect_y(y)
        return pinv(self, y, ridge, self.rcond, self.tolerance)


def _shapes(operator: Operator) -> tuple[object, ...]:
    return operator.size_x, operator.size_y, operator.channels
