"""Long damage: scratches and hairs, creases, tears."""

from __future__ import annotations

import math
from typing import Literal

import torch
from pydantic import Field
from torch import Generator, Tensor

from restore.training.defects.ink import Ink, Span
from restore.training.defects.strokes import Stroke, coverage, wander
from restore.training.degradations.drawing import Range, Share, log_uniform, uniform

__all__ = ["Creases", "Strokes", "Tears"]


class Lines(Ink):
    """What scratches and folds share.

    Attributes:
        count: The most in a picture.
        length: Range of their length, pixels.
        width: Range of their width, pixels.
        turn: Range of the angle that they turn over their length.
        bend: Range of how far they wander sideways, as a share of their length.
        whole: Range of how whole they are; below 0 they are mostly gaps.
    """

    count: int = Field(4, ge=1)
    length: Range = (12.0, 600.0)
    width: Range = (0.6, 4.0)
    turn: Span = (0.0, 0.7)
    bend: Span = (0.0, 0.02)
    whole: Span = (-0.8, 4.0)

    def kept(self, x: Tensor, along: Tensor, generator: Generator) -> Tensor:
        """Return which parts of broken lines are there, (B, 1, H, W) in [0, 1]."""
        gaps = wander(along, log_uniform(x, (1.5, 25.0), generator), generator)
        return ((uniform(x, self.whole, generator) + gaps) / 0.4).clamp(0, 1)


class Strokes(Lines):
    """Scratches and hairs.

    Attributes:
        kind: "strokes".
    """

    kind: Literal["strokes"] = "strokes"

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        """Draw one to `count` strokes on each print."""
        number = uniform(x, (0.0, float(self.count)), generator)
        for i in range(self.count):
            x = self.paint(x, self._stroke(x, generator) * (number >= i), generator)
        return x

    def _stroke(self, x: Tensor, generator: Generator) -> Tensor:
        length = log_uniform(x, self.length, generator)
        turn = uniform(x, self.turn, generator)
        stroke = Stroke.anywhere(x, length, turn, generator)
        bend = uniform(x, self.bend, generator) * length.clamp(max=150)
        stroke = stroke.bent(bend, length / uniform(x, (2.0, 8.0), generator), generator)
        stroke = rough(stroke, x, generator)
        along, soft = stroke.along, uniform(x, (1.0, 2.0), generator)
        width = log_uniform(x, self.width, generator)
        swell = 1 + 0.4 * wander(along, uniform(x, (5.0, 40.0), generator), generator)
        ends = ((length / 2 - along.abs()) / (0.2 * length)).clamp(0, 1)
        thick = width * swell.clamp(min=0.2) * (0.3 + 0.7 * ends)
        return coverage(stroke.across, thick, soft) * (ends > 0) * self.kept(x, along, generator)


class Creases(Lines):
    """Folds: paper shows in a broken core, and the bent surface has a light and a dark side.

    Attributes:
        kind: "creases".
        relief: Range of how much lighter and darker the sides are, in [-1, 1] units.
        spread: Range of the distance of the sides, pixels.
    """

    kind: Literal["creases"] = "creases"
    count: int = Field(2, ge=1)
    length: Range = (40.0, 2000.0)
    width: Range = (0.5, 3.0)
    turn: Span = (0.0, 0.3)
    bend: Span = (0.0, 0.01)
    whole: Span = (-1.0, 2.0)
    light: Share = 0.9
    relief: Span = (0.0, 0.3)
    spread: Range = (1.0, 3.0)

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        """Fold each print one to `count` times."""
        number = uniform(x, (0.0, float(self.count)), generator)
        for i in range(self.count):
            x = torch.where(number >= i, self._fold(x, generator), x)
        return x

    def _fold(self, x: Tensor, generator: Generator) -> Tensor:
        length = log_uniform(x, self.length, generator)
        stroke = Stroke.anywhere(x, length, uniform(x, self.turn, generator), generator)
        bend = uniform(x, self.bend, generator) * length.clamp(max=150)
        stroke = stroke.bent(bend, uniform(x, (20.0, 80.0), generator), generator)
        ends = ((length / 2 - stroke.along.abs()) / (0.2 * length)).clamp(0, 1)
        aside = stroke.across / uniform(x, self.spread, generator)
        slope = aside * torch.exp((1 - aside.square()) / 2)
        x = x + ends * uniform(x, self.relief, generator) * slope
        torn = rough(stroke, x, generator)
        width = log_uniform(x, self.width, generator) * (0.3 + 0.7 * ends)
        core = coverage(torn.across, width, uniform(x, (1.0, 1.5), generator)) * (ends > 0)
        return self.paint(x, core * self.kept(x, torn.along, generator), generator)


class Tears(Ink):
    """Cracks that run inwards from a border and narrow on their way.

    Attributes:
        kind: "tears".
        length: Range of their length, pixels.
        width: Range of their width at the border, pixels.
    """

    kind: Literal["tears"] = "tears"
    opacity: Range = (0.8, 1.0)
    light: Share = 0.8
    length: Range = (10.0, 120.0)
    width: Range = (2.0, 14.0)

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        """Tear each print once."""
        height, width = x.shape[2:]
        at = uniform(x, (0.0, 1.0), generator)
        side = (4 * uniform(x, (0.0, 1.0), generator)).floor()
        upright, far = side % 2 == 0, (side >= 2).float()
        place = torch.cat(
            [
                torch.where(upright, far * width, at * width),
                torch.where(upright, at * height, far * height),
            ],
            1,
        )
        inwards = torch.where(upright, far * math.pi, (0.5 + far) * math.pi)
        angle = inwards + uniform(x, (-1.0, 1.0), generator)
        length = log_uniform(x, self.length, generator)
        curvature = (uniform(x, (0.0, 1.0), generator) / length).clamp(min=1e-5)
        stroke = Stroke.through(x, place, angle, curvature)
        stroke = stroke.bent(uniform(x, (0.0, 3.0), generator), length / 5, generator)
        stroke = rough(stroke, x, generator)
        left = (1 - stroke.along / length) * (stroke.along > -length / 2)
        thick = log_uniform(x, self.width, generator) * left.clamp(0, 1.5)
        cover = coverage(stroke.across, thick, torch.ones_like(length)) * (left > 0)
        return self.paint(x, cover, generator)


def rough(stroke: Stroke, x: Tensor, generator: Generator) -> Stroke:
    """Return strokes that waver by less than a pixel or two, as edges of paper do."""
    period = uniform(x, (1.0, 4.0), generator)
    return stroke.bent(uniform(x, (0.0, 0.7), generator), period, generator)
