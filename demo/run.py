"""Restore the demo's photos and draw a before/after sheet: `python demo/run.py [OUT]`."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import restore
from restore.evaluation.metrics import psnr

PHOTOS = Path(__file__).parent / "photos"
CELL = (460, 300)


@dataclass(frozen=True)
class Case:
    """One photo to restore.

    Attributes:
        title: What is wrong with the photo.
        action: The action that mends it.
        before: The ruined file.
        reference: The file that it was made from.
        window: Left and top of the detail that the sheet shows, in pixels of the reference.
        zoom: Pixels of the sheet for each pixel of the reference.
        mask: The file of the inpainting mask.
        parameters: Parameters of the action.
    """

    title: str
    action: str
    before: str
    reference: str
    window: tuple[int, int]
    zoom: int
    mask: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)


CASES = (
    Case("Camera noise (simulated)", "denoise", "hippos-noisy.jpg", "hippos.webp", (150, 210), 2),
    Case("JPEG, quality 12", "clean", "market-ruined.jpg", "market.webp", (270, 170), 2),
    Case(
        "Half-size picture",
        "upscale",
        "pyramids-small.png",
        "pyramids.webp",
        (280, 60),
        2,
        parameters={"scale": 2},
    ),
    Case(
        "Scratches",
        "inpaint",
        "chiefs-scratched.png",
        "chiefs.webp",
        (150, 190),
        2,
        mask="chiefs-mask.png",
    ),
)


def main(out: Path) -> None:
    """Run every case, print its figures, write the results and the sheet."""
    out.mkdir(parents=True, exist_ok=True)
    rows = []
    print(f"{'photo':<26}{'before':>11}{'after':>11}{'gain':>10}{'time':>13}")
    for case in CASES:
        before = restore.read(PHOTOS / case.before)
        reference = restore.read(PHOTOS / case.reference).to_float()
        parameters = dict(case.parameters)
        if case.mask:
            parameters["mask"] = restore.read(PHOTOS / case.mask).pixels[..., 0]
        result = restore.run(case.action, before, **parameters)
        result.photo.write(out / f"{Path(case.before).stem}-restored.png", overwrite=True)
        shown = enlarged(before.pixels, reference.shape[:2])
        was, now = (
            psnr(image, reference) for image in (np.float32(shown / 255), result.photo.to_float())
        )
        pace = result.report.seconds / result.report.megapixels
        print(
            f"{case.title:<26}{was:8.2f} dB{now:8.2f} dB{now - was:+7.2f} dB{pace:7.1f} s/Mpx",
            flush=True,
        )
        pictures = (shown, np.clip(result.photo.to_float(), 0, 1) * 255, reference * 255)
        rows.append((case, pictures, (was, now)))
    sheet(rows).save(out / "before-after.png")
    print(f"\nThe photos and the sheet before-after.png are in {out}.")


def enlarged(pixels: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Bring (H, W, 3) uint8 to the reference's size by bicubic interpolation."""
    if pixels.shape[:2] == shape:
        return pixels
    size = (shape[1], shape[0])
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))


def sheet(rows: list[tuple[Case, tuple[np.ndarray, ...], tuple[float, float]]]) -> Image.Image:
    """Draw a row a case: the same detail before, after and in the reference."""
    gap, caption = 10, 34
    width, height = CELL
    page = Image.new(
        "RGB", (gap + 3 * (width + gap), gap + len(rows) * (height + caption)), "white"
    )
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(16)
    for i, (case, pictures, (was, now)) in enumerate(rows):
        top = gap + i * (height + caption)
        labels = (f"{case.title} · {was:.2f} dB", f"{case.action} · {now:.2f} dB", "reference")
        for j, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
            left = gap + j * (width + gap)
            x, y = case.window
            detail = Image.fromarray(np.asarray(picture).round().astype(np.uint8)).crop(
                (x, y, x + width // case.zoom, y + height // case.zoom)
            )
            page.paste(detail.resize(CELL, Image.Resampling.NEAREST), (left, top))
            draw.text((left, top + height + 4), label, fill="black", font=font)
    return page


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("out"))
