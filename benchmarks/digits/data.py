"""The digits: 1,000 to learn from, 400 for the judge, 397 that nobody has seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from sklearn.datasets import load_digits
from torch import Tensor

CLASSES = tuple("0123456789")
LEVELS = 17
"""Values of a pixel: 0 to 16."""
PARTS = {"learnt": slice(0, 1000), "judge": slice(1000, 1400), "held-out": slice(1400, None)}


def part(name: str) -> tuple[Tensor, Tensor]:
    """Return the digits of one part, (N, 1, 8, 8) float32 in [-1, 1], and their classes."""
    digits = load_digits()
    chosen = np.random.default_rng(0).permutation(len(digits.target))[PARTS[name]]
    x = torch.from_numpy(digits.images[chosen]).float()[:, None] / 8 - 1
    return x, torch.from_numpy(digits.target[chosen]).long()


def write(folder: Path) -> None:
    """Write the digits to learn from as files of 8 bits, a folder a class, for the trainer."""
    x, labels = part("learnt")
    for i, (picture, label) in enumerate(zip(x, labels, strict=True)):
        path = folder / CLASSES[label] / f"{i:04d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            values = ((picture[0] + 1) * 127.5).round().to(torch.uint8).numpy()
            Image.fromarray(values).save(path)
