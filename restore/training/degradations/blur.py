"""Blur by lenses and hands: Gaussian, a disc out of focus, a straight motion."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Generator, Tensor
from torch.nn import functional

from restore.training.degradations.drawing import Piece, Range, chosen, uniform
from restore.training.degradations.view import View

__all__ = ["Blur", "convolve", "gaussian_kernel"]

RADIUS = 6
"""Kernels are 13×13 pixels."""


class Blur(Piece):
    """A kernel of its own for each example; no map tells of it.

    Attributes:
        sigma: Range of the Gaussian's standard deviation along its wide axis, in pixels; a disc
            has twice that as its radius, a motion four times that as its length.
        stretched: Range of the ratio of the Gaussian's narrow axis to its wide one.
        shapes: Which kernels there are.
    """

    kind: Literal["blur"] = "blur"
    sigma: Range = (0.3, 1.5)
    stretched: Range = (0.5, 1.0)
    shapes: Annotated[tuple[Literal["gaussian", "disc", "motion"], ...], Field(min_length=1)] = (
        "gaussian",
        "disc",
        "motion",
    )

    def __call__(self, view: View, generator: Generator) -> View:
        """Blur; noise that is there already is told as it was before."""
        y = view.y
        sigma = uniform(y, self.sigma, generator)
        narrow = sigma * uniform(y, self.stretched, generator)
        angle = uniform(y, (0.0, math.pi), generator)
        kernels = {
            "gaussian": gaussian_kernel(sigma, narrow, angle),
            "disc": disc_kernel(2 * sigma),
            "motion": motion_kernel(4 * sigma, angle),
        }
        every = torch.stack([kernels[shape] for shape in self.shapes])
        shape = chosen(y, len(self.shapes), generator)
        kernel = every[shape, torch.arange(len(y), device=y.device)]
        return replace(view, y=convolve(y, kernel), blind=torch.ones_like(view.blind))


def gaussian_kernel(
    sigma: Tensor, narrow: Tensor | None = None, angle: Tensor | None = None
) -> Tensor:
    """Return Gaussian kernels (B, 13, 13) for standard deviations (B, 1, 1, 1) in pixels."""
    along, across = _axes(torch.zeros_like(sigma) if angle is None else angle)
    wide, thin = sigma[:, 0], (sigma if narrow is None else narrow)[:, 0]
    return _normalised(torch.exp(-((along / wide) ** 2 + (across / thin) ** 2) / 2))


def disc_kernel(radius: Tensor) -> Tensor:
    """Return discs (B, 13, 13) whose edge pixels count by how far they are covered."""
    x, y = _axes(torch.zeros_like(radius))
    return _normalised((radius[:, 0] + 0.5 - torch.hypot(x, y)).clamp(0, 1))


def motion_kernel(length: Tensor, angle: Tensor) -> Tensor:
    """Return straight strokes (B, 13, 13), one pixel thick."""
    along, across = _axes(angle)
    beyond = (along.abs() - length[:, 0] / 2).clamp(min=0)
    return _normalised((1 - torch.hypot(beyond, across)).clamp(0, 1))


def convolve(x: Tensor, kernel: Tensor) -> Tensor:
    """Convolve each picture (B, C, H, W) with its own kernel (B, 13, 13), reflecting edges."""
    batch, channels, height, width = x.shape
    filters = kernel.repeat_interleave(channels, 0)[:, None]
    padded = functional.pad(x, (RADIUS,) * 4, mode="reflect")
    flat = padded.reshape(1, batch * channels, *padded.shape[2:])
    blurred = functional.conv2d(flat, filters, groups=batch * channels)
    return blurred.view(batch, channels, height, width)


def _axes(angle: Tensor) -> tuple[Tensor, Tensor]:
    """Return coordinates (B, 13, 13) along and across a direction (B, 1, 1, 1)."""
    r = torch.arange(-RADIUS, RADIUS + 1, device=angle.device, dtype=angle.dtype)
    y, x = r[None, :, None], r[None, None, :]
    cos, sin = angle[:, 0].cos(), angle[:, 0].sin()
    return x * cos + y * sin, y * cos - x * sin


def _normalised(kernel: Tensor) -> Tensor:
    return kernel / kernel.sum((1, 2), keepdim=True)
