"""White noise, the same everywhere or stronger in the lights (Poisson–Gaussian)."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import torch
from pydantic import Field
from torch import Generator, Tensor

from restore.training.degradations.drawing import (
    Piece,
    Range,
    Share,
    eight_bits,
    local_mean,
    log_uniform,
    normal,
    some,
    uniform,
)
from restore.training.degradations.view import View

__all__ = ["Gaussian"]


class Gaussian(Piece):
    """y + σ √(1 − f + 2f b) n for a brightness b in [0, 1] (Foi et al. 2008).

    Attributes:
        sigma: Range of σ, the standard deviation at middle gray.
        dependence: Greatest share f of the variance that grows with the brightness; half of the
            examples have none.
        misjudged: Standard deviation of the natural logarithm of what an estimate is off by.
        files: Share of the examples that are clipped and rounded to 8 bits.
    """

    kind: Literal["gaussian"] = "gaussian"
    sigma: Range = (0.005, 0.25)
    dependence: Share = 1.0
    misjudged: float = Field(0.1, ge=0, le=1)
    files: Share = 0.5

    def __call__(self, view: View, generator: Generator) -> View:
        """Add noise; its map is what the noisy picture itself lets one say."""
        y = view.y
        level = 2 * log_uniform(y, self.sigma, generator)
        share = uniform(y, (0.0, self.dependence), generator) * some(y, 0.5, generator)

        def spread(picture: Tensor) -> Tensor:
            return level * torch.sqrt(1 - share + share * (picture.clamp(-1, 1) + 1))

        noisy = y + spread(y) * normal(y, generator)
        noisy = torch.where(some(y, self.files, generator), eight_bits(noisy), noisy)
        error = torch.exp(self.misjudged * normal(level, generator))
        estimate = spread(local_mean(noisy.clamp(-1, 1))).mean(1, keepdim=True) * error
        return replace(view, y=noisy, noise=torch.hypot(view.noise, estimate))
