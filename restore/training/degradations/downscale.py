"""A small picture, and what happened to it while it was small, seen enlarged."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Generator, Tensor
from torch.nn import functional

from restore.training.degradations.chain import Chain
from restore.training.degradations.drawing import Piece, chosen, eight_bits
from restore.training.degradations.view import View

__all__ = ["Downscale", "reduced"]

Kernel = Literal["bicubic", "bilinear", "area", "nearest"]


class Downscale(Piece):
    """Reduction, further degradations, 8 bits, and enlargement by Pillow's bicubic filter.

    Compression is no longer to be seen in what is enlarged, and no map tells of a filter: of a
    view that was compressed, or reduced by another filter than bicubic, the noise is unknown.

    Attributes:
        factors: Which there are; each must divide the crop.
        kernels: Which filters reduce; bicubic and bilinear are Pillow's.
        then: What happens at the small size.
    """

    kind: Literal["downscale"] = "downscale"
    factors: Annotated[tuple[Literal[2, 3, 4], ...], Field(min_length=1)] = (2, 3, 4)
    kernels: Annotated[tuple[Kernel, ...], Field(min_length=1)] = ("bicubic",)
    then: Chain = ()

    def __call__(self, view: View, generator: Generator) -> View:
        """Reduce and enlarge."""
        from restore.training.degradations.chain import apply

        factor = chosen(view.y, len(self.factors), generator)
        kernel = chosen(view.y, len(self.kernels), generator)
        size = view.y.shape[2:]
        for f, times in enumerate(self.factors):
            for k, name in enumerate(self.kernels):
                at = torch.nonzero((factor == f) & (kernel == k))[:, 0]
                if len(at) == 0:
                    continue
                part = view.at(at)
                small = replace(
                    part,
                    y=reduced(part.y, times, name),
                    noise=reduced(part.noise, times, "area") * noise_kept(times, name),
                )
                small = apply(self.then, small, generator)
                noise = functional.interpolate(small.noise, size=size, mode="nearest")
                y = enlarged(eight_bits(small.y), size)
                blind = small.blind | (small.jpeg > 0) | (name != "bicubic")
                never = torch.zeros_like(small.jpeg)
                view = view.put(at, View(y, noise, small.scale * times, never, blind))
        return view


def reduced(x: Tensor, factor: int, kernel: Kernel) -> Tensor:
    """Return (B, C, H / factor, W / factor).

    Raises:
        ValueError: The factor does not divide the size.
    """
    if any(length % factor for length in x.shape[2:]):
        raise ValueError(f"{tuple(x.shape[2:])} pixels cannot be reduced by {factor} exactly")
    size = [length // factor for length in x.shape[2:]]
    if kernel in ("area", "nearest"):
        return functional.interpolate(x, size=size, mode=kernel)
    return functional.interpolate(x, size=size, mode=kernel, antialias=True)


@cache
def noise_kept(factor: int, kernel: Kernel) -> float:
    """Return what a reduction leaves of white noise's σ: Σ w² of its weights along an axis."""
    correlation = reduced(torch.eye(16 * factor)[None, None], factor, kernel)  # W Wᵀ
    return float(correlation[0, 0, 8, 8])


def enlarged(x: Tensor, size: torch.Size) -> Tensor:
    """Return (B, C, *size) by the filter that Pillow calls bicubic (a = -1/2)."""
    return functional.interpolate(x, size=size, mode="bicubic", antialias=True)
