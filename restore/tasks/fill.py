"""A smooth first filling of a hole, from the pixels around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from restore.photo import Pixels

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["smooth_fill"]

_TENSION = 0.3
_MOST = 30_000
"""Unknowns that are solved for at once; the inside of larger holes is filled on a smaller copy."""
_RIM = 4


def smooth_fill(image: Pixels, mask: Pixels) -> Pixels:
    """Fill what is masked with the spline under tension that continues its surroundings.

    Among all fillings u it has the least ‖Δu‖² + τ‖∇u‖², τ = 0.3: a thin plate (biharmonic
    filling, good at thin scratches) stretched like a membrane (harmonic filling, good at holes);
    Schweikert 1966 in one dimension.

    Args:
        image: (H, W, C); what is masked is not looked at.
        mask: (H, W) bool, True where to fill; at least one pixel must be False.

    Returns:
        (H, W, C) float32, equal to `image` outside the mask.
    """
    filled = np.where(mask[:, :, None], np.float32(0), image).astype(np.float32)
    unknown = mask
    if np.count_nonzero(mask) > _MOST and min(mask.shape) >= 4:
        from scipy.ndimage import binary_erosion

        inside = binary_erosion(mask, iterations=_RIM, border_value=1)
        filled[inside] = _filled_smaller(image, mask)[inside]
        unknown = mask & ~inside
    _solve(filled, unknown)
    return filled


def _solve(image: Pixels, unknown: Pixels) -> None:
    """Set the unknown pixels of an image to the spline through the others."""
    from scipy.sparse.linalg import splu

    height, width = unknown.shape
    laplacian = _laplacian(height, width)
    at = np.flatnonzero(unknown)
    energy = (laplacian[at] @ laplacian + _TENSION * laplacian[at]).tocsc()
    flat = image.reshape(height * width, -1)
    flat[at] = 0
    flat[at] = splu(energy[:, at]).solve(-(energy @ flat.astype(np.float64)))


def _laplacian(height: int, width: int) -> csr_array:
    """Return the graph Laplacian of a grid of pixels, (H·W, H·W)."""
    from scipy.sparse import diags_array, eye_array, kron

    def along(n: int) -> csr_array:
        degree = np.full(n, 2.0)
        degree[0] -= 1
        degree[-1] -= 1
        return diags_array([degree, -np.ones(n - 1), -np.ones(n - 1)], offsets=[0, 1, -1])

    rows = kron(along(height), eye_array(width))
    return (rows + kron(eye_array(height), along(width))).tocsr()


def _filled_smaller(image: Pixels, mask: Pixels) -> Pixels:
    """Fill a copy of half the size and enlarge it."""
    from restore.inverse import resize

    size = mask.shape
    half = -(-size[0] // 2), -(-size[1] // 2)
    known = (~mask).astype(np.float32)[None, None]
    values = np.where(mask[:, :, None], np.float32(0), image).transpose(2, 0, 1)[None]
    share = resize(known, half, "area")
    small = resize(values, half, "area") / np.maximum(share, 1e-6)
    filled = smooth_fill(small[0].transpose(1, 2, 0), share[0, 0] < 1e-3)
    enlarged: Pixels = resize(filled.transpose(2, 0, 1)[None], size)[0].transpose(1, 2, 0)
    return enlarged
