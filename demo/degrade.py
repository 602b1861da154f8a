"""Ruin the demo's reference photos, reproducibly: `python demo/degrade.py`.

The ruined files are kept beside the references, so that the demo does not depend on this script.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import convolve

PHOTOS = Path(__file__).parent / "photos"


def linear(v: np.ndarray) -> np.ndarray:
    """Undo the sRGB transfer curve (IEC 61966-2-1)."""
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def encoded(v: np.ndarray) -> np.ndarray:
    """Apply the sRGB transfer curve."""
    return np.where(
        v <= 0.0031308, v * 12.92, 1.055 * np.maximum(v, 0.0031308) ** (1 / 2.4) - 0.055
    )


def camera_noise(image: np.ndarray, gain: float, read: float, seed: int) -> np.ndarray:
    """Photograph (H, W, 3) in [0, 1] again with a noisy sensor.

    Linear light, white balance undone, shot noise of variance gain·x and read noise on a Bayer
    mosaic, bilinear demosaicing, white balance, sRGB. Only the noise goes through the mosaic, so
    the picture keeps its sharpness.
    """
    rng = np.random.default_rng(seed)
    balance = np.array([2.0, 1.0, 1.6])
    raw = linear(image) / balance
    noise = rng.standard_normal(image.shape) * np.sqrt(gain * raw + read**2)
    red_blue = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 4
    green = np.array([[0, 1, 0], [1, 4, 1], [0, 1, 0]]) / 4
    mosaic = np.zeros(image.shape)
    mosaic[::2, ::2, 0] = mosaic[::2, 1::2, 1] = mosaic[1::2, ::2, 1] = mosaic[1::2, 1::2, 2] = 1
    noise = np.stack(
        [
            convolve(noise[..., c] * mosaic[..., c], kernel, mode="reflect")
            for c, kernel in enumerate((red_blue, green, red_blue))
        ],
        axis=-1,
    )
    return encoded(np.clip((raw + noise) * balance, 0, 1))


def scratches(size: tuple[int, int], seed: int) -> Image.Image:
    """Draw a mask of scratches, cracks and dust; white is damaged."""
    width, height = size
    rng = np.random.default_rng(seed)
    mask = Image.new("L", size)
    draw = ImageDraw.Draw(mask)
    for _ in range(9):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        angle = rng.normal(np.pi / 2, 0.5)
        points = [(x, y)]
        for _ in range(int(rng.integers(8, 30))):
            angle += rng.normal(0, 0.12)
            x, y = x + 11 * np.cos(angle), y + 11 * np.sin(angle)
            points.append((x, y))
        draw.line(points, fill=255, width=int(rng.integers(1, 4)), joint="curve")
    for _ in range(45):
        x, y, r = rng.uniform(0, width), rng.uniform(0, height), rng.exponential(1.3) + 0.6
        draw.ellipse((x - r, y - r, x + r, y + r), fill=255)
    return mask


def main() -> None:
    """Write the ruined photos."""
    hippos = np.asarray(Image.open(PHOTOS / "hippos.webp")) / 255
    noisy = camera_noise(hippos, gain=0.006, read=0.006, seed=1)
    Image.fromarray((noisy * 255).round().astype(np.uint8)).save(
        PHOTOS / "hippos-noisy.jpg", quality=96, subsampling=0
    )
    Image.open(PHOTOS / "market.webp").save(PHOTOS / "market-ruined.jpg", quality=12)
    pyramids = Image.open(PHOTOS / "pyramids.webp")
    small = pyramids.resize((pyramids.width // 2, pyramids.height // 2), Image.Resampling.BICUBIC)
    small.save(PHOTOS / "pyramids-small.png")
    chiefs = Image.open(PHOTOS / "chiefs.webp")
    mask = scratches(chiefs.size, seed=2)
    mask.save(PHOTOS / "chiefs-mask.png")
    damaged = np.asarray(chiefs).copy()
    damaged[np.asarray(mask) > 0] = (236, 231, 219)
    Image.fromarray(damaged).save(PHOTOS / "chiefs-scratched.png")


if __name__ == "__main__":
    main()
