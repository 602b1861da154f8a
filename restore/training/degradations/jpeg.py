"""JPEG as libjpeg writes and reads it, for a whole batch on any device (ITU-T T.81)."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, Literal

import torch
from pydantic import AfterValidator, Field
from torch import Generator, Tensor
from torch.nn import functional

from restore.inverse.jpeg_tables import CHROMA, LUMA, TO_YCC
from restore.training.degradations.drawing import Piece, chosen, eight_bits, ordered, uniform
from restore.training.degradations.view import View

__all__ = ["Jpeg", "compressed"]

SUBSAMPLINGS = {"4:4:4": (1, 1), "4:2:2": (1, 2), "4:2:0": (2, 2)}
BLOCK = 16
"""The largest coded unit, that of 4:2:0."""
DOWN = {(1, 2): (0, 1 / 2), (2, 2): (1 / 4, 1 / 2)}
UP = {(1, 2): (1 / 4, 1 / 2), (2, 2): (1 / 2, 7 / 16)}
"""What libjpeg adds to colours in even and odd columns before it cuts off fractions."""

Quality = Annotated[float, Field(ge=1, le=100)]


class Jpeg(Piece):
    """Compression, with the grid of blocks anywhere in the picture.

    Of a picture that was compressed before, the lower quality is told, as an estimate would.

    Attributes:
        quality: Range of the quality, 1…100.
        subsampling: Which there are.
    """

    kind: Literal["jpeg"] = "jpeg"
    quality: Annotated[tuple[Quality, Quality], AfterValidator(ordered)] = (5.0, 97.0)
    subsampling: Annotated[tuple[Literal["4:4:4", "4:2:2", "4:2:0"], ...], Field(min_length=1)] = (
        "4:4:4",
        "4:2:2",
        "4:2:0",
    )

    def __call__(self, view: View, generator: Generator) -> View:
        """Compress."""
        y = view.y
        quality = uniform(y, self.quality, generator).round()
        offsets = torch.stack([chosen(y, BLOCK, generator) for _ in range(2)], 1)
        side = [-(-(length + BLOCK - 1) // BLOCK) * BLOCK for length in y.shape[2:]]
        shifted = _shift(y, -offsets, side)
        kinds = chosen(y, len(self.subsampling), generator)
        result = torch.empty_like(shifted)
        for number, name in enumerate(self.subsampling):
            at = torch.nonzero(kinds == number)[:, 0]
            if len(at):
                result[at] = compressed(shifted[at], quality[at], SUBSAMPLINGS[name])
        told = torch.where(view.jpeg > 0, torch.minimum(view.jpeg, quality), quality)
        return replace(view, y=_shift(result, offsets, y.shape[2:]), jpeg=told)


def compressed(x: Tensor, quality: Tensor, subsampling: tuple[int, int]) -> Tensor:
    """Return pictures as they are read back from a JPEG file, rounded to 8 bits.

    Args:
        x: (B, 3, H, W) in [-1, 1], H and W multiples of 16.
        quality: (B, 1, 1, 1), whole numbers from 1 to 100.
        subsampling: Of the colours, (rows, columns).
    """
    matrix = torch.tensor(TO_YCC, device=x.device, dtype=x.dtype)
    ycc = torch.einsum("ij,bjhw->bihw", matrix, (eight_bits(x) + 1) * 127.5).round()
    luma, chroma = ycc[:, :1] - 128, ycc[:, 1:]
    if subsampling != (1, 1):
        chroma = _rounded(functional.avg_pool2d(chroma, subsampling), *DOWN[subsampling])
    luma = _quantised(luma, _table(LUMA, quality)).clamp(-128, 127)
    chroma = _quantised(chroma, _table(CHROMA, quality)).clamp(-128, 127)
    if subsampling != (1, 1):  # libjpeg's “fancy” triangle filter
        chroma = functional.interpolate(chroma, scale_factor=subsampling, mode="bilinear")
        chroma = _rounded(chroma, *UP[subsampling])
    ycc = torch.cat([luma + 128, chroma], 1)
    rgb = torch.einsum("ij,bjhw->bihw", torch.linalg.inv(matrix), ycc)
    return eight_bits(rgb / 127.5 - 1)


def _rounded(x: Tensor, even: float, odd: float) -> Tensor:
    return (x + x.new_tensor([even, odd]).repeat(x.shape[3] // 2)).floor()


def _table(base: tuple[int, ...], quality: Tensor) -> Tensor:
    """Return quantisation tables (B, 1, 1, 1, 8, 8), scaled as libjpeg scales them."""
    scale = torch.where(quality < 50, (5000 / quality).floor(), 200 - 2 * quality)
    table = torch.tensor(base, device=quality.device, dtype=quality.dtype).view(8, 8)
    return ((table * scale + 50) / 100).floor().clamp(1, 255)[:, None, None]


def _quantised(planes: Tensor, table: Tensor) -> Tensor:
    """Return planes (B, C, H, W) after the DCT of 8×8 blocks was rounded to the table's steps.

    libjpeg's integer DCT keeps two bits after the point between its two passes, and three in the
    coefficients; rounding there as it does decides most of the ties between two steps alike.
    """
    batch, channels, height, width = planes.shape
    n = torch.arange(8, device=planes.device, dtype=planes.dtype)
    dct = torch.cos((2 * n + 1) * n[:, None] * math.pi / 16) * math.sqrt(2)
    dct[0] /= math.sqrt(2)
    blocks = planes.view(batch, channels, height // 8, 8, width // 8, 8).transpose(3, 4)
    coefficients = _nearest(dct @ _nearest(blocks @ dct.T, 4), 1) / 8
    steps = (coefficients.abs() / table + 0.5).floor()
    coefficients = torch.copysign(steps * table, coefficients)
    blocks = _nearest(dct.T @ coefficients, 4) @ dct / 8
    return _nearest(blocks, 1).transpose(3, 4).reshape(planes.shape)


def _nearest(x: Tensor, parts: int) -> Tensor:
    """Round to the nearest of so many parts of a whole, halves up."""
    return (x * parts + 0.5).floor() / parts


def _shift(x: Tensor, offsets: Tensor, size: list[int] | torch.Size) -> Tensor:
    """Return windows (B, C, *size) whose upper left corners lie at offsets (B, 2), reflecting."""

    def index(axis: int) -> Tensor:
        length = x.shape[2 + axis]
        at = (torch.arange(size[axis], device=x.device) + offsets[:, axis, None]).abs()
        return ((length - 1) - ((length - 1) - at).abs()).clamp(min=0)

    batch = torch.arange(len(x), device=x.device)[:, None, None]
    return x[batch, :, index(0)[:, :, None], index(1)[:, None, :]].movedim(-1, 1)
