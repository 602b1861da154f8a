"""Blur without borders: what is measured are the pixels whose whole window lies in the picture."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from restore.diffusion.arrays import Array, as_like, namespace
from restore.inverse.blur import Blur
from restore.inverse.operators import Linear

__all__ = ["Unbordered"]

_SIDES = (-2, -1)
_VALUES = (1, 2, 3)


@dataclass(frozen=True, eq=False)
class Unbordered(Linear):
    """A = C B: a blur B of a picture that is larger than the photo, cut to the photo (C).

    What lies beyond the photo's edge is part of x, so that nothing is assumed of it.

    Attributes:
        kernel: Numpy (kh, kw); its centre is at [kh // 2, kw // 2].
        size_y: (H, W) of the photo.
        rounds: At most so many steps of conjugate gradients, which the periodic blur's inverse
            preconditions, so that what is left to find lies along the edge.
        tolerance: Enough, as a share of ‖y‖.
        multiple: Sides of x are multiples of it.
    """

    kernel: np.ndarray[Any, Any]
    size_y: tuple[int, int]
    rounds: int = 12
    tolerance: float = 1e-3
    multiple: int = 16
    measured = 1.0

    @property
    def size_x(self) -> tuple[int, int]:
        """(H, W) of the picture: the photo and, around it, all that its blur has seen."""
        height, width = (
            -(-(side + reach - 1) // self.multiple) * self.multiple
            for side, reach in zip(self.size_y, self.kernel.shape, strict=True)
        )
        return height, width

    @property
    def window(self) -> tuple[slice, slice]:
        """Where in x the photo lies."""
        rows, columns = (
            slice((reach - 1) // 2, (reach - 1) // 2 + side)
            for side, reach in zip(self.size_y, self.kernel.shape, strict=True)
        )
        return rows, columns

    def __call__(self, x: Array) -> Array:
        """Return the blurred picture within the window."""
        return self._cut(self._blur(x))

    def adjoint(self, y: Array) -> Array:
        """Return Bᵀ of y with zeros around it."""
        return self._blur.adjoint(self._spread(y))

    def pinv(self, y: Array, ridge: float = 0.0) -> Array:
        """Return Aᵀ (A Aᵀ + ridge·I)⁻¹ y, nearly; a ridge below 1e-6 counts as that.

        Conjugate gradients on the photo's pixels (Hestenes & Stiefel 1952).
        """
        xp = namespace(y)
        ridge = max(ridge, 1e-6)
        v, r = 0 * y, y
        z = self._preconditioned(r, ridge)
        p, rz = z, _dot(r, z)
        enough = self.tolerance**2 * _dot(y, y)
        for _ in range(self.rounds):
            if bool(xp.all(_dot(r, r) <= enough)):
                break
            q = self._cut(self._blur(self.adjoint(p))) + ridge * p
            step = rz / xp.clip(_dot(p, q), min=1e-30)
            v, r = v + step * p, r - step * q
            z = self._preconditioned(r, ridge)
            rz, before = _dot(r, z), rz
            p = z + (rz / xp.clip(before, min=1e-30)) * p
        return self.adjoint(v)

    @cached_property
    def _blur(self) -> Blur:
        return Blur(self.kernel, self.size_x)

    def _preconditioned(self, r: Array, ridge: float) -> Array:
        """Return C (B Bᵀ + ridge)⁻¹ Cᵀ r, of which the middle is in the Fourier domain."""
        fft = namespace(r).fft
        R = fft.rfftn(self._spread(r), axes=_SIDES)
        factor = as_like(1 / (np.abs(self._blur.transfer) ** 2 + ridge), r)
        return self._cut(fft.irfftn(R * factor, s=self.size_x, axes=_SIDES))

    def _cut(self, x: Array) -> Array:
        return x[(..., *self.window)]

    def _spread(self, y: Array) -> Array:
        """Return y with zeros around it."""
        xp = namespace(y)
        for axis, (side, within) in enumerate(zip(self.size_x, self.window, strict=True), 2):
            shape = list(y.shape)
            parts = []
            for length in (within.start, side - within.stop):
                shape[axis] = length
                parts.append(xp.zeros(tuple(shape), dtype=y.dtype, device=y.device))
            y = xp.concat([parts[0], y, parts[1]], axis=axis)
        return y


def _dot(a: Array, b: Array) -> Array:
    return namespace(a).sum(a * b, axis=_VALUES, keepdims=True)
