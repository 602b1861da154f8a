"""The pseudo-inverse where there is no closed form, from A and Aᵀ alone."""

from __future__ import annotations

from collections.abc import Callable

from restore.diffusion.arrays import Array, doubled, namespace
from restore.inverse.operators import LinearOperator

__all__ = ["least_squares", "pinv"]

_AXES = (1, 2, 3)


def pinv(operator: LinearOperator, y: Array, ridge: float, rcond: float) -> Array:
    """Return Aᵀ (A Aᵀ + ridge)⁻¹ y, to the round-off of y's dtype.

    Solved in float64 where the device has it: squared, a condition of 1000 is 10⁶.
    """
    xp = namespace(y)
    tolerance = 8 * float(xp.finfo(y.dtype).eps)
    A, adjoint = operator, operator.adjoint
    x = least_squares(A, adjoint, doubled(y), ridge, rcond=rcond, tolerance=tolerance)
    return xp.astype(x, y.dtype)


def least_squares(
    A: Callable[[Array], Array],
    adjoint: Callable[[Array], Array],
    y: Array,
    ridge: float = 0.0,
    *,
    rcond: float = 1e-3,
    tolerance: float | None = None,
    steps: int = 1000,
) -> Array:
    """Return argmin_x ‖y − A x‖² + ridge ‖x‖² = Aᵀ (A Aᵀ + ridge)⁻¹ y by conjugate gradients.

    CGLS (Hestenes & Stiefel 1952, section 10; Björck 1996, alg. 7.4.1). It starts at 0 and never
    leaves the range of Aᵀ, so that with ridge = 0 it ends in the solution of least norm, A⁺y,
    also where A loses rank or y is not in its range. Each picture has step lengths of its own and
    stands still once it is done. What the recurrences drift by is looked at afterwards: from the
    true residual it starts again as long as that helps, and the best found is returned.

    Args:
        A: x → A x.
        adjoint: y → Aᵀ y.
        y: (B, C, H, W).
        ridge: ≥ 0.
        rcond: With ridge = 0: a picture is done when all that is left to change is measured
            less than rcond times as well as the best is, and would come from noise.
        tolerance: Done when ‖Aᵀ(y − A x) − ridge x‖ has fallen to this share of ‖Aᵀ y‖; a few
            times round-off if not given.
        steps: At most so many before each look at the true residual.
    """
    xp = namespace(y)
    if tolerance is None:
        tolerance = 8 * float(xp.finfo(y.dtype).eps)
    s = adjoint(y)
    x = 0 * s
    gamma = _square(s)
    enough, best = tolerance**2 * gamma, gamma
    open_ = gamma > 0
    while bool(xp.any(open_)):
        found, lost = _cgls(A, adjoint, x, y, s, ridge, rcond, enough, open_, steps)
        found = xp.where(open_, found, x)
        s = adjoint(y - A(found)) - ridge * found
        gamma = _square(s)
        better = gamma < best
        x = xp.where(better, found, x)
        open_ = open_ & ~lost & (gamma > enough) & (gamma < best / 4)
        best = xp.where(better, gamma, best)
    return x


def _cgls(
    A: Callable[[Array], Array],
    adjoint: Callable[[Array], Array],
    x: Array,
    y: Array,
    s: Array,
    ridge: float,
    rcond: float,
    enough: Array,
    active: Array,
    steps: int,
) -> tuple[Array, Array]:
    """Walk from x, whose s = Aᵀ(y − A x) − ridge x; also say where only lost parts are left."""
    xp = namespace(y)
    r, p, gamma = y - A(x), s, _square(s)
    top, lost = 0 * gamma, gamma < 0
    for _ in range(steps):
        q = A(p)
        seen, length = _square(q), _square(p)
        if not ridge:
            top = xp.maximum(top, seen / xp.where(active, length, 1.0))
            lost = lost | (active & (seen <= rcond**2 * top * length))
        active = active & ~lost
        if not bool(xp.any(active)):
            break
        alpha = xp.where(active, gamma / xp.where(active, seen + ridge * length, 1.0), 0.0)
        x, r = x + alpha * p, r - alpha * q
        s = adjoint(r) - ridge * x
        gamma, before = _square(s), gamma
        p = s + xp.where(active, gamma / xp.where(active, before, 1.0), 0.0) * p
        active = active & (gamma > enough)
    return x, lost


def _square(v: Array) -> Array:
    """Return ‖v‖² of each picture, (B, 1, 1, 1)."""
    return namespace(v).sum(v * v, axis=_AXES, keepdims=True)
