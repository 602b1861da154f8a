"""Long thin marks: arcs of circles that wander, swell and break."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from restore.training.degradations.drawing import uniform

__all__ = ["Stroke", "coverage", "wander"]

KNOTS = 64


@dataclass(frozen=True, eq=False)
class Stroke:
    """Coordinates of every pixel in the frame of an arc, one a picture; each (B, 1, H, W) pixels.

    Attributes:
        along: Length along the arc, 0 at its middle.
        across: Signed distance from the arc.
    """

    along: Tensor
    across: Tensor

    @classmethod
    def through(cls, like: Tensor, place: Tensor, angle: Tensor, curvature: Tensor) -> Stroke:
        """Return arcs through given points.

        Args:
            like: (B, C, H, W), for the number and size of the pictures.
            place: Column and row of the middle in pixels, (B, 2, 1, 1).
            angle: Direction there, (B, 1, 1, 1).
            curvature: One by the radius, above 0, (B, 1, 1, 1).
        """
        rows = torch.arange(like.shape[2], device=like.device)[:, None] - place[:, 1:]
        columns = torch.arange(like.shape[3], device=like.device) - place[:, :1]
        cos, sin = angle.cos(), angle.sin()
        a, b = columns * cos + rows * sin, rows * cos - columns * sin
        # 1 - √(κ²a² + (1 - κb)²) over κ, in a form that holds for straight lines too.
        root = ((curvature * a).square() + (1 - curvature * b).square()).sqrt()
        across = (2 * b - curvature * (a.square() + b.square())) / (1 + root)
        return cls(torch.atan2(curvature * a, 1 - curvature * b) / curvature, across)

    @classmethod
    def anywhere(cls, like: Tensor, length: Tensor, turn: Tensor, generator: Generator) -> Stroke:
        """Return arcs with their middles anywhere in the pictures, in any direction.

        Args:
            like: (B, C, H, W).
            length: Of the arcs in pixels, (B, 1, 1, 1).
            turn: By what angle they turn over this length, (B, 1, 1, 1).
            generator: Source of randomness.
        """
        size = torch.tensor([like.shape[3], like.shape[2]], device=like.device).view(1, 2, 1, 1)
        draws = [uniform(like, (0.0, 1.0), generator) for _ in range(2)]
        angle = uniform(like, (0.0, 2 * math.pi), generator)
        curvature = (turn / length).clamp(min=1e-5)
        return cls.through(like, torch.cat(draws, 1) * size, angle, curvature)

    def bent(self, amplitude: Tensor, period: Tensor, generator: Generator) -> Stroke:
        """Return the strokes displaced sideways by random functions of their length."""
        return Stroke(self.along, self.across + amplitude * wander(self.along, period, generator))


def wander(along: Tensor, period: Tensor, generator: Generator) -> Tensor:
    """Return a random function of each picture's coordinate: normal knots, linear in between.

    Args:
        along: (B, 1, H, W).
        period: Distance of the knots, (B, 1, 1, 1).
        generator: Source of randomness.
    """
    knots = torch.randn(len(along), KNOTS, device=along.device, generator=generator)
    at = along / period
    left = at.floor()
    index = left.long().remainder(KNOTS).flatten(1)
    low = knots.gather(1, index).view(at.shape)
    high = knots.gather(1, (index + 1).remainder(KNOTS)).view(at.shape)
    return low + (high - low) * (at - left)


def coverage(across: Tensor, width: Tensor, soft: Tensor) -> Tensor:
    """Return how far a line covers each pixel, [0, 1].

    Args:
        across: Distance from its middle.
        width: Of the line, pixels; one thinner than its edge covers no pixel wholly.
        soft: Width of its edge, pixels.
    """
    inside = ((width + soft) / 2 - across.abs()) / soft
    return inside.clamp(min=0).minimum((width / soft).clamp(0, 1))
