"""Resampling along an axis as a gather table, equal to Pillow's in floating point.

One axis of a resize is a sparse matrix of a few taps a row. `Taps` holds it as two small tables,
so that it is applied to a picture of any size without a dense matrix and without a loop over
pixels: out[i] = Σ_k weights[i, k] · x[indices[i, k]].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from array_api_compat import device

from restore.diffusion.arrays import Array, as_like, namespace
from restore.errors import ParameterError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["Kernel", "Taps", "area", "bicubic", "enlarge", "resize"]

Kernel = Literal["area", "bicubic"]


@dataclass(frozen=True, eq=False)
class Taps:
    """A sparse matrix (n_out, n_in) of at most k entries a row.

    Attributes:
        indices: int64 (n_out, k); unused places point anywhere valid.
        weights: float64 (n_out, k); 0 in unused places.
        n_in: Length of the axis that goes in.
    """

    indices: np.ndarray[Any, Any]
    weights: np.ndarray[Any, Any]
    n_in: int

    def __call__(self, x: Array, axis: int) -> Array:
        """Multiply an axis of x by the matrix."""
        xp = namespace(x)
        shape = [1] * x.ndim
        shape[axis] = -1
        indices = xp.asarray(self.indices, device=device(x))
        weights = as_like(self.weights, x)
        out = None
        for k in range(self.indices.shape[1]):
            term = xp.take(x, indices[:, k], axis=axis) * xp.reshape(weights[:, k], shape)
            out = term if out is None else out + term
        return out

    @property
    def n_out(self) -> int:
        """Length of the axis that comes out."""
        return len(self.indices)

    def matrix(self) -> csr_array:
        """Return the sparse matrix itself."""
        from scipy.sparse import csr_array

        used = self.weights != 0
        rows = np.broadcast_to(np.arange(self.n_out)[:, None], used.shape)[used]
        entries = self.weights[used], (rows, self.indices[used])
        return csr_array(entries, shape=(self.n_out, self.n_in))

    @classmethod
    def of(cls, matrix: csr_array) -> Taps:
        """Return the table of a sparse matrix."""
        m = matrix.tocsr()
        counts = np.diff(m.indptr)
        used = np.arange(max(1, counts.max())) < counts[:, None]
        indices, weights = np.zeros(used.shape, np.int64), np.zeros(used.shape)
        indices[used], weights[used] = m.indices, m.data
        return cls(indices, weights, m.shape[1])


def bicubic(n_in: int, n_out: int) -> Taps:
    """Return Pillow's BICUBIC: Keys' cubic with a = −½, widened when an axis shrinks.

    The kernel spans ±2 pixels of the coarser grid (antialiasing); at the borders, weights that
    fall outside are dropped and the rest is made to sum to 1.
    """

    def cubic(t: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        t = np.abs(t)
        near = (1.5 * t - 2.5) * t * t + 1
        far = ((-0.5 * t + 2.5) * t - 4) * t + 2
        return np.where(t < 1, near, np.where(t < 2, far, 0.0))

    stretch = max(n_in / n_out, 1.0)
    indices, distance = _window(n_in, n_out, 2 * stretch)
    return _normalised(indices, cubic(distance / stretch), n_in)


def area(n_in: int, n_out: int) -> Taps:
    """Return the mean over the area that an output pixel covers, parts of pixels by their share."""
    stretch = n_in / n_out
    indices, distance = _window(n_in, n_out, stretch / 2 + 0.5)
    covered = np.clip(stretch / 2 + 0.5 - np.abs(distance), 0, min(stretch, 1))
    return _normalised(indices, covered, n_in)


def _window(n_in: int, n_out: int, support: float) -> tuple[Any, Any]:
    """Return which pixels may lie within `support` of each output's centre, and how far off."""
    centre = (np.arange(n_out) + 0.5) * (n_in / n_out)
    first = np.floor(centre - support).astype(np.int64)
    indices = first[:, None] + np.arange(int(np.ceil(2 * support)) + 1)
    return indices, indices + 0.5 - centre[:, None]


def _normalised(indices: np.ndarray[Any, Any], weights: np.ndarray[Any, Any], n_in: int) -> Taps:
    weights = np.where((indices >= 0) & (indices < n_in), weights, 0.0)
    used = (weights != 0).any(0)
    weights = weights[:, used] / weights.sum(1, keepdims=True)
    return Taps(np.clip(indices[:, used], 0, n_in - 1), weights, n_in)


_TAPS = {"area": area, "bicubic": bicubic}


def resize(x: Array, size: tuple[int, int], kernel: Kernel = "bicubic") -> Array:
    """Resize pictures; with "bicubic" this is Pillow's `resize` in mode F, to round-off.

    Args:
        x: (B, C, H, W), floats of any range.
        size: (H, W) of the result.
        kernel: "bicubic" or "area"; both blur before an axis shrinks.

    Raises:
        ParameterError: If a side of `size` is not positive.
    """
    if min(size) < 1:
        raise ParameterError(f"no picture has the size {size[1]} x {size[0]}", "Ask for 1 or more.")
    for axis in (2, 3) if size[0] < x.shape[2] else (3, 2):  # the cheaper axis first
        if size[axis - 2] != x.shape[axis]:
            x = _TAPS[kernel](x.shape[axis], size[axis - 2])(x, axis)
    return x


def enlarge(x: Array, factor: float) -> Array:
    """Enlarge pictures (B, C, H, W) by a factor, bicubically, as Pillow would."""
    return resize(x, (round(x.shape[2] * factor), round(x.shape[3] * factor)))
