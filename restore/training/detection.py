"""How well damage is found: in pixels, on prints that were made and on photos as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn import functional

from restore.engine.card import Detection
from restore.training.defects.damage import Damage

__all__ = ["Find", "measure_detector", "scores"]

Find: TypeAlias = Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]
"""From a photo (H, W, 3) in [0, 1] to the mask (H, W) bool of what is damaged."""

SEED = 21
GROWN = 2
"""Tolerance of a delivered mask, which is a pixel wider than what was found."""


def measure_detector(find: Find, photos: Tensor, damage: Damage) -> tuple[Detection, ...]:
    """Return the figures of masks as an action delivers them.

    On damaged prints, on the same prints without damage, and on the photos as they are: what is
    found on the latter two are false alarms.

    Args:
        find: Makes the masks.
        photos: Clean photos that it was not trained on, (N, 3, H, W) in [-1, 1].
        damage: How prints are made of them; its share of undamaged ones does not count.
    """
    whole, none = ({"damaged": share} for share in (1.0, 0.0))
    kinds = {
        "photos as damaged prints": damage.model_copy(update=whole),
        "photos as prints without damage": damage.model_copy(update=none),
        "photos": None,
    }
    return tuple(_measure(name, find, photos, kind) for name, kind in kinds.items())


def scores(found: Tensor, truth: Tensor, tolerance: int = 1) -> dict[str, float]:
    """Return precision, recall and F1 of pixels, to within a tolerance.

    A pixel that is found is right if damage lies within so many rows and columns of it; damage is
    found if a pixel that near is.

    Args:
        found: (B, 1, H, W) bool.
        truth: The same.
        tolerance: In pixels.
    """

    def grown(mask: Tensor) -> Tensor:
        return functional.max_pool2d(mask.float(), 2 * tolerance + 1, 1, tolerance) > 0

    def share(part: Tensor, of: Tensor) -> float:
        return float((part & of).sum() / of.sum().clamp(min=1))

    precision, recall = share(grown(truth), found), share(grown(found), truth)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return {"precision": precision, "recall": recall, "f1": f1}


def _measure(name: str, find: Find, photos: Tensor, damage: Damage | None) -> Detection:
    found, truth = [], []
    generator = Generator().manual_seed(SEED)
    for photo in torch.split(photos, 1):
        y, damaged = photo, torch.zeros_like(photo[:, :1])
        if damage is not None:
            y, damaged = damage(photo, generator)
        image = ((y[0] + 1) / 2).permute(1, 2, 0).numpy()
        found.append(torch.from_numpy(find(image))[None, None])
        truth.append(damaged >= 0.5)
    marked, damaged = torch.cat(found), torch.cat(truth)
    figures = scores(marked, damaged, GROWN)
    return Detection(
        data=name,
        pictures=len(photos),
        damaged=round(float(damaged.float().mean()), 5),
        precision=round(figures["precision"], 4),
        recall=round(figures["recall"], 4),
        marked=round(float(marked.float().mean()), 5),
    )
