"""Strips of text, drawn once, to be stamped onto pictures."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

__all__ = ["strips"]

HEIGHT, WIDTH, COUNT = 24, 160, 48
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,:-/'©"


@cache
def strips() -> Tensor:
    """Return (48, 1, 24, 160): 1 where there is ink; always the same."""
    random = np.random.default_rng(0)
    drawn = []
    for _ in range(COUNT):
        size = int(random.integers(10, 22))
        text = "".join(random.choice(list(LETTERS), int(random.integers(4, 20))))
        strip = Image.new("L", (WIDTH, HEIGHT))
        pen = ImageDraw.Draw(strip)
        pen.text((WIDTH // 2, HEIGHT // 2), text, 255, ImageFont.load_default(size), anchor="mm")
        drawn.append(np.asarray(strip, np.float32) / 255)
    return torch.from_numpy(np.stack(drawn)[:, None])
