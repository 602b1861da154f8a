"""Noise as a pure function of (seed, step, picture, channel, absolute pixel).

No generator is advanced: every pixel has a counter of its own, and a counter-based generator
(Philox4x32-10, Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3") turns it into
random bits. A window drawn alone is the window cut from the whole picture, so that tiles agree
where they overlap and the order in which they are drawn does not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from restore.diffusion.arrays import Array, as_like

__all__ = ["gaussian", "noise_like", "philox"]

Words = np.ndarray[Any, np.dtype[np.uint64]]

_MASK, _32 = np.uint64(0xFFFFFFFF), np.uint64(32)
_MULTIPLIERS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_WEYL = 0x9E3779B9, 0xBB67AE85
_BAND = 1 << 15
"""Counters per band: what one band needs stays within a processor's cache."""


def philox(counter: Sequence[Words | np.uint64], key: tuple[int, int]) -> list[Any]:
    """Return four random 32-bit words for each counter (Philox4x32, ten rounds).

    Args:
        counter: Four 32-bit words, each a uint64 number or array; they broadcast together.
        key: Two 32-bit words.

    Returns:
        Four uint64 arrays of 32-bit words.
    """
    c0, c1, c2, c3 = counter
    for r in range(10):
        k0, k1 = (
            np.uint64((k + r * weyl) & 0xFFFFFFFF) for k, weyl in zip(key, _WEYL, strict=True)
        )
        p0, p1 = _MULTIPLIERS[0] * c0, _MULTIPLIERS[1] * c2
        c0, c1, c2, c3 = (p1 >> _32) ^ c1 ^ k0, p1 & _MASK, (p0 >> _32) ^ c3 ^ k1, p0 & _MASK
    return [c0, c1, c2, c3]


def gaussian(
    seed: int, step: int, shape: tuple[int, int, int, int], origin: tuple[int, int] = (0, 0)
) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Draw standard normal noise for a window of a picture.

    The same arguments give the same values in every process; between machines they may differ
    in the last bit of a float32 where the C libraries' logarithms do.

    Args:
        seed: Any integer; its lowest 64 bits count.
        step: Which draw this is, 0 ≤ step < 2³².
        shape: (B, C, H, W) of the window; fewer than 2¹⁶ pictures and channels.
        origin: (row, column) of the window's first pixel in the picture; may be negative.

    Returns:
        float32 (B, C, H, W).
    """
    b, c, h, w = shape
    row, column = origin
    first, last = column // 4, -(-(column + w) // 4)  # a counter serves four neighbours in a row
    blocks, skip = _words(np.arange(first, last)), column - 4 * first
    key = seed & 0xFFFFFFFF, seed >> 32 & 0xFFFFFFFF
    out = np.empty((b * c * h, w), np.float32)
    height = max(1, _BAND // max(1, last - first))
    for top in range(0, len(out), height):
        band = out[top : top + height]
        plane, line = np.divmod(np.arange(top, top + len(band))[:, None], h)
        picture, channel = np.divmod(plane, c)
        words = (blocks, _words(row + line), _words(picture << 16 | channel), np.uint64(step))
        band[:] = _normal(philox(words, key))[:, skip : skip + w]
    return out.reshape(shape)


def noise_like(x: Array, seed: int, origin: tuple[int, int] = (0, 0)) -> Callable[[int], Array]:
    """Return the function step → noise that samplers take: shape, library and dtype are x's."""
    return lambda step: as_like(gaussian(seed, step, tuple(x.shape), origin), x)


def _words(integers: np.ndarray[Any, Any]) -> Words:
    """Return integers modulo 2³²."""
    return integers.astype(np.uint64) & _MASK


def _normal(words: list[Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Turn four (H, N) arrays of words into (H, 4N) normal variates (Box & Muller 1958)."""
    u = [(w + 0.5) * 2.0**-32 for w in words]  # within (0, 1)
    out = np.empty((*words[0].shape, 4))
    for i in (0, 2):
        radius, angle = np.sqrt(-2 * np.log(u[i])), 2 * np.pi * u[i + 1]
        out[..., i], out[..., i + 1] = radius * np.cos(angle), radius * np.sin(angle)
    return out.reshape(len(out), -1)
