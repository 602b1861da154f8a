"""A sheet for the eye: before and after in one picture, with crops at their own size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from restore.errors import ParameterError
from restore.photo import Photo

__all__ = ["Crop", "compare_sheet"]

Crop: TypeAlias = tuple[int, int, int]
"""Left edge, upper edge and side of a square, in pixels of the result."""

BACKGROUND, INK, LINE = (32, 32, 32), (235, 235, 235), (255, 200, 0)
GAP = 12
LAYOUTS = ("side-by-side", "wipe")


def compare_sheet(
    photos: Mapping[str, Photo],
    *,
    layout: str = "side-by-side",
    crops: Sequence[Crop] = (),
    width: int = 1600,
) -> Image.Image:
    """Draw photos beside each other, or the left half of one against the right half of another.

    Photos that are smaller than the largest are enlarged to its size first, without
    interpolation, so that every pixel of a photo before upscaling stays visible as it was.

    Args:
        photos: Label → photo, at least two; a wipe shows the first two and then the others.
        layout: "side-by-side" or "wipe".
        crops: Squares that are shown below at 100 %, a column for each photo.
        width: Of the whole sheet in pixels; photos are reduced to fit, crops are not.

    Raises:
        ParameterError: Fewer than two photos, another aspect ratio, or a crop outside the photo.
    """
    if len(photos) < 2:
        raise ParameterError("A comparison needs at least two photos.")
    if layout not in LAYOUTS:
        raise ParameterError(f"There is no layout “{layout}”.", f"Choose {' or '.join(LAYOUTS)}.")
    images = _same_size({label: _to_image(photo) for label, photo in photos.items()})
    for crop in crops:
        _require_inside(crop, next(iter(images.values())).size)
    panels = _wipe(images) if layout == "wipe" else images
    columns = max(1, (width - GAP) // len(panels) - GAP)
    rows = [[_fit(image, columns) for image in panels.values()]]
    rows += [[_cut(image, crop) for image in images.values()] for crop in crops]
    labels = [list(panels)] + [list(images)] * len(crops)
    return _draw(rows, labels)


def _draw(rows: list[list[Image.Image]], labels: list[list[str]]) -> Image.Image:
    font = ImageFont.load_default(size=18)
    caption = 30
    widths = [sum(image.width + GAP for image in row) + GAP for row in rows]
    heights = [max(image.height for image in row) + caption + GAP for row in rows]
    sheet = Image.new("RGB", (max(widths), sum(heights) + GAP), BACKGROUND)
    pen = ImageDraw.Draw(sheet)
    y = GAP
    for row, names, height in zip(rows, labels, heights, strict=True):
        x = GAP
        for image, name in zip(row, names, strict=True):
            shown = name
            while len(shown) > 1 and pen.textlength(shown, font) > image.width:
                shown = f"{shown[:-2]}…"
            pen.text((x, y), shown, INK, font)
            sheet.paste(image, (x, y + caption))
            x += image.width + GAP
        y += height
    return sheet


def _wipe(images: dict[str, Image.Image]) -> dict[str, Image.Image]:
    (first, before), (second, after), *others = images.items()
    middle = before.width // 2
    joined = after.copy()
    joined.paste(before.crop((0, 0, middle, before.height)), (0, 0))
    thickness = max(1, before.width // 400)
    ImageDraw.Draw(joined).line([(middle, 0), (middle, joined.height)], LINE, thickness)
    return {f"{first} | {second}": joined} | dict(others)


def _same_size(images: dict[str, Image.Image]) -> dict[str, Image.Image]:
    size = max((image.size for image in images.values()), key=lambda s: s[0] * s[1])
    for label, image in images.items():
        if abs(image.width * size[1] - image.height * size[0]) > max(size) * max(
            size[0] / image.width, size[1] / image.height
        ):
            raise ParameterError(
                f"“{label}” is {image.width}×{image.height}, which is not the shape of "
                f"{size[0]}×{size[1]}.",
                "Compare photos of the same picture, cropped alike.",
            )
    nearest = Image.Resampling.NEAREST
    return {k: i if i.size == size else i.resize(size, nearest) for k, i in images.items()}


def _fit(image: Image.Image, width: int) -> Image.Image:
    if image.width <= width:
        return image
    height = max(1, round(image.height * width / image.width))
    return image.resize((width, height), Image.Resampling.LANCZOS)


def _cut(image: Image.Image, crop: Crop) -> Image.Image:
    left, upper, side = crop
    return image.crop((left, upper, left + side, upper + side))


def _require_inside(crop: Crop, size: tuple[int, int]) -> None:
    left, upper, side = crop
    if min(left, upper) < 0 or side < 1 or left + side > size[0] or upper + side > size[1]:
        raise ParameterError(
            f"The crop {left},{upper},{side} leaves the picture of {size[0]}×{size[1]} pixels.",
            "A crop is left,upper,side in pixels of the result.",
        )


def _to_image(photo: Photo) -> Image.Image:
    values = np.clip(photo.to_float(), 0, 1)
    pixels = (values * 255).round().astype(np.uint8)
    return Image.fromarray(pixels.repeat(3, axis=2) if pixels.shape[2] == 1 else pixels)
