"""Finding scratches, dust, creases and spots: from a detector's probabilities to a mask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from restore.photo import Pixels

if TYPE_CHECKING:
    from restore.hooks.action import Detector

__all__ = ["find_defects", "mask_of", "probability_of_defects"]

_LEARNT = 1600
"""Longer side in pixels up to which damage is as wide as the detector learnt it."""
_GROWTH = 1
"""Pixels by which the mask grows: the edge of a scratch is paler than what is detected."""
_WEAK = 0.4
"""Share of the threshold from which pixels belong to a defect that they touch."""
_EDGES = np.ones((3, 3), bool)


def find_defects(image: Pixels, detector: Detector, sensitivity: float) -> Pixels:
    """Return what is to be filled, (H, W) bool.

    Args:
        image: (H, W, C) in [0, 1].
        detector: The model.
        sensitivity: From 0, hardly anything, to 1, whatever may be damaged; the threshold is one
            minus its square, 0.75 in the middle, for filling what is sound is the worse mistake.
    """
    return mask_of(probability_of_defects(image, detector), 1 - sensitivity**2)


def probability_of_defects(image: Pixels, detector: Detector) -> Pixels:
    """Return how probably each pixel is damaged, (H, W) float32 in [0, 1].

    Damage is wider in pixels the finer a print was scanned: large photos are also looked at in
    half the size, and half of that, and the highest probability counts.
    """
    from restore.inverse import resize
    from restore.tasks.posterior import in_range, seen_by_prior

    x = np.asarray(seen_by_prior(in_range(image, 0.0)[0]), np.float32)
    probability = detector(x)
    size = image.shape[:2]
    while max(x.shape[2:]) > _LEARNT:
        x = resize(x, tuple(-(-side // 2) for side in x.shape[2:]), "area")
        probability = np.maximum(probability, resize(detector(x), size))
    highest: Pixels = probability[0, 0]
    return highest


def mask_of(probability: Pixels, threshold: float) -> Pixels:
    """Turn probabilities into a mask.

    Pixels above the threshold count, and those above a lower one that they touch directly or
    through others (hysteresis, Canny 1986); the mask then grows by a pixel.

    Args:
        probability: (H, W).
        threshold: In [0, 1]; kept away from both ends.
    """
    from scipy.ndimage import binary_dilation, label

    threshold = min(max(threshold, 0.02), 0.98)
    strong, weak = probability >= threshold, probability >= _WEAK * threshold
    labels, count = label(weak, _EDGES)
    kept = np.zeros(count + 1, bool)
    kept[labels[strong]] = True
    kept[0] = False
    mask: Pixels = binary_dilation(kept[labels], _EDGES, iterations=_GROWTH)
    return mask
