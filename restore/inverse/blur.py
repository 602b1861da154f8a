"""Convolution with a kernel on a periodic picture: a product in the Fourier domain."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from restore.diffusion.arrays import Array, as_like, namespace
from restore.errors import ParameterError
from restore.inverse.operators import Linear, Matrix
from restore.inverse.spectrum import Spectrum

__all__ = ["Blur"]

_AXES = (-2, -1)


@dataclass(frozen=True, eq=False)
class Blur(Linear):
    """Circular convolution, A = F⁻¹ diag(h) F.

    Attributes:
        kernel: Numpy (kh, kw); its centre is at [kh // 2, kw // 2]. Sums to 1 if light is kept.
        size_x: (H, W) of the pictures; the kernel may be larger, it then wraps around.
        rcond: Frequencies with |h| below rcond · max |h| count as lost: the pseudo-inverse
            gives 0 there instead of noise divided by almost nothing.
    """

    kernel: np.ndarray[Any, Any]
    size_x: tuple[int, int]
    rcond: float = 1e-3
    measured = 1.0

    def __post_init__(self) -> None:
        if self.kernel.ndim != 2 or not np.isfinite(self.kernel).all() or not self.kernel.any():
            raise ParameterError(
                f"a blur of shape {self.kernel.shape} has no finite two-dimensional kernel",
                "Give a matrix of finite weights that are not all 0.",
            )

    @property
    def size_y(self) -> tuple[int, int]:
        """(H, W) of the measurement."""
        return self.size_x

    @cached_property
    def transfer(self) -> np.ndarray[Any, Any]:
        """h, the kernel's Fourier transform, complex128 (H, W // 2 + 1)."""
        return np.fft.rfft2(self.spread)

    @cached_property
    def spread(self) -> np.ndarray[Any, Any]:
        """The kernel on the picture's grid, (H, W), its centre at the first pixel."""
        spread = np.zeros(self.size_x)
        rows, columns = self._places
        np.add.at(spread, (rows[:, None], columns), self.kernel)
        return spread

    def __call__(self, x: Array) -> Array:
        """Return the blurred pictures."""
        return self._multiply(x, self.transfer)

    def adjoint(self, y: Array) -> Array:
        """Return the correlation with the kernel."""
        return self._multiply(y, self.transfer.conj())

    def pinv(self, y: Array, ridge: float = 0.0) -> Array:
        """Return F⁻¹ h*/(|h|² + ridge) F y; with ridge = 0 lost frequencies are 0."""
        power = np.abs(self.transfer) ** 2
        if ridge:
            return self._multiply(y, self.transfer.conj() / (power + ridge))
        kept = power > self.rcond**2 * power.max()
        return self._multiply(y, np.where(kept, self.transfer.conj() / np.where(kept, power, 1), 0))

    def axes(self) -> tuple[Matrix, Matrix] | None:
        """Return a circulant matrix of each axis if the kernel is a product of two lines."""
        u, s, v = np.linalg.svd(np.asarray(self.kernel, np.float64))
        if (s[1:] > 1e-12 * s[0]).any():
            return None
        rows, columns = (
            _circulant(line, at, n)
            for line, at, n in zip((s[0] * u[:, 0], v[0]), self._places, self.size_x, strict=True)
        )
        return rows, columns

    def spectrum(self) -> Spectrum:
        """A = F* diag(h) F with the unitary F: V = F*, s = |h|, U = F* diag(h/|h|)."""
        transfer = np.fft.fft2(self.spread)
        singular = np.abs(transfer)
        seen = singular > self.rcond * singular.max()
        inverse = np.where(seen, 1 / np.where(seen, transfer, 1), 0)

        def measured(y: Array) -> Array:
            z = _fourier(y)
            return z * as_like(inverse, z)

        return Spectrum(
            np.where(seen, singular, 0)[None, None], _fourier, _fourier_inverse, measured
        )

    @property
    def _places(self) -> tuple[Matrix, Matrix]:
        """Where the kernel's rows and columns lie on the picture's grid."""
        (kh, kw), (h, w) = self.kernel.shape, self.size_x
        return (np.arange(kh) - kh // 2) % h, (np.arange(kw) - kw // 2) % w

    def whitened(self, y: Array, ridge: float) -> Array:
        """Return (A Aᵀ + ridge)⁻¹ y."""
        return self._multiply(y, 1 / (np.abs(self.transfer) ** 2 + ridge))

    def _multiply(self, x: Array, factor: np.ndarray[Any, Any]) -> Array:
        self.expect_x(x)
        fft = namespace(x).fft
        X = fft.rfftn(x, axes=_AXES)
        return fft.irfftn(X * as_like(factor, X), s=self.size_x, axes=_AXES)


def _circulant(line: Matrix, at: Matrix, n: int) -> Matrix:
    first: Matrix = np.zeros(n)
    np.add.at(first, at, line)
    matrix: Matrix = first[(np.arange(n)[:, None] - np.arange(n)) % n]
    return matrix


def _fourier(x: Array) -> Array:
    xp = namespace(x)
    kind = xp.complex64 if x.dtype == xp.float32 else xp.complex128
    return xp.fft.fftn(xp.astype(x, kind), axes=_AXES, norm="ortho")


def _fourier_inverse(z: Array) -> Array:
    xp = namespace(z)
    return xp.real(xp.fft.ifftn(z, axes=_AXES, norm="ortho"))
