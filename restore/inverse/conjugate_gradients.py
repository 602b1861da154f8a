"""The pseudo-inverse where there is no closed form, from A and Aᵀ alone."""

from __future__ import annotations

from collections.abc import Callable

from restore.diffusion.arrays import Array, doubled, namespace
from restore.inverse.operators import LinearOperator

__all__ = ["conjugate_gradients", "pinv"]

Map = Callable[[Array], Array]


def pinv(
    operator: LinearOperator,
    y: Array,
    ridge: float,
    rcond: float,
    tolerance: float | None = None,
    precondition: Map | None = None,
) -> Array:
    """Return Aᵀ (A Aᵀ + ridge)⁻¹ y, to about the round-off of y's dtype or to a tolerance.

    With a ridge it is Aᵀ u, where (A Aᵀ + ridge) u = y. Without, A Aᵀ may be singular and y out of
    its range; then Aᵀ A x = Aᵀ y is solved from x = 0, which never leaves the range of Aᵀ
    and ends in the solution of least norm. For round-off both are solved in float64 where the
    device has it, as their condition is that of A, squared.

    Args:
        operator: A.
        y: (B, C, H, W).
        ridge: ≥ 0.
        rcond: See `conjugate_gradients`; for ridge = 0.
        tolerance: See `conjugate_gradients`; if not given, 8 ε of y's dtype.
        precondition: About (A Aᵀ + ridge)⁻¹, symmetric; for ridge > 0.
    """
    xp = namespace(y)
    A, adjoint, b = operator, operator.adjoint, y
    if tolerance is None:
        tolerance, b = 8 * float(xp.finfo(y.dtype).eps), doubled(y)
    if ridge:
        u = conjugate_gradients(
            lambda u: A(adjoint(u)) + ridge * u, b, tolerance=tolerance, precondition=precondition
        )
        x = adjoint(u)
    else:
        x = conjugate_gradients(
            lambda x: adjoint(A(x)), adjoint(b), tolerance=tolerance, rcond=rcond
        )
    return xp.astype(x, y.dtype)


def conjugate_gradients(
    M: Map,
    b: Array,
    *,
    tolerance: float,
    rcond: float = 0.0,
    precondition: Map | None = None,
    steps: int = 1000,
) -> Array:
    """Solve M x = b, M symmetric and ≥ 0, b in its range (Hestenes & Stiefel 1952, section 3).

    Each picture has step lengths of its own, and stands still once it is done. What the
    recurrences drift by is looked at afterwards: from the true residual it starts again as long
    as that helps, and the best found is returned.

    Args:
        M: x → M x, on every picture of a batch by itself.
        b: (B, C, H, W).
        tolerance: A picture is done when ‖b − M x‖ has fallen to this share of ‖b‖,
        rcond: or when all that is left to change counts less than rcond² times what counts most:
            for M = AᵀA, is measured less than rcond times as well, and would come from noise.
        precondition: About M⁻¹, symmetric and positive.
        steps: At most so many before each look at the true residual.
    """
    xp = namespace(b)
    x, r = 0 * b, b
    best = _dot(b, b)
    enough, unsolved = tolerance**2 * best, best > 0
    while bool(xp.any(unsolved)):
        change, lost = _walk(M, precondition or _same, r, unsolved, enough, rcond, steps)
        found = x + change
        r = b - M(found)
        rr = _dot(r, r)
        x = xp.where(rr < best, found, x)
        unsolved = unsolved & ~lost & (rr > enough) & (rr < best / 4)
        best = xp.where(rr < best, rr, best)
    return x


def _walk(
    M: Map, P: Map, r: Array, active: Array, enough: Array, rcond: float, steps: int
) -> tuple[Array, Array]:
    """Return a solution of M x = r from x = 0, and for which pictures only lost parts are left."""
    xp = namespace(r)

    def ratio(a: Array, b: Array) -> Array:
        return xp.where(active, a / xp.where(active, b, 1.0), 0.0)

    x, p = 0 * r, P(r)
    rz, top, lost = _dot(r, p), 0 * enough, enough < 0
    for _ in range(steps):
        q = M(p)
        curvature, length = _dot(p, q), _dot(p, p)
        top = xp.maximum(top, ratio(curvature, length))
        lost = lost | (active & (curvature <= rcond**2 * top * length))
        active = active & ~lost
        if not bool(xp.any(active)):
            break
        alpha = ratio(rz, curvature)
        x, r = x + alpha * p, r - alpha * q
        active = active & (_dot(r, r) > enough)
        z = P(r)
        rz, before = _dot(r, z), rz
        p = z + ratio(rz, before) * p
    return x, lost


def _same(v: Array) -> Array:
    return v


def _dot(a: Array, b: Array) -> Array:
    """Return ⟨a, b⟩ of each picture, (B, 1, 1, 1)."""
    return namespace(a).sum(a * b, axis=(1, 2, 3), keepdims=True)
