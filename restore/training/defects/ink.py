"""What a mark on a print looks like, whatever its shape."""

from __future__ import annotations

from typing import Annotated, Protocol

import torch
from pydantic import AfterValidator, FiniteFloat
from torch import Generator, Tensor

from restore.training.degradations.drawing import Piece, Range, Share, ordered, some, uniform

__all__ = ["Ink", "Mark", "Span"]

Span = Annotated[tuple[FiniteFloat, FiniteFloat], AfterValidator(ordered)]
"""From low to high, of any sign."""


class Mark(Protocol):
    """A kind of damage."""

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        """Return damaged prints (B, 3, H, W)."""
        ...


class Ink(Piece):
    """What marks look like.

    Attributes:
        opacity: Range of what they hide, 0…1.
        light: Share that is lighter than most of a print: bare paper, holes in a negative.
        brown: Share of the others that is brown, not black.
        coloured: Share of any colour at all, as scratches in the layers of a colour film.
    """

    opacity: Range = (0.5, 1.0)
    light: Share = 0.6
    brown: Share = 0.2
    coloured: Share = 0.04

    def paint(self, x: Tensor, cover: Tensor, generator: Generator) -> Tensor:
        """Cover prints with a colour, to the degree `cover` (B, 1, H, W) in [0, 1]."""
        cover = cover * uniform(x, self.opacity, generator)
        return x + cover * (self.colour(x, generator) - x)

    def colour(self, x: Tensor, generator: Generator) -> Tensor:
        """Return colours (B, 3, 1, 1)."""
        tint = uniform(x, (0.0, 0.25), generator) * x.new_tensor([0.0, 0.3, 1.0]).view(1, 3, 1, 1)
        light = uniform(x, (0.6, 1.0), generator) - tint
        black = uniform(x, (-1.0, -0.5), generator).expand(-1, 3, 1, 1)
        brown = uniform(x, (-0.8, 0.0), generator) - 3 * tint
        dark = torch.where(some(x, self.brown, generator), brown, black)
        plain = torch.where(some(x, self.light, generator), light, dark)
        any_colour = torch.cat([uniform(x, (-1.0, 1.0), generator) for _ in range(3)], 1)
        return torch.where(some(x, self.coloured, generator), any_colour, plain)
