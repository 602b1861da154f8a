"""Inverse problems made of photos, y = A x + n: what conditioned reverse processes are measured on.

Noise is seeded by the CRC-32 of a picture's file name, masks by that of the task's name, so that
all pictures of a task share one operator and go through the network together.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from restore.diffusion.arrays import sigma_to_signed, to_signed
from restore.errors import ParameterError
from restore.evaluation.degrade import pictures, read_rgb
from restore.inverse import (
    Blur,
    Composition,
    Downscale,
    Grayscale,
    Identity,
    LinearOperator,
    Mask,
    gaussian_kernel,
    motion_kernel,
)
from restore.photo import Pixels

__all__ = ["CROP", "PROBLEMS", "Kind", "Problem", "centre", "chosen", "pose"]

CROP = 128
"""Side of the square that is cut from the middle of each picture."""

Size = tuple[int, int]


@dataclass(frozen=True)
class Kind:
    """A task: which operator, and how much noise.

    Attributes:
        label: How a table names it.
        operator: Returns A for pictures of a size.
        sigma: Standard deviation of the noise, [0, 1] units.
    """

    label: str
    operator: Callable[[Size], LinearOperator]
    sigma: float = 0.0


@dataclass(frozen=True, eq=False)
class Problem:
    """A task on a batch of pictures.

    Attributes:
        task: Its name, a key of `PROBLEMS`.
        files: Names of the pictures.
        x: The truth, (B, 3, H, W) float32 in [-1, 1].
        operator: A.
        sigma_y: Standard deviation of n, [-1, 1] units.
        y: A x + n, float32; neither clipped nor rounded.
    """

    task: str
    files: tuple[str, ...]
    x: Pixels
    operator: LinearOperator
    sigma_y: float
    y: Pixels

    @property
    def hole(self) -> np.ndarray[Any, Any] | None:
        """Where nothing is known, (H, W) bool; None where every pixel is measured."""
        if not isinstance(self.operator, Mask):
            return None
        return np.asarray(self.operator.keep[0, 0] == 0)


def chosen(folders: Sequence[Path], limit: int | None = None) -> list[Path]:
    """Return the pictures of several folders by name, at most `limit` of each, evenly spread.

    Of n pictures those of number ⌊i n / limit⌋ are taken, i = 0, 1, …

    Raises:
        ParameterError: A folder holds no pictures.
    """
    found: list[Path] = []
    for folder in folders:
        files = pictures("", folder)
        if not files:
            raise ParameterError(f"{folder} holds no pictures to measure with.")
        count = min(len(files), limit or len(files))
        found += [files[i * len(files) // count] for i in range(count)]
    return found


def centre(path: Path, side: int = CROP) -> Pixels:
    """Return the middle of a picture, (side, side, 3) uint8.

    Raises:
        ParameterError: The picture is smaller.
    """
    picture = read_rgb(path)
    height, width = picture.shape[:2]
    if min(height, width) < side:
        raise ParameterError(
            f"{path.name} is {width}×{height} pixels, and {side}×{side} are cut from it.",
            "Leave it out, or ask for a smaller crop.",
        )
    top, left = (height - side) // 2, (width - side) // 2
    return picture[top : top + side, left : left + side]


def pose(task: str, files: Sequence[Path], side: int = CROP) -> Problem:
    """Measure the middles of some pictures as a task says.

    Raises:
        ParameterError: There is no such task, or a picture is too small.
    """
    if task not in PROBLEMS:
        raise ParameterError(f"There is no task “{task}”.", f"Choose from {', '.join(PROBLEMS)}.")
    kind = PROBLEMS[task]
    x = np.concatenate([to_signed(centre(path, side) / np.float32(255)) for path in files])
    operator, sigma_y = kind.operator((side, side)), sigma_to_signed(kind.sigma)
    y = operator(x)
    if sigma_y:
        y = y + sigma_y * np.stack([_noise(path.name, y.shape[1:]) for path in files])
    names = tuple(path.name for path in files)
    return Problem(task, names, x, operator, sigma_y, np.asarray(y, np.float32))


def _noise(name: str, shape: tuple[int, ...]) -> Pixels:
    random = np.random.default_rng(zlib.crc32(name.encode()))
    return random.standard_normal(shape, np.float32)


def _box(pen: ImageDraw.ImageDraw, side: int, random: np.random.Generator) -> None:
    width = 3 * side // 8
    top, left = (int(n) for n in random.integers(side // 8, side - width - side // 8, 2))
    pen.rectangle((left, top, left + width - 1, top + width - 1), fill=1)


def _strokes(pen: ImageDraw.ImageDraw, side: int, random: np.random.Generator) -> None:
    for _ in range(6):
        ends = random.uniform(0, side, size=(3, 2))
        points = [(float(x), float(y)) for x, y in ends]
        pen.line(points, fill=1, width=max(1, side // 18), joint="curve")


def _text(pen: ImageDraw.ImageDraw, side: int, random: np.random.Generator) -> None:
    letters = list("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ")
    size = max(8, side // 9)
    font = ImageFont.load_default(size)
    for top in range(size // 2, side - size, 2 * size):
        pen.text((2, top), "".join(random.choice(letters, 40)), fill=1, font=font)


def _masked(
    draw: Callable[[ImageDraw.ImageDraw, int, np.random.Generator], None],
) -> Callable[[Size], LinearOperator]:
    """Return the operator that takes away what is drawn."""

    def operator(size: Size) -> LinearOperator:
        canvas = Image.new("1", size[::-1])
        name = draw.__name__.removeprefix("_")
        draw(ImageDraw.Draw(canvas), size[0], np.random.default_rng(zlib.crc32(name.encode())))
        hole = np.array(canvas.convert("L"), np.uint8) > 0
        return Mask(~hole[None, None])

    return operator


def _reduced_blur(size: Size) -> LinearOperator:
    return Composition(Downscale(2, size), Blur(gaussian_kernel(1.6), size))


PROBLEMS = {
    "denoise": Kind("denoise σ 25", Identity, 25 / 255),
    "x2": Kind("×2", lambda size: Downscale(2, size)),
    "x4": Kind("×4", lambda size: Downscale(4, size)),
    "box": Kind("box", _masked(_box)),
    "strokes": Kind("strokes", _masked(_strokes)),
    "text": Kind("text", _masked(_text)),
    "deblur": Kind("Gaussian blur 1.6", lambda size: Blur(gaussian_kernel(1.6), size), 0.01),
    "motion": Kind("motion blur 9", lambda size: Blur(motion_kernel(9, 30), size), 0.01),
    "chain": Kind("blur 1.6, ÷2, σ 0.02", _reduced_blur, 0.02),
    "colourise": Kind("colourise", Grayscale),
}
"""The tasks, by name. Blurs are periodic, as the methods' papers have them."""
