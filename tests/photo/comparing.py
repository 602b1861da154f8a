"""Whether what was written and read again is the photo that it was."""

from __future__ import annotations

import numpy as np

from restore.photo import Photo
from restore.photo.depth import peak

__all__ = ["difference", "same"]


def difference(again: Photo, photo: Photo) -> str:
    """Return how a photo that was read again differs from what was written; empty if it does not.

    Every bit counts, with three exceptions: gray may have become RGB, an alpha that is opaque
    everywhere may have gone, and a format that says that it holds fewer bits (12 of 16, say) may
    have rounded to them.
    """
    if again.size != photo.size:
        return f"{again.size} instead of {photo.size}"
    if again.pixels.dtype != photo.pixels.dtype:
        return f"{again.pixels.dtype} instead of {photo.pixels.dtype}"
    if (again.alpha is None) != (photo.alpha is None):
        opaque = photo.alpha is not None and (photo.alpha == peak(photo.alpha.dtype)).all()
        return "" if opaque and _equal(*_colours(again, photo)) else "alpha has come or gone"
    if again.pixels.shape[2] < photo.pixels.shape[2]:
        return "colour has gone"
    if not _equal(*_colours(again, photo)):
        return "other pixels"
    if photo.alpha is not None and not _equal(again.alpha, photo.alpha, _rounding(again, photo)):
        return "another alpha"
    return ""


def same(again: Photo, photo: Photo) -> None:
    """Hold a photo to be the same as another."""
    assert not difference(again, photo)


def _colours(again: Photo, photo: Photo) -> tuple[np.ndarray, np.ndarray, float]:
    return again.pixels, photo.pixels, _rounding(again, photo)


def _rounding(again: Photo, photo: Photo) -> float:
    bits = getattr(again.source, "bits", 0)
    if not bits or bits == getattr(photo.source, "bits", 0):
        return 0
    if photo.pixels.dtype.kind == "f":
        return 0.001  # of each value: half floats
    return peak(photo.pixels.dtype) / (2**bits - 1)


def _equal(a: np.ndarray | None, b: np.ndarray, rounding: float) -> bool:
    assert a is not None
    b = np.broadcast_to(b, a.shape)
    if not rounding:
        return np.array_equal(a, b)
    relative = rounding if a.dtype.kind == "f" else 0
    return np.allclose(a.astype(float), b.astype(float), rtol=relative, atol=rounding)
