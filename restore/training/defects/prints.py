"""The print before it is damaged, and the scan after."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from restore.training.degradations.blur import convolve, gaussian_kernel
from restore.training.degradations.drawing import (
    Piece,
    Range,
    Share,
    eight_bits,
    log_uniform,
    normal,
    some,
    uniform,
)

__all__ = ["Print", "Scan", "gray"]

SEPIA = (0.12, 0.0, -0.22)
"""How middle gray is tinted, in [-1, 1] units."""


class Print(Piece):
    """A photo as an old print: unsharp, grainy, pale, gray or brown for a share.

    Attributes:
        blurred: Share that is unsharp.
        blur: Range of the standard deviation of that, pixels.
        grainy: Share with grain.
        grain: Range of its standard deviation, in [-1, 1] units.
        faded: Share that is pale.
        contrast: Range of the contrast that is left of them.
        gray: Share without colour.
        sepia: Share of those that is toned.
        framed: Share that shows a border of the paper.
        frame: Range of its width, pixels.
    """

    blurred: Share = 0.6
    blur: Range = (0.4, 1.5)
    grainy: Share = 0.7
    grain: Range = (0.01, 0.12)
    faded: Share = 0.6
    contrast: Range = (0.5, 1.0)
    gray: Share = 0.6
    sepia: Share = 0.5
    framed: Share = 0.1
    frame: Range = (2.0, 40.0)

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        """Print photos (B, 3, H, W)."""
        x = torch.where(some(x, self.framed, generator), self._framed(x, generator), x)
        soft = convolve(x, gaussian_kernel(uniform(x, self.blur, generator)))
        x = torch.where(some(x, self.blurred, generator), soft, x)
        x = torch.where(some(x, self.gray, generator), self._toned(x, generator), x)
        x = x + self._grain(x, generator) * some(x, self.grainy, generator)
        return torch.where(some(x, self.faded, generator), self._pale(x, generator), x)

    def _framed(self, x: Tensor, generator: Generator) -> Tensor:
        height, width = x.shape[2:]
        rows = torch.arange(height, device=x.device)[:, None]
        columns = torch.arange(width, device=x.device)
        outside = torch.zeros_like(x[:, :1], dtype=torch.bool)
        for distance in (rows, height - 1 - rows, columns, width - 1 - columns):
            border = uniform(x, self.frame, generator) * some(x, 0.4, generator)
            outside = outside | (distance < border)
        light = uniform(x, (0.5, 1.0), generator)
        dark = uniform(x, (-1.0, -0.6), generator)
        return torch.where(outside, torch.where(some(x, 0.7, generator), light, dark), x)

    def _toned(self, x: Tensor, generator: Generator) -> Tensor:
        y = gray(x)
        amount = uniform(x, (0.3, 1.5), generator) * some(x, self.sepia, generator)
        tint = x.new_tensor(SEPIA).view(1, 3, 1, 1) * amount
        return y + tint * (1 - y.clamp(-1, 1).square())

    def _grain(self, x: Tensor, generator: Generator) -> Tensor:
        size = uniform(x, (0.3, 1.2), generator)
        kernel = gaussian_kernel(size)
        grain = convolve(normal(x[:, :1], generator), kernel)
        grain = grain / kernel.square().sum((1, 2)).sqrt().view(-1, 1, 1, 1)
        return log_uniform(x, self.grain, generator) * grain

    def _pale(self, x: Tensor, generator: Generator) -> Tensor:
        contrast = uniform(x, self.contrast, generator)
        dyes = [uniform(x, (-0.1, 0.1), generator) for _ in range(3)]
        shift = (1 - contrast) * uniform(x, (-1.0, 1.0), generator)
        colour = (x.std(1, keepdim=True).mean((2, 3), keepdim=True) > 0.02).to(x.dtype)
        return x * (contrast + colour * torch.cat(dyes, 1)) + shift


class Scan(Piece):
    """What a scanner or camera makes of a print.

    Attributes:
        blur: Range of its unsharpness, standard deviation in pixels.
        sharpened: Share whose contours are strengthened, which leaves halos.
        amount: Range of the strength of that.
        gray: Share that is scanned without colour.
        noise: Range of its noise, in [-1, 1] units.
    """

    blur: Range = (0.2, 0.9)
    sharpened: Share = 0.5
    amount: Range = (0.2, 2.0)
    gray: Share = 0.3
    noise: Range = (0.002, 0.03)

    def optics(self, x: Tensor, generator: Generator) -> Tensor:
        """Return kernels that blur prints as the scanner does, for `convolve`."""
        return gaussian_kernel(uniform(x, self.blur, generator))

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        """Scan prints (B, 3, H, W) that were blurred already."""
        wide = convolve(x, gaussian_kernel(uniform(x, (0.7, 2.0), generator)))
        amount = uniform(x, self.amount, generator) * some(x, self.sharpened, generator)
        x = x + amount * (x - wide)
        x = x + log_uniform(x, self.noise, generator) * normal(x, generator)
        return eight_bits(torch.where(some(x, self.gray, generator), gray(x), x))


def gray(x: Tensor) -> Tensor:
    """Return pictures without colour (ITU-R BT.601 luma), (B, 3, H, W)."""
    weights = x.new_tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    return (x * weights).sum(1, keepdim=True).expand_as(x)
