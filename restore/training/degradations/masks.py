"""Places of which nothing is known: scratches, strokes, dust, boxes, text, torn edges."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Generator, Tensor
from torch.nn import functional

from restore.training.degradations.drawing import Piece, Range, Share, uniform
from restore.training.degradations.glyphs import strips
from restore.training.degradations.view import View

__all__ = ["Mask", "curves"]

SEGMENTS = 8
"""Straight pieces of a curve."""

Shape = Literal["scratch", "stroke", "dust", "box", "text", "tear"]


class Mask(Piece):
    """Marks parts of the picture as unknown, and takes them away.

    Attributes:
        shapes: Which marks there are; each example has up to three kinds of them.
        scratch_width: Range of the width of scratches, in pixels.
        stroke_width: Range of the width of painted strokes.
        most: Greatest share of a side that a box covers.
    """

    kind: Literal["mask"] = "mask"
    shapes: Annotated[tuple[Shape, ...], Field(min_length=1)] = (
        "scratch",
        "stroke",
        "dust",
        "box",
        "text",
        "tear",
    )
    scratch_width: Range = (1.0, 5.0)
    stroke_width: Range = (4.0, 14.0)
    most: Share = 0.4

    def __call__(self, view: View, generator: Generator) -> View:
        """Take parts of every picture away."""
        marked = self.draw(view.y, generator)
        noise = torch.where(marked, torch.inf, view.noise)
        return replace(view, y=torch.where(marked, 0.0, view.y), noise=noise)

    def draw(self, like: Tensor, generator: Generator) -> Tensor:
        """Return masks (B, 1, H, W) of booleans for pictures (B, C, H, W)."""
        lots = torch.rand(len(like), len(self.shapes), device=like.device, generator=generator)
        wanted = torch.rand(len(like), 1, device=like.device, generator=generator)
        count = 1 + (wanted * min(3, len(self.shapes))).floor()
        drawn = lots.argsort(1).argsort(1) < count
        marked = torch.zeros_like(like[:, :1], dtype=torch.bool)
        for number, shape in enumerate(self.shapes):
            at = torch.nonzero(drawn[:, number])[:, 0]
            if len(at):
                marked[at] |= self._draw(shape, like[at], generator)
        return marked

    def _draw(self, shape: Shape, like: Tensor, generator: Generator) -> Tensor:
        if shape == "scratch":
            return curves(like, 4, self.scratch_width, 0.15, generator)
        if shape == "stroke":
            return curves(like, 2, self.stroke_width, 0.6, generator)
        if shape == "dust":
            return _dust(like, generator)
        if shape == "box":
            return _box(like, self.most, generator)
        return _text(like, generator) if shape == "text" else _tear(like, generator)


def curves(
    like: Tensor, count: int, width: tuple[float, float], bend: float, generator: Generator
) -> Tensor:
    """Return masks (B, 1, H, W) of quadratic Bézier curves with random ends.

    Args:
        like: (B, C, H, W).
        count: Curves in each picture.
        width: Range of their widths in pixels.
        bend: How far the middle may leave the straight line, as a share of the picture's side.
        generator: Where ends and widths come from.
    """
    batch, _, height, width_of_picture = like.shape
    size = torch.tensor([height, width_of_picture], device=like.device, dtype=like.dtype)

    def points(low: float, high: float) -> Tensor:
        lot = torch.rand(batch, count, 2, device=like.device, generator=generator)
        return (low + (high - low) * lot) * size

    start, end = points(-0.1, 1.1), points(-0.1, 1.1)
    middle = (start + end) / 2 + points(-bend, bend)
    t = torch.linspace(0, 1, SEGMENTS + 1, device=like.device)[:, None]
    path = (
        (1 - t) ** 2 * start[:, :, None]
        + 2 * t * (1 - t) * middle[:, :, None]
        + t**2 * end[:, :, None]
    )
    a, b = path[:, :, :-1].flatten(1, 2), path[:, :, 1:].flatten(1, 2)
    squared = _squared_distance(like, a, b).view(batch, count, SEGMENTS, height, width_of_picture)
    lot = torch.rand(batch, count, 1, 1, device=like.device, generator=generator)
    half = (width[0] + (width[1] - width[0]) * lot) / 2
    return (squared.amin(2) < half**2).any(1, keepdim=True)


def _squared_distance(like: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Return how far every pixel is from segments a (B, N, 2) to b (B, N, 2), (B, N, H, W)."""
    y, x = _grid(like)
    d = b - a
    d = d / ((d**2).sum(2, keepdim=True) + 1e-6)
    from_a_y, from_a_x = y - a[:, :, 0, None, None], x - a[:, :, 1, None, None]
    t = (from_a_y * d[:, :, 0, None, None] + from_a_x * d[:, :, 1, None, None]).clamp_(0, 1)
    step_y, step_x = (b - a)[:, :, :, None, None].unbind(2)
    return (from_a_y - t * step_y).square_().add_((from_a_x - t * step_x).square_())


def _grid(like: Tensor) -> tuple[Tensor, Tensor]:
    height, width = like.shape[2:]
    rows = torch.arange(height, device=like.device, dtype=like.dtype)
    columns = torch.arange(width, device=like.device, dtype=like.dtype)
    return rows[:, None], columns[None]


def _dust(like: Tensor, generator: Generator) -> Tensor:
    density = 0.003 * uniform(like, (0.0, 1.0), generator) ** 2
    lot = torch.rand(len(like), 1, *like.shape[2:], device=like.device, generator=generator)
    small = functional.max_pool2d((lot < density).float(), 3, 1, 1)
    large = functional.max_pool2d((lot < density / 10).float(), 7, 1, 3)
    return torch.maximum(small, large) > 0


def _box(like: Tensor, most: float, generator: Generator) -> Tensor:
    y, x = _grid(like)
    height, width = like.shape[2:]
    top, left = (uniform(like, (0.0, 1.0), generator) for _ in range(2))
    tall, wide = (0.05 + most * uniform(like, (0.0, 1.0), generator) ** 2 for _ in range(2))
    rows = (y - top * height).abs() < tall * height / 2
    return rows & ((x - left * width).abs() < wide * width / 2)


def _text(like: Tensor, generator: Generator) -> Tensor:
    atlas = strips().to(like.device, like.dtype)
    batch, (height, width) = len(like), like.shape[2:]
    pick = torch.randint(len(atlas), (batch,), device=like.device, generator=generator)
    angle = uniform(like, (-0.4, 0.4), generator)[:, 0]
    scale = uniform(like, (0.7, 2.0), generator)[:, 0]
    top, left = (uniform(like, (0.1, 0.9), generator)[:, 0] for _ in range(2))
    y, x = _grid(like)
    y, x = y - top * height, x - left * width
    along = (x * angle.cos() + y * angle.sin()) / scale / (atlas.shape[3] / 2)
    across = (y * angle.cos() - x * angle.sin()) / scale / (atlas.shape[2] / 2)
    return functional.grid_sample(
        atlas[pick], torch.stack([along, across], -1), align_corners=False
    ).gt(0.5)


def _tear(like: Tensor, generator: Generator) -> Tensor:
    """Return a ragged loss along one of the four edges."""
    batch, (height, width) = len(like), like.shape[2:]
    y, x = _grid(like)
    edge = torch.randint(4, (batch, 1, 1, 1), device=like.device, generator=generator)
    depth = torch.where(edge == 0, y + 0 * x, torch.where(edge == 1, height - 1 - y + 0 * x, 0.0))
    depth = torch.where(edge == 2, x + 0 * y, torch.where(edge == 3, width - 1 - x + 0 * y, depth))
    along = torch.where(edge < 2, x / width + 0 * y, y / height + 0 * x)
    reach = 0.03 * max(height, width) * torch.ones_like(depth)
    for waves in (1, 3, 8):
        phase = uniform(like, (0.0, 2 * math.pi), generator)
        size = uniform(like, (0.0, 0.12), generator) * max(height, width) / waves
        reach = reach + size * torch.sin(2 * math.pi * waves * along + phase)
    return depth < reach
