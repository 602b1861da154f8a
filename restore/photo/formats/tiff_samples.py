"""What the samples of a TIFF mean: their depth, and the colours of inks and Lab."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from restore.photo.colour.conversion import cmyk_to_rgb, lab_to_rgb
from restore.photo.metadata import Metadata
from restore.photo.photo import Pixels

__all__ = ["depth_of", "to_rgb", "told_peak"]

_PALETTE, _CMYK, _CIELAB, _ICCLAB = 3, 5, 8, 9
_MAX_SAMPLE_VALUE = 281
_PEAKS = (2**10 - 1, 2**12 - 1, 2**14 - 1)


def depth_of(samples: Pixels, page: Any) -> tuple[int, int]:
    """Return `Source.bits` and `Source.peak` of samples as they were decoded.

    MaxSampleValue is for statistics (TIFF 6.0), and only believed where it is the largest number
    of 10, 12 or 14 bits, as scanners and microscopes write it.
    """
    bits = page.bitspersample
    if samples.dtype == np.float16 or (samples.dtype == np.uint16 and bits < 16):
        return bits, 0
    peak = told_peak(page)
    return (peak.bit_length(), peak) if peak and samples.max() <= peak else (0, 0)


def told_peak(page: Any) -> int:
    """Return the largest number that a page says it holds, if that is to be believed; else 0."""
    largest = np.atleast_1d(page.tags.valueof(_MAX_SAMPLE_VALUE, default=0))
    peak = int(largest[0]) if largest.dtype.kind in "iu" and largest.size else 0
    whole = page.dtype == np.uint16 and int(page.photometric) != _PALETTE
    return peak if whole and peak in _PEAKS and bool((largest == peak).all()) else 0


def to_rgb(
    samples: Pixels, page: Any, metadata: Metadata
) -> tuple[Pixels, Metadata, tuple[str, ...]]:
    """Return inks and Lab as RGB, with the profile of what they became and a note of it."""
    kind = int(page.photometric)
    if kind == _CMYK:
        colours, icc, note = cmyk_to_rgb(samples[:, :, :4], metadata.icc)
        samples = np.concatenate([colours, samples[:, :, 4:]], axis=2)
    elif kind in (_CIELAB, _ICCLAB):
        colours, icc, note = lab_to_rgb(samples[:, :, :3], lambda rows: _lab(rows, kind))
        samples = np.concatenate([colours, samples[:, :, 3:].view(colours.dtype)], axis=2)
    else:
        return samples, metadata, ()
    return samples, replace(metadata, icc=icc), (note,)


def _lab(samples: Pixels, kind: int) -> Pixels:
    """Return L* from 0 to 100, a* and b* from -128 to 127.

    CIELab has a* and b* with a sign (TIFF 6.0, section 23), ICCLab from 128 upwards; in 16 bits
    these are 256 times as much, and L* is at most 65535 or 65280 (Adobe Photoshop TIFF technical
    notes, 2002; ICC.1:1998, annex A).
    """
    bits, fine = 8 * samples.dtype.itemsize, samples.dtype.itemsize == 2
    white = (65280 if kind == _ICCLAB else 65535) if fine else 255
    lightness = samples[:, :, :1].view(f"u{bits // 8}").astype(np.float32) * (100 / white)
    if kind == _ICCLAB:
        hues = samples[:, :, 1:].view(f"u{bits // 8}").astype(np.float32) - 2 ** (bits - 1)
    else:
        hues = samples[:, :, 1:].view(f"i{bits // 8}").astype(np.float32)
    return np.concatenate([lightness, hues / (256 if fine else 1)], axis=2)
