"""Reduction to a smaller size, A = A_rows ⊗ A_columns, with its exact pseudo-inverse.

A works along rows and columns apart, and so does everything made from it: A Aᵀ is the product of
two banded matrices of the size of y, never larger.
"""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np

from restore.diffusion.arrays import Array, as_like, to_numpy
from restore.errors import ParameterError
from restore.inverse.operators import Linear, Matrix
from restore.inverse.resize import Kernel, Taps, area, bicubic
from restore.inverse.spectrum import Axes, Spectrum

__all__ = ["Downscale"]


class Downscale(Linear):
    """y is x, reduced; with "bicubic" exactly what Pillow's `resize` gives in floating point.

    Args:
        factor: How many times smaller y is, ≥ 1.
        size_x: (H, W) of x.
        size_y: (H, W) of y; ⌈H/factor⌉ × ⌈W/factor⌉ if not given. What counts is the ratio of
            both sizes, as with Pillow.
        kernel: "bicubic", or "area" for the mean over the pixels covered.

    Raises:
        ParameterError: Unless 1 ≤ size_y ≤ size_x.
    """

    measured = 1.0

    def __init__(
        self,
        factor: float,
        size_x: tuple[int, int],
        *,
        size_y: tuple[int, int] | None = None,
        kernel: Kernel = "bicubic",
    ) -> None:
        size_y = size_y or (math.ceil(size_x[0] / factor), math.ceil(size_x[1] / factor))
        if not all(1 <= y <= x for x, y in zip(size_x, size_y, strict=True)):
            raise ParameterError(
                f"{size_x[1]} x {size_x[0]} cannot be reduced to {size_y[1]} x {size_y[0]}",
                "The reduced picture needs at least 1 pixel a side, and no more than the picture.",
            )
        taps = {"bicubic": bicubic, "area": area}[kernel]
        self.factor, self.size_x, self.size_y = factor, size_x, size_y
        self.rows, self.columns = (taps(x, y) for x, y in zip(size_x, size_y, strict=True))

    def __call__(self, x: Array) -> Array:
        """Return the reduced pictures."""
        self.expect_x(x)
        return self.columns(self.rows(x, 2), 3)

    def adjoint(self, y: Array) -> Array:
        """Return Aᵀ y."""
        self.expect_y(y)
        rows, columns = self._transposed
        return rows(columns(y, 3), 2)

    def pinv(self, y: Array, ridge: float = 0.0) -> Array:
        """Return Aᵀ (A Aᵀ + ridge·I)⁻¹ y.

        Without a ridge the system is solved axis by axis (banded Cholesky in float64 on the
        processor; torch gradients do not pass). With one it is solved in the eigenvectors of both
        axes, whose dense matrices are of the size of y's sides.
        """
        self.expect_y(y)
        return self.adjoint(self.whitened(y, ridge) if ridge else self._solve(y))

    @cached_property
    def _transposed(self) -> tuple[Taps, Taps]:
        return Taps.of(self.rows.matrix().T), Taps.of(self.columns.matrix().T)

    @cached_property
    def _gram(self) -> tuple[Taps, Taps]:
        """A Aᵀ of each axis."""
        rows, columns = self.rows.matrix(), self.columns.matrix()
        return Taps.of(rows @ rows.T), Taps.of(columns @ columns.T)

    @cached_property
    def _factors(self) -> tuple[Matrix, Matrix]:
        """The banded Cholesky factor of A Aᵀ of each axis."""
        from scipy.linalg import cholesky_banded

        def factor(gram: Taps) -> Matrix:
            matrix = gram.matrix()
            width = int(np.abs(np.subtract(*matrix.nonzero())).max()) + 1
            bands = np.zeros((width, gram.n_out))
            for k in range(width):
                bands[k, : gram.n_out - k] = matrix.diagonal(-k)
            return np.asarray(cholesky_banded(bands, lower=True))

        rows, columns = self._gram
        return factor(rows), factor(columns)

    def _solve(self, y: Array) -> Array:
        """Return (A Aᵀ)⁻¹ y."""
        from scipy.linalg import cho_solve_banded

        values = to_numpy(y).astype(np.float64)
        for axis, factor in zip((2, 3), self._factors, strict=True):
            across = np.moveaxis(values, axis, 0)
            solved = cho_solve_banded((factor, True), across.reshape(len(across), -1))
            values = np.moveaxis(solved.reshape(across.shape), 0, axis)
        return as_like(np.ascontiguousarray(values), y)

    @cached_property
    def _modes(self) -> tuple[Matrix, Matrix, Matrix]:
        """λ of A Aᵀ, (h, w), and its eigenvectors along rows and columns."""
        (at_r, q_r), (at_c, q_c) = (np.linalg.eigh(g.matrix().toarray()) for g in self._gram)
        return at_r[:, None] * at_c, q_r, q_c

    def whitened(self, y: Array, ridge: float) -> Array:
        """Return (A Aᵀ + ridge·I)⁻¹ y, for ridge > 0."""
        at, q_r, q_c = self._modes
        z = as_like(q_r.T, y) @ y @ as_like(q_c, y) / as_like(at + ridge, y)
        return as_like(q_r, y) @ z @ as_like(q_c.T, y)

    def axes(self) -> tuple[Matrix, Matrix]:
        """Return the dense matrices of rows and columns."""
        return self.rows.matrix().toarray(), self.columns.matrix().toarray()

    def spectrum(self) -> Spectrum:
        """Rows and columns apart; nothing that is measured is lost."""
        return self._axes.spectrum()

    @cached_property
    def _axes(self) -> Axes:
        return Axes(*self.axes(), rcond=0.0)
