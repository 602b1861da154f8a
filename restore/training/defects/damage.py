"""Damaged prints made from clean photos, with the truth about where they are damaged."""

from __future__ import annotations

from typing import NamedTuple

import torch
from pydantic import Field
from torch import Generator, Tensor

from restore.training.defects.blobs import Blobs
from restore.training.defects.ink import Mark
from restore.training.defects.lines import Creases, Strokes, Tears
from restore.training.defects.prints import Print, Scan
from restore.training.degradations.blur import convolve
from restore.training.degradations.drawing import Piece, Share, picked, some
from restore.training.degradations.jpeg import Jpeg
from restore.training.degradations.view import View

__all__ = ["VISIBLE", "Damage", "Damaged", "Marks", "visible"]

VISIBLE = (0.12, 0.24)
"""Changes from nothing to all, in [-1, 1] units, that a person would want to be filled."""


class Damaged(NamedTuple):
    """Scans of damaged prints.

    Attributes:
        y: (B, 3, H, W) in [-1, 1].
        truth: What is to be filled, (B, 1, H, W) in [0, 1].
    """

    y: Tensor
    truth: Tensor


class Marks(Piece):
    """A kind of mark and the share of the damaged prints that has it."""

    chance: Share
    mark: Strokes | Creases | Tears | Blobs = Field(discriminator="kind")

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        """Damage some of the prints."""
        mark: Mark = self.mark
        at = picked(x, self.chance, generator)
        return x.index_copy(0, at, mark(x[at], generator).clamp(-1, 1)) if len(at) else x


DEFECTS = (
    Marks(chance=0.6, mark=Strokes()),
    Marks(chance=0.5, mark=Strokes(length=(6.0, 60.0), width=(0.6, 2.0), bend=(0.0, 0.05))),
    Marks(
        chance=0.5,
        mark=Strokes(
            length=(10.0, 70.0),
            width=(0.6, 2.0),
            turn=(0.3, 5.0),
            bend=(0.0, 0.05),
            whole=(2.0, 4.0),
            light=0.5,
        ),
    ),
    Marks(chance=0.35, mark=Creases()),
    Marks(chance=0.15, mark=Tears()),
    Marks(chance=0.6, mark=Blobs(scale=(0.8, 2.0), light=1.0)),
    Marks(chance=0.4, mark=Blobs(scale=(0.8, 2.0), light=0.0)),
    Marks(chance=0.35, mark=Blobs(scale=(2.0, 7.0), rarity=(2.4, 3.5))),
    Marks(
        chance=0.2,
        mark=Blobs(
            scale=(2.0, 5.0),
            rarity=(2.5, 3.5),
            light=0.0,
            brown=1.0,
            hardness=(0.5, 1.0),
            coloured=0.0,
        ),
    ),
)
STAINS = (
    Marks(
        chance=0.25,
        mark=Blobs(
            scale=(15.0, 50.0),
            rarity=(0.5, 1.8),
            opacity=(0.15, 0.6),
            light=0.15,
            brown=0.7,
            hardness=(0.03, 0.15),
            coloured=0.02,
        ),
    ),
)


class Damage(Piece):
    """From clean photos to damaged prints.

    Attributes:
        damaged: Share that is damaged at all; the others show what is no damage.
        print: Before the damage.
        stains: What tints a print; not to be filled.
        defects: What is to be filled.
        scan: After the damage.
        compressed: Share of the scans that are JPEGs.
        jpeg: How those are compressed.
    """

    damaged: Share = 0.7
    print: Print = Print()
    stains: tuple[Marks, ...] = STAINS
    defects: tuple[Marks, ...] = DEFECTS
    scan: Scan = Scan()
    compressed: Share = 0.6
    jpeg: Jpeg = Jpeg(quality=(40.0, 97.0))

    def __call__(self, photos: Tensor, generator: Generator) -> Damaged:
        """Damage photos (B, 3, H, W) in [-1, 1]."""
        printed = self.print(photos, generator).clamp(-1, 1)
        for marks in self.stains:
            printed = marks(printed, generator)
        x = printed
        for marks in self.defects:
            x = marks(x, generator)
        x = torch.where(some(x, self.damaged, generator), x, printed)
        optics = self.scan.optics(x, generator)
        x, printed = convolve(x, optics), convolve(printed, optics)
        y = self.scan(x, generator)
        small = self.jpeg(View.clean(y), generator).y
        y = torch.where(some(y, self.compressed, generator), small, y)
        return Damaged(y, visible(x - printed))


def visible(change: Tensor) -> Tensor:
    """Return how far a change (B, 3, H, W) can be seen, (B, 1, H, W) in [0, 1]."""
    low, high = VISIBLE
    return ((change.abs().amax(1, keepdim=True) - low) / (high - low)).clamp(0, 1)
