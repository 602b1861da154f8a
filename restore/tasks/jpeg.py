"""Whether a photo is, or once was, a JPEG, and of about which quality."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from restore.photo import Pixels, Source

__all__ = ["JpegEstimate", "estimate_quality", "jpeg_of", "quality_of_table", "scaled_table"]

_ORDER = np.add.outer(np.arange(8), np.arange(8))
_FREQUENCIES = np.argwhere((_ORDER > 0) & (_ORDER <= 6))
_SPREAD = 0.3
"""Standard deviation that rounding to 8-bit RGB leaves around a dequantised coefficient."""
_BLOCKS = 1500
"""Blocks looked at; more bring nothing."""


@dataclass(frozen=True)
class JpegEstimate:
    """What is known of a photo's compression.

    Attributes:
        quality: 1…100 on the scale of libjpeg; 0 if there is no trace of compression.
        source: Where it is known from: "file" (its tables), "pixels", or "none".
    """

    quality: int
    source: Literal["file", "pixels", "none"]


def jpeg_of(source: Source, image: Pixels) -> JpegEstimate:
    """Return the quality that counts: the lowest of what file and pixels tell.

    A file saved again with a higher quality still shows the steps of the first time.

    Args:
        source: The photo's, with the tables of its file.
        image: Its values, (H, W, C) in [0, 1], or those of its middle.
    """
    found = estimate_quality(image)
    if source.jpeg_tables:
        told = quality_of_table(source.jpeg_tables[0])
        if not 0 < found < told - 5:
            return JpegEstimate(told, "file")
    return JpegEstimate(found, "pixels" if found else "none")


def scaled_table(quality: int) -> Pixels:
    """Return the (8, 8) luminance table of libjpeg for a quality 1…100."""
    from restore.inverse.jpeg_tables import LUMA, scaled

    return scaled(LUMA, quality)


def quality_of_table(table: tuple[int, ...]) -> int:
    """Return the quality whose luminance table is nearest to this one, by its mean log ratio.

    Args:
        table: 64 numbers in natural order; from libjpeg or from any other encoder.
    """
    own = np.log(np.maximum(np.array(table, float).reshape(8, 8), 1))
    errors = [float(np.abs(np.log(scaled_table(q)) - own).mean()) for q in range(1, 101)]
    return 1 + int(np.argmin(errors))


def estimate_quality(image: Pixels) -> int:
    """Estimate the JPEG quality from pixels alone; 0 if they show no trace of compression.

    After decompression the block DCT coefficients of the luma lie on combs whose steps are the
    quantisation table. The likelihood of these combs against a smooth density decides over the
    table and over the position of the block grid (the maximum-likelihood idea of Fan & de
    Queiroz 2003, with the comb model of Neelamani et al. 2006). The grid lies where most
    coefficients vanish, looked for at all 64 positions, so that a crop is recognised. Above a
    quality of about 96 the steps drown in rounding.

    Args:
        image: (H, W, C) in [0, 1], C = 1 or 3.
    """
    luma = _luma(image)
    if min(luma.shape) < 16:
        return 0
    offsets = [(dy, dx) for dy in range(8) for dx in range(8)]
    zeros = [_vanishing(_coefficients(luma, at, 400)) for at in offsets]
    best, found = 8.0, 0
    for i in np.argsort(zeros)[:-3:-1]:
        gains = _gains(_coefficients(luma, offsets[i], _BLOCKS), range(1, 98))
        if gains.max() > best:
            best, found = float(gains.max()), 1 + int(gains.argmax())
    return found


def _luma(image: Pixels) -> Pixels:
    """Return (H, W) on the 8-bit scale, level-shifted; of large photos the middle."""
    height, width = image.shape[:2]
    top, left = max(0, height - 1024) // 2, max(0, width - 1024) // 2
    part = np.clip(image[top : top + 1024, left : left + 1024], 0, 1) * np.float32(255)
    weights = np.array([0.299, 0.587, 0.114]) if part.shape[2] == 3 else np.ones(1)
    return np.asarray(part @ weights.astype(np.float32) - 128, np.float32)


def _coefficients(luma: Pixels, offset: tuple[int, int], count: int) -> Pixels:
    """Return (frequencies, N) DCT coefficients of at most `count` unclipped blocks of the grid."""
    grid = np.lib.stride_tricks.sliding_window_view(luma, (8, 8))[offset[0] :: 8, offset[1] :: 8]
    step = max(1, int(np.sqrt(grid.shape[0] * grid.shape[1] / count)))
    blocks = grid[::step, ::step].reshape(-1, 64)
    blocks = blocks[np.abs(blocks + 0.5).max(1) < 127]
    n = np.arange(8)
    basis = np.cos((2 * n + 1) * n[:, None] * np.pi / 16) / 2
    basis[0] /= np.sqrt(2)
    rows = np.stack([np.outer(basis[u], basis[v]).ravel() for u, v in _FREQUENCIES])
    return np.asarray(rows.astype(np.float32) @ blocks.T)


def _vanishing(coefficients: Pixels) -> float:
    """Return the share of coefficients that are zero but for rounding."""
    return float((np.abs(coefficients) < 2 * _SPREAD).mean()) if coefficients.size else 0.0


def _gains(coefficients: Pixels, qualities: range) -> Pixels:
    """Return the log-likelihood gain of the comb over a smooth density, one per quality."""
    tables = [scaled_table(q)[tuple(_FREQUENCIES.T)] for q in qualities]
    gains = np.zeros(len(tables))
    for row, steps in zip(coefficients, np.transpose(tables), strict=True):
        of_step = {step: _comb_gain(row, float(step)) for step in np.unique(steps)}
        gains += [of_step[step] for step in steps]
    return gains


def _comb_gain(c: Pixels, step: float) -> float:
    """Return Σ log of (the comb's density, one value in ten an outlier) over (a uniform one).

    Coefficients next to zero say nothing: natural ones crowd there too.
    """
    c = c[np.abs(c) > step / 2]
    error = c - step * np.round(c / step)
    peak = step / (_SPREAD * np.sqrt(2 * np.pi)) * np.exp(-0.5 * (error / _SPREAD) ** 2)
    return float(np.log(0.1 + 0.9 * peak).sum())
