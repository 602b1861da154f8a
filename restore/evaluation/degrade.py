"""The degradations that are benchmarked, each repeatable to the bit from the file's name."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from restore.errors import ParameterError
from restore.photo import Photo, Pixels, read, suffixes

__all__ = [
    "PROTOCOL",
    "TASKS",
    "Case",
    "Setting",
    "crop_to_multiple",
    "degrade",
    "pictures",
    "read_rgb",
    "settings",
]

TASKS = ("denoise", "upscale", "inpaint", "clean", "camera")
PROTOCOL = 1
"""Raised whenever a degradation changes, so that figures of two kinds are not compared."""

TRUTH, NOISY = "_mean", "_noisy"
"""How the names end of a photo with real noise and of the mean of many shots of the same."""

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
    "camera": "NAME_noisy is a photo with its camera's noise, NAME_mean the mean of many shots of "
    "the same. Nothing is said of the noise; peers are told scikit-image's estimate.",
}


@dataclass(frozen=True)
class Setting:
    """One degradation of known amount: noise σ in [0, 1], scale, JPEG quality, or strokes.

    Attributes:
        task: What is benchmarked, one of `TASKS`.
        value: The amount; 0 for real noise, of which none is known.
        label: How a table names it.
    """

    task: str
    value: float
    label: str

    @property
    def action(self) -> str:
        """Name of the action that repairs it."""
        return "denoise" if self.task == "camera" else self.task

    def parameters(self, *, blind: bool = True) -> dict[str, Any]:
        """Return what the action is told.

        Args:
            blind: The amount of noise is left for the action to find.
        """
        if self.task == "upscale":
            return {"scale": int(self.value)}
        return {"noise": self.value} if self.task == "denoise" and not blind else {}


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
    if task == "camera":
        return [Setting(task, 0, "real noise")]
    return [Setting(task, STROKES, f"{STROKES} scratches")]


def pictures(task: str, folder: Path) -> list[Path]:
    """Return the files of a folder that hold the truth, by name.

    They are all its photos; for `camera` those called NAME_mean beside which there is a NAME_noisy.
    """
    files = sorted(path for path in folder.glob("*") if path.suffix.lower() in suffixes())
    return [f for f in files if task != "camera" or _noisy(f)]


def read_rgb(path: Path) -> Pixels:
    """Read a picture as 8-bit RGB, (H, W, 3)."""
    values = np.clip(read(path).to_float(), 0, 1)
    pixels = (values * 255).round().astype(np.uint8)
    return pixels.repeat(3, axis=2) if pixels.shape[2] == 1 else pixels


def degrade(truth: Pixels, file: Path, setting: Setting, folder: Path) -> Case:
    """Degrade a picture.

    Args:
        truth: (H, W, 3) uint8.
        file: Where it came from; random numbers are seeded by the name, and the noisy photo of
            `camera` lies beside it.
        setting: What to do to it.
        folder: Where a JPEG is saved, so that it is read as any file would be.

    Raises:
        ParameterError: There is no noisy photo, or it is not as large as the truth.
    """
    if setting.task == "camera":
        return _photographed(truth, file)
    random = np.random.default_rng(zlib.crc32(file.name.encode()))
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
        path = folder / f"{file.stem}.jpg"
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


def _noisy(truth: Path) -> Path | None:
    """Return the noisy photo that belongs to a file NAME_mean, whatever its suffix."""
    name = truth.stem.removesuffix(TRUTH)
    if name == truth.stem:
        return None
    beside = (truth.with_name(f"{name}{NOISY}{suffix}") for suffix in (truth.suffix, *suffixes()))
    return next((path for path in beside if path.is_file()), None)


def _photographed(truth: Pixels, file: Path) -> Case:
    noisy = _noisy(file)
    if noisy is None:
        raise ParameterError(f"There is no noisy photo beside {file}.")
    photo = read(noisy)
    if photo.pixels.shape != truth.shape:
        raise ParameterError(f"{noisy} does not have the size and the channels of {file.name}.")
    return Case(photo, truth)
