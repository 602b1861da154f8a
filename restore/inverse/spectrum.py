"""The singular values of an operator, and the coordinates in which it is a multiplication.

A = U Σ Vᵀ with orthonormal U and V: in the coordinates z = Vᵀ x every value is measured by itself,
s_i z_i + noise, or not at all (s_i = 0). No matrix of the picture's size is formed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from restore.diffusion.arrays import Array, as_like, namespace
from restore.errors import ParameterError

if TYPE_CHECKING:
    from restore.inverse.operators import Operator

__all__ = ["Axes", "Spectrum", "spectrum"]

Matrix = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Spectrum:
    """One operator's.

    Attributes:
        singular: s ≥ 0, float64 numpy that broadcasts against z, 0 where nothing is measured.
        to: x → z = Vᵀ x, (B, C, H, W), real or complex; V is unitary.
        back: z → x.
        measured: y → Σ⁺ Uᵀ y: what y says of each value of z; 0 where it says nothing.
    """

    singular: Matrix
    to: Callable[[Array], Array]
    back: Callable[[Array], Array]
    measured: Callable[[Array], Array]


def spectrum(operator: Operator) -> Spectrum:
    """Return the spectrum of an operator that has one in closed form.

    Identity, masks, blurs, reductions, grayscale and mosaics have; so do compositions whose parts
    work along rows and columns apart (a Gaussian blur, a reduction, a rectangular mask), and those
    with grayscale or a mosaic underneath.

    Raises:
        ParameterError: Its singular values are not known.
    """
    known: Callable[[], Spectrum | None] = getattr(operator, "spectrum", lambda: None)
    space = known()
    if space is None:
        raise ParameterError(
            f"The singular values of {type(operator).__name__} are not known.",
            "Use another method, such as DiffPIR.",
        )
    return space


@dataclass(frozen=True, eq=False)
class Axes:
    """A = rows ⊗ columns: U, Σ and V are the products of those of two small matrices.

    Attributes:
        rows: (h, H), what the operator does along a column of pixels.
        columns: (w, W).
        rcond: Singular values up to rcond · max s count as lost.
    """

    rows: Matrix
    columns: Matrix
    rcond: float

    @cached_property
    def _svd(self) -> tuple[tuple[Matrix, ...], tuple[Matrix, ...]]:
        return np.linalg.svd(self.rows), np.linalg.svd(self.columns)

    @cached_property
    def _singular(self) -> Matrix:
        """All of s, lost ones too."""
        (_, s_r, _), (_, s_c, _) = self._svd
        return s_r[:, None] * s_c

    def pinv(self, y: Array, ridge: float) -> Array:
        """Return Aᵀ (A Aᵀ + ridge)⁻¹ y; with ridge = 0 lost singular values are 0."""
        s = self._singular
        return self._back(self._divided(y, s / (s**2 + ridge) if ridge else self._inverse))

    def spectrum(self) -> Spectrum:
        """Return the spectrum."""
        (_, _, v_r), (_, _, v_c) = self._svd
        singular = np.zeros((len(v_r), len(v_c)))
        h, w = self._singular.shape
        singular[:h, :w] = np.where(self._inverse, self._singular, 0)

        def to(x: Array) -> Array:
            return as_like(v_r, x) @ x @ as_like(v_c.T, x)

        def measured(y: Array) -> Array:
            return self._divided(y, self._inverse)

        return Spectrum(singular[None, None], to, self._back, measured)

    @cached_property
    def _inverse(self) -> Matrix:
        """Σ⁺."""
        s = self._singular
        seen = s > self.rcond * s.max()
        return np.where(seen, 1 / np.where(seen, s, 1), 0)

    def _divided(self, y: Array, factor: Matrix) -> Array:
        """Return factor · Uᵀ y, filled up with zeros to the picture's size."""
        xp = namespace(y)
        (u_r, _, v_r), (u_c, _, v_c) = self._svd
        h, w = factor.shape
        z = as_like(u_r.T[:h], y) @ y @ as_like(u_c[:, :w], y) * as_like(factor, y)
        below = xp.zeros((*y.shape[:2], len(v_r) - h, w), dtype=y.dtype, device=y.device)
        beside = xp.zeros((*y.shape[:2], len(v_r), len(v_c) - w), dtype=y.dtype, device=y.device)
        return xp.concat([xp.concat([z, below], axis=2), beside], axis=3)

    def _back(self, z: Array) -> Array:
        (_, _, v_r), (_, _, v_c) = self._svd
        return as_like(v_r.T, z) @ z @ as_like(v_c, z)
