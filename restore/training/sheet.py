"""A sheet of small pictures with captions: what a network in training makes of examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

__all__ = ["Picture", "draw_sheet"]

Picture: TypeAlias = Tensor | np.ndarray[Any, np.dtype[Any]]
"""(3, H, W), or (1, H, W) for gray, in [-1, 1]."""

BACKGROUND, INK = (32, 32, 32), (235, 235, 235)
GAP, LINE, SIZE = 6, 18, 13


def draw_sheet(
    rows: Sequence[tuple[str, Sequence[Picture | None]]], columns: Sequence[str]
) -> Image.Image:
    """Draw a grid of pictures, at their own pixels, the columns' captions above.

    Args:
        rows: Caption and pictures of each row; None leaves a place empty. Values beyond [-1, 1]
            are shown as black or white.
        columns: Captions; no row has more pictures.

    Raises:
        ValueError: A row is too long, or a picture has another shape or is not finite.
    """
    grid = [[None if p is None else _image(p) for p in pictures] for _, pictures in rows]
    if any(len(row) > len(columns) for row in grid):
        raise ValueError(f"a row has more pictures than the {len(columns)} columns")
    font = ImageFont.load_default(size=SIZE)
    names = [name for name, _ in rows]
    margin = _width(font, names) + 2 * GAP
    widths = [
        max([_width(font, [name])] + [_side(row, column, 0) for row in grid])
        for column, name in enumerate(columns)
    ]
    heights = [max([LINE] + [_side(row, i, 1) for i in range(len(row))]) for row in grid]
    lefts = np.cumsum([margin, *(width + GAP for width in widths)]).tolist()
    tops = np.cumsum([GAP + LINE, *(height + GAP for height in heights)]).tolist()

    sheet = Image.new("RGB", (lefts[-1], tops[-1]), BACKGROUND)
    pen = ImageDraw.Draw(sheet)
    for name, left in zip(columns, lefts, strict=False):
        pen.text((left, GAP // 2), name, INK, font)
    for name, row, top in zip(names, grid, tops, strict=False):
        pen.text((GAP, top), name, INK, font)
        for image, left in zip(row, lefts, strict=False):
            if image is not None:
                sheet.paste(image, (left, top))
    return sheet


def _image(picture: Picture) -> Image.Image:
    values = picture.detach().cpu().float().numpy() if isinstance(picture, Tensor) else picture
    if values.ndim != 3 or values.shape[0] not in (1, 3):
        raise ValueError(f"a picture is (3, H, W) or (1, H, W), not {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError("a picture is not finite")
    bytes_ = np.rint((np.clip(values, -1, 1) + 1) * 127.5).astype(np.uint8)
    return Image.fromarray(
        np.broadcast_to(bytes_, (3, *values.shape[1:])).transpose(1, 2, 0).copy()
    )


def _side(row: Sequence[Image.Image | None], column: int, axis: int) -> int:
    image = row[column] if column < len(row) else None
    return 0 if image is None else image.size[axis]


def _width(font: Any, texts: Sequence[str]) -> int:
    return max((int(np.ceil(font.getlength(text))) for text in texts), default=0)
