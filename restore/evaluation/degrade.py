"""The four degradations that are benchmarked, each repeatable to the bit from the file's name."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from restore.photo import Photo, Pixels, read

__all__ = ["TASKS", "Case", "Setting", "crop_to_multiple", "degrade", "settings"]

TASKS = ("denoise", "upscale", "inpaint", "clean")
STROKES = 12
STROKE_WIDTH = 3
SIZE_MULTIPLE = 12
"""Every scale divides it, so that all of them are measured on the same pixels."""

PROTOCOLS = {
    "denoise": "Gaussian noise is added to the 8-bit RGB picture, the sum neither clipped nor "
    "rounded, seeded by the CRC-32 of the file's name. Peers are told the noise level.",
    "upscale": "The picture is cropped to a multiple of 12 pixels and reduced by Pillow's bicubic "
    "filter to 8 bits.",
    "inpaint": "12 white strokes, 3 pixels wide, are drawn over the picture, seeded by the CRC-32 "
    "of the file's name. PSNR counts the pixels under the strokes only, SSIM the whole picture.",
    "clean": "The picture is saved by Pillow as a JPEG with 4:2:0 subsampling and read back.",
}


@dataclass(frozen=True)
class Setting:
    """One degradation of known amount: noise σ in [0, 1], scale, JPEG quality, or strokes."""

    task: str
    value: float
    label: str


@dataclass(frozen=True, eq=False)
class Case:
    """A degraded photo and the truth.

    Attributes:
        photo: What a method is given.
        truth: (H, W, 3) uint8.
        mask: (H, W) bool, True where the picture is to be filled; None for other tasks.
    """

    photo: Photo
    truth: Pixels
    mask: Pixels | None = None


def settings(task: str) -> list[Setting]:
    """Return the degradations that belong to a task."""
    if task == "denoise":
        return [Setting(task, sigma / 255, f"σ {sigma}") for sigma in (15, 25, 50)]
    if task == "upscale":
        return [Setting(task, scale, f"×{scale}") for scale in (2, 3, 4)]
    if task == "clean":
        return [Setting(task, quality, f"quality {quality}") for quality in (10, 20, 40)]
    return [Setting(task, STROKES, f"{STROKES} scratches")]


def degrade(truth: Pixels, name: str, setting: Setting, folder: Path) -> Case:
    """Degrade a picture.

    Args:
        truth: (H, W, 3) uint8.
        name: The file's name, from which random numbers are seeded.
        setting: What to do to it.
        folder: Where a JPEG is saved, so that it is read as any file would be.
    """
    random = np.random.default_rng(zlib.crc32(name.encode()))
    if setting.task == "denoise":
        noise = random.standard_normal(truth.shape)
        noisy = truth / 255 + setting.value * noise
        return Case(Photo.from_array(noisy.astype(np.float32)), truth)
    if setting.task == "upscale":
        scale = int(setting.value)
        truth = crop_to_multiple(truth)
        size = truth.shape[1] // scale, truth.shape[0] // scale
        small = Image.fromarray(truth).resize(size, Image.Resampling.BICUBIC)
        return Case(Photo.from_array(np.asarray(small)), truth)
    if setting.task == "clean":
        path = folder / f"{Path(name).stem}.jpg"
        Image.fromarray(truth).save(path, quality=int(setting.value), subsampling="4:2:0")
        return Case(read(path), truth)
    mask = scratches(truth.shape[0], truth.shape[1], random)
    scratched = truth.copy()
    scratched[mask] = 255
    return Case(Photo.from_array(scratched), truth, mask)


def crop_to_multiple(pixels: Pixels) -> Pixels:
    """Cut the right and lower edge so that both sides are multiples of 12."""
    height, width = (side - side % SIZE_MULTIPLE for side in pixels.shape[:2])
    return np.ascontiguousarray(pixels[:height, :width])


def scratches(height: int, width: int, random: np.random.Generator) -> np.ndarray[Any, Any]:
    """Return a mask (H, W) of straight strokes between random points."""
    canvas = Image.new("1", (width, height))
    pen = ImageDraw.Draw(canvas)
    for _ in range(STROKES):
        ends = random.uniform(0, (width, height), size=(2, 2))
        pen.line([(float(x), float(y)) for x, y in ends], fill=1, width=STROKE_WIDTH)
    return np.array(canvas.convert("L"), dtype=np.uint8) > 0
