"""Two Gaussian views of one picture are one view.

x_t = x_0 + σ_t n_t and y = x_0 + σ_y n_y, with independent Gaussian noise, tell no more about x_0
than their precision-weighted mean z and its standard deviation σ_eff do, pixel by pixel:

    1/σ_eff² = 1/σ_t² + 1/σ_y²,   z = σ_eff² (x_t/σ_t² + y/σ_y²).

z is a sufficient statistic: p(x_0 | x_t, y) = p(x_0 | z) for every prior. Denoising (no x_t),
inpainting (σ_y is 0 or ∞) and plain diffusion (no y) become one problem, z = x_0 + σ_eff n.
"""

from __future__ import annotations

from typing import NamedTuple

from restore.diffusion.arrays import Array, namespace

__all__ = ["Fused", "fuse"]


class Fused(NamedTuple):
    """One view z (B, C, H, W) and the standard deviation σ_eff (B, 1, H, W) of its noise."""

    z: Array
    sigma_eff: Array


def fuse(
    x_t: Array | None, sigma_t: float | Array, y: Array | None, sigma_y: float | Array
) -> Fused:
    """Fuse two views of a picture into one.

    The limits are exact: where σ_y = 0, z is y itself; where σ_y = ∞, z is x_t itself and the
    values of y do not matter, be they NaN. Where both are ∞, z = 0 and σ_eff = ∞; where both
    are 0, z = y.

    Args:
        x_t: (B, C, H, W) in [-1, 1] units, or None for no such view.
        sigma_t: Standard deviation of the noise in x_t: a number, or an array that broadcasts
            against (B, 1, H, W). Ignored without x_t.
        y: (B, C, H, W), or None for no such view.
        sigma_y: The same for y; 0 and ∞ are welcome.

    Raises:
        ValueError: If both views are None.
    """
    like = x_t if x_t is not None else y
    if like is None:
        raise ValueError("fuse needs x_t or y")
    xp = namespace(like)
    x_t, sigma_t = _view(x_t, sigma_t, like)
    y, sigma_y = _view(y, sigma_y, like)

    better = xp.where(sigma_y <= sigma_t, y, x_t)
    worse = xp.where(sigma_y <= sigma_t, x_t, y)
    low, high = xp.minimum(sigma_t, sigma_y), xp.maximum(sigma_t, sigma_y)
    certain = (low == 0) | xp.isinf(high)  # the worse view adds nothing
    ratio = xp.where(certain, 0.0, low / xp.where(certain, 1.0, high)) ** 2
    return Fused(better + (worse - better) * (ratio / (1 + ratio)), low / xp.sqrt(1 + ratio))


def _view(x: Array | None, sigma: float | Array, like: Array) -> tuple[Array, Array]:
    """Return a view and its σ as (B, 1, H, W), with values that say nothing set to 0."""
    xp = namespace(like)
    if x is None:
        x, sigma = xp.zeros_like(like), float("inf")
    if isinstance(sigma, float | int):
        sigma = xp.full_like(like[:, :1], sigma)
    b, _, h, w = like.shape
    sigma = xp.broadcast_to(xp.astype(sigma, like.dtype), (b, 1, h, w))
    return xp.where(xp.isinf(sigma), 0.0, x), sigma
