"""The objective "defects": to say of each pixel of a print how probably it is damaged."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import torch
from PIL.Image import Image
from torch import Generator, Tensor
from torch.nn import functional

from restore.networks.detecting import logit
from restore.training.data.crops import Crops, open_crops
from restore.training.defects.damage import Damage, Damaged
from restore.training.detection import scores
from restore.training.objective import Losses, Module
from restore.training.objectives import ObjectiveRecipe
from restore.training.sheet import draw_sheet

__all__ = ["DefectsRecipe", "Detecting", "detection_loss"]

SEED = 20
"""Of the held-out examples."""
EXAMPLES, SHOWN, BATCH = 64, 8, 8


class DefectsRecipe(ObjectiveRecipe):
    """How damaged prints are made.

    Attributes:
        kind: "defects".
        damage: From photos to prints.
    """

    kind: Literal["defects"] = "defects"
    damage: Damage = Damage()

    @property
    def inputs(self) -> int:
        """Those of a print."""
        return 3

    @property
    def outputs(self) -> int:
        """One, which `logit` reads."""
        return 1

    def build(self, cache: Path, crop: int, device: torch.device) -> Detecting:
        """Return the objective; see `ObjectiveRecipe.build`."""
        return Detecting(self.damage, *open_crops(cache, crop, device))


class Detecting:
    """Fresh damaged prints with their losses, and figures on held-out ones.

    Args:
        damage: How prints are damaged.
        photos: To learn from.
        held_out: To be measured on.
    """

    groups: tuple[str, ...] = ("defects",)

    def __init__(self, damage: Damage, photos: Crops, held_out: Crops) -> None:
        self._damage, self._photos, self._held_out = damage, photos, held_out

    def losses(self, network: Module, size: int, generator: Generator) -> Losses:
        """Draw examples and return their losses; see `Objective.losses`."""
        prints = self._damage(self._photos.draw(size, generator), generator)
        loss = detection_loss(logit(network(prints.y)), prints.truth)
        return Losses(loss, torch.zeros(size, dtype=torch.int64, device=loss.device))

    @torch.no_grad()
    def validate(self, network: Module) -> Mapping[str, float]:
        """Return precision, recall and F1 of held-out prints; see `scores`."""
        prints = self._prints(EXAMPLES)
        parts = [logit(network(y)) > 0 for y in torch.split(prints.y, BATCH)]
        return scores(torch.cat(parts), prints.truth >= 0.5)

    @torch.no_grad()
    def sheet(self, network: Module) -> Image:
        """Draw held-out prints, what the network finds in them, and the truth."""
        prints = self._prints(SHOWN)
        found = logit(network(prints.y)).sigmoid()
        rows = [
            (str(i + 1), (prints.y[i], 2 * found[i] - 1, 2 * prints.truth[i] - 1))
            for i in range(SHOWN)
        ]
        return draw_sheet(rows, ("print", "probability", "truth"))

    def _prints(self, number: int) -> Damaged:
        photos = self._held_out.fixed(number, SEED)
        return self._damage(photos, Generator(photos.device).manual_seed(SEED))


def detection_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """Return the loss of each example, (B,).

    Cross-entropy, and one minus the soft Dice coefficient (Milletari et al. 2016), which sees rare
    damage whatever its area. Ten pixels are added to both of its terms, so that a print without
    damage is worth a loss too.

    Args:
        logits: (B, 1, H, W).
        truth: (B, 1, H, W) in [0, 1].
    """
    entropy = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    p, dims = logits.sigmoid(), (1, 2, 3)
    both, either = 2 * (p * truth).sum(dims), (p.square() + truth.square()).sum(dims)
    return 4 * entropy.mean(dims) + 1 - (both + 10) / (either + 10)
