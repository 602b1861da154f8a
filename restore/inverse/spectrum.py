"""The singular values of an operator, and the coordinates in which it is a multiplication.

A = U Σ Vᵀ with orthonormal U and V: in the coordinates z = Vᵀ x every value is measured by itself,
s_i z_i + noise, or not at all (s_i = 0). No matrix of the picture's size is formed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from restore.diffusion.arrays import Array, as_like, namespace
from restore.errors import ParameterError
from restore.inverse.blur import Blur
from restore.inverse.downscale import Downscale
from restore.inverse.operators import Identity, LinearOperator, Mask

__all__ = ["Spectrum", "spectrum"]

Matrix = np.ndarray[Any, Any]

_AXES = (-2, -1)


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


def spectrum(operator: LinearOperator) -> Spectrum:
    """Return the spectrum of an identity, a mask, a blur or a reduction.

    Raises:
        ParameterError: It is another operator, whose singular values are not known.
    """
    if isinstance(operator, Identity | Mask):
        keep = operator.keep if isinstance(operator, Mask) else np.ones((1, 1, *operator.size_x))
        singular = np.asarray(keep != 0, np.float64)
        return Spectrum(singular, lambda x: x, lambda z: z, operator.pinv)
    if isinstance(operator, Blur):
        return _of_blur(operator)
    if isinstance(operator, Downscale):
        return _of_downscale(operator)
    raise ParameterError(
        f"The singular values of {type(operator).__name__} are not known.",
        "Use another method, such as DiffPIR.",
    )


def _of_blur(operator: Blur) -> Spectrum:
    """A = F* diag(h) F, F the unitary Fourier transform: V = F*, s = |h|, U = F* diag(h/|h|)."""
    transfer = np.fft.fft2(operator.spread)
    singular = np.abs(transfer)
    seen = singular > operator.rcond * singular.max()
    inverse = np.where(seen, 1 / np.where(seen, transfer, 1), 0)

    def to(x: Array) -> Array:
        xp = namespace(x)
        return xp.fft.fftn(xp.astype(x, _complex(x)), axes=_AXES, norm="ortho")

    def back(z: Array) -> Array:
        xp = namespace(z)
        return xp.real(xp.fft.ifftn(z, axes=_AXES, norm="ortho"))

    def measured(y: Array) -> Array:
        z = to(y)
        return z * as_like(inverse, z)

    return Spectrum(np.where(seen, singular, 0)[None, None], to, back, measured)


def _complex(x: Array) -> Any:
    xp = namespace(x)
    return xp.complex64 if x.dtype == xp.float32 else xp.complex128


def _of_downscale(operator: Downscale) -> Spectrum:
    """A = R ⊗ C of rows and columns: V and U are the products of theirs, and so are the s."""
    (u_r, s_r, v_r), (u_c, s_c, v_c) = (
        np.linalg.svd(taps.matrix().toarray()) for taps in (operator.rows, operator.columns)
    )
    (height, width), (h, w) = operator.size_x, operator.size_y
    singular = np.zeros((height, width))
    singular[:h, :w] = s_r[:, None] * s_c

    def to(x: Array) -> Array:
        return as_like(v_r, x) @ x @ as_like(v_c.T, x)

    def back(z: Array) -> Array:
        return as_like(v_r.T, z) @ z @ as_like(v_c, z)

    def measured(y: Array) -> Array:
        xp = namespace(y)
        inner = as_like(u_r.T, y) @ y @ as_like(u_c, y) / as_like(singular[:h, :w], y)
        below = xp.zeros((*y.shape[:2], height - h, w), dtype=y.dtype, device=y.device)
        beside = xp.zeros((*y.shape[:2], height, width - w), dtype=y.dtype, device=y.device)
        return xp.concat([xp.concat([inner, below], axis=2), beside], axis=3)

    return Spectrum(singular[None, None], to, back, measured)
