"""Small blocks of a photo and their frequencies, where noise shows apart from the picture."""

from __future__ import annotations

import numpy as np

from restore.photo import Pixels

__all__ = ["HIGH", "HIGHEST", "LOW", "MIDDLE", "by_brightness", "clipped"]
__all__ += ["flattest", "median_variance", "overlapping", "spectra_of"]

_BLOCK = 8
_ORDER = np.add.outer(np.arange(_BLOCK), np.arange(_BLOCK)).ravel()
LOW = (_ORDER > 0) & (_ORDER <= 3)
MIDDLE = (_ORDER >= 4) & (_ORDER <= 6)
HIGH = _ORDER >= 8
HIGHEST = _ORDER >= 11


def overlapping(windows: Pixels) -> Pixels:
    """Return overlapping blocks (N, C, 8, 8) of windows (n, h, w, C)."""
    if min(windows.shape[1:3]) < _BLOCK:
        return np.empty((0, windows.shape[3], _BLOCK, _BLOCK), np.float32)
    step = next(s for s in (1, 3, 5) if windows[..., 0].size / s**2 < 60_000 or s == 5)
    view = np.lib.stride_tricks.sliding_window_view(windows, (_BLOCK, _BLOCK), axis=(1, 2))
    chosen = view[:, ::step, ::step]
    return np.ascontiguousarray(chosen).reshape(-1, windows.shape[3], _BLOCK, _BLOCK)


def spectra_of(blocks: Pixels) -> Pixels:
    """Return the orthonormal two-dimensional DCT of blocks, (N, C, 64)."""
    n = np.arange(_BLOCK)
    one = np.cos((2 * n + 1) * n[:, None] * np.pi / (2 * _BLOCK)) / 2
    one[0] /= np.sqrt(2)
    dct: Pixels = np.kron(one, one).astype(np.float32)
    return blocks.reshape(*blocks.shape[:2], -1) @ dct.T


def clipped(blocks: Pixels) -> Pixels:
    """Return which values lie exactly on black and on white, (2, N, C, 8, 8)."""
    return np.stack([blocks == 0, blocks == 1])


def by_brightness(brightness: Pixels) -> list[Pixels]:
    """Return the indices of blocks (N,) in up to 12 equal parts, from dark to light."""
    parts = int(np.clip(len(brightness) // 1500, 1, 12))
    return np.array_split(np.argsort(brightness, kind="stable"), parts)


def flattest(spectra: Pixels, fraction: float, least: int = 32) -> Pixels:
    """Return the indices of the blocks with the least low-frequency energy, flattest first."""
    energy = np.square(spectra[..., LOW]).mean((1, 2))
    return np.argsort(energy, kind="stable")[: max(least, int(len(energy) * fraction))]


def median_variance(energies: Pixels, n: int) -> float:
    """Return the variance whose mean squares over `n` values have this median (χ² of order n)."""
    return float(np.median(energies)) / (1 - 2 / (9 * n)) ** 3
