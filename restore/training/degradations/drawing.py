"""Drawing the strengths of degradations, one for each example of a batch."""

from __future__ import annotations

import math
from typing import Annotated

import torch
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from torch import Generator, Tensor
from torch.nn import functional

__all__ = [
    "Piece",
    "Range",
    "Share",
    "chosen",
    "eight_bits",
    "local_mean",
    "log_uniform",
    "normal",
    "ordered",
    "picked",
    "some",
    "uniform",
]


def ordered(bounds: tuple[float, float]) -> tuple[float, float]:
    """Refuse a range that goes down."""
    if not bounds[0] <= bounds[1]:
        raise ValueError(f"a range goes from low to high, not from {bounds[0]} to {bounds[1]}")
    return bounds


Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Range = Annotated[tuple[Positive, Positive], AfterValidator(ordered)]
"""From low to high, both more than 0."""
Share = Annotated[float, Field(ge=0, le=1)]


class Piece(BaseModel):
    """A degradation as a table of a recipe. Noise there is in [0, 1] units, white being 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def uniform(like: Tensor, bounds: tuple[float, float], generator: Generator) -> Tensor:
    """Return numbers (B, 1, 1, 1), uniform within bounds."""
    number = torch.rand(len(like), 1, 1, 1, device=like.device, generator=generator)
    return bounds[0] + (bounds[1] - bounds[0]) * number


def log_uniform(like: Tensor, bounds: tuple[float, float], generator: Generator) -> Tensor:
    """Return numbers (B, 1, 1, 1) whose logarithms are uniform."""
    low, high = (math.log(bound) for bound in bounds)
    return uniform(like, (low, high), generator).exp()


def some(like: Tensor, share: float, generator: Generator) -> Tensor:
    """Return booleans (B, 1, 1, 1), each true with probability `share`."""
    return uniform(like, (0.0, 1.0), generator) < share


def picked(like: Tensor, share: float, generator: Generator) -> Tensor:
    """Return the indices (N,) of examples, each picked with probability `share`."""
    return torch.nonzero(some(like, share, generator).flatten())[:, 0]


def chosen(like: Tensor, count: int, generator: Generator) -> Tensor:
    """Return whole numbers (B,) below `count`, all equally probable."""
    return torch.randint(count, (len(like),), device=like.device, generator=generator)


def normal(like: Tensor, generator: Generator) -> Tensor:
    """Return standard normal numbers shaped like a tensor."""
    return torch.randn(like.shape, device=like.device, dtype=like.dtype, generator=generator)


def eight_bits(x: Tensor) -> Tensor:
    """Clip to [-1, 1] and round to the 256 levels of a file."""
    return ((x.clamp(-1, 1) + 1) * 127.5).round() / 127.5 - 1


def local_mean(x: Tensor, radius: int = 8) -> Tensor:
    """Return the mean over squares of 2·radius + 1 pixels, without what lies beyond the border."""
    side = 2 * radius + 1
    rows = functional.avg_pool2d(x, (1, side), 1, (0, radius), count_include_pad=False)
    return functional.avg_pool2d(rows, (side, 1), 1, (radius, 0), count_include_pad=False)
