"""How libjpeg makes planes smaller and larger: whole blocks of 8, and colours at half the size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from restore.diffusion.arrays import Array, as_like, namespace
from restore.inverse.resize import Taps

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["Resampling", "Way", "coded", "halved"]

Matrix = np.ndarray[Any, Any]


class Resampling:
    """A linear map of rows and one of columns.

    Args:
        rows: Sparse (h, H).
        columns: Sparse (w, W).
        halves: What libjpeg adds in even and odd columns before it cuts off fractions.
    """

    def __init__(
        self, rows: csr_array, columns: csr_array, halves: tuple[float, float] = (0.0, 0.0)
    ) -> None:
        self._taps = Taps.of(rows), Taps.of(columns)
        self._transposed = Taps.of(rows.T), Taps.of(columns.T)
        self._halves = np.resize(halves, columns.shape[0])

    def __call__(self, x: Array) -> Array:
        """Return the planes (B, C, h, w)."""
        return self._taps[1](self._taps[0](x, 2), 3)

    def rounded(self, x: Array) -> Array:
        """Return whole numbers, as libjpeg has them."""
        return namespace(x).floor(self(x) + as_like(self._halves, x))

    def adjoint(self, y: Array) -> Array:
        """Return the transposed map of planes (B, C, h, w)."""
        return self._transposed[0](self._transposed[1](y, 3), 2)


Way: TypeAlias = tuple[Resampling, Resampling]
"""To the coded size and back."""


def coded(size: tuple[int, int]) -> Way:
    """Return the way of a plane that is stored as it is, filled up to whole blocks."""
    h, w = size
    return (
        Resampling(_padded(h, _blocks(h)), _padded(w, _blocks(w))),
        Resampling(_cut(_blocks(h), h), _cut(_blocks(w), w)),
    )


def halved(size: tuple[int, int]) -> Way:
    """Return the way of a plane of which one value is stored for four pixels (4:2:0)."""
    h, w = size
    half_h, half_w = -(-h // 2), -(-w // 2)
    tall, wide = _blocks(half_h), _blocks(half_w)
    smooth = half_w > 2  # libjpeg has no smooth upsampling for fewer columns
    enlarged = _triangle if smooth else _repeated
    down = Resampling(
        _padded(half_h, tall) @ _means(half_h) @ _padded(h, 2 * half_h),
        _means(wide) @ _padded(w, 2 * wide),
        (1 / 4, 1 / 2),
    )
    up = Resampling(
        _cut(2 * half_h, h) @ enlarged(half_h) @ _cut(tall, half_h),
        _cut(2 * half_w, w) @ enlarged(half_w) @ _cut(wide, half_w),
        (1 / 2, 7 / 16) if smooth else (0.0, 0.0),
    )
    return down, up


def _blocks(n: int) -> int:
    """Return the length of an axis in whole blocks of 8."""
    return -(-n // 8) * 8


def _padded(n: int, longer: int) -> csr_array:
    """Return the matrix that repeats the last value of an axis."""
    return _gather(np.minimum(np.arange(longer), n - 1)[:, None], [1.0], n)


def _cut(n: int, shorter: int) -> csr_array:
    """Return the matrix that keeps the first values."""
    return _gather(np.arange(shorter)[:, None], [1.0], n)


def _means(n: int) -> csr_array:
    """Return the matrix (n, 2n) of means over two values."""
    return _gather(np.arange(2 * n).reshape(n, 2), [0.5, 0.5], 2 * n)


def _triangle(n: int) -> csr_array:
    """Return libjpeg's smooth upsampling (2n, n): ¾ of the near value and ¼ of the next one."""
    at = np.arange(2 * n)
    beside = np.clip(at // 2 + np.where(at % 2, 1, -1), 0, n - 1)
    return _gather(np.stack([at // 2, beside], 1), [0.75, 0.25], n)


def _repeated(n: int) -> csr_array:
    return _gather(np.arange(2 * n)[:, None] // 2, [1.0], n)


def _gather(indices: Matrix, weights: list[float], n_in: int) -> csr_array:
    return Taps(indices, np.broadcast_to(weights, indices.shape), n_in).matrix()
