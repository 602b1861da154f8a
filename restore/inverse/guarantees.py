"""What can be promised of a result whatever the prior did: that it agrees with the measurement."""

from __future__ import annotations

from restore.diffusion.arrays import Array, namespace
from restore.inverse.operators import LinearOperator, Operator

__all__ = ["project", "residual"]


def residual(operator: Operator, x: Array, y: Array) -> float:
    """Return ‖y − A(x)‖/√m, m the number of values measured; [-1, 1] units.

    For a good x this is close to the σ of the measurement's noise; 0 if A measures nothing.
    """
    m = y.size if isinstance(y.size, int) else y.numel()
    m = round(m * operator.measured)
    difference = operator(x) - y
    return float(namespace(y).sum(difference**2) / m) ** 0.5 if m else 0.0


def project(operator: LinearOperator, x: Array, y: Array) -> Array:
    """Return x + A⁺(y − A x): of all pictures that measure as y, the one closest to x.

    The range-null-space decomposition A⁺y + (I − A⁺A)x of Wang et al. 2023 (DDNM).
    Then A x̂ = y for every y in the range of A: an upscaled photo reduced again is the input.
    """
    return x + operator.pinv(y - operator(x))
