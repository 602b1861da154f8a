"""Clean photos on which a model is measured before it is trusted."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from restore.cli.inputs import expand
from restore.photo import Pixels, read

__all__ = ["clean_pictures"]

PICTURES, SIDE = 8, 256


def clean_pictures(folder: Path | None) -> list[Pixels]:
    """Return corners of the first photos of a folder, (H, W, 3) in [0, 1].

    Args:
        folder: Where they lie; without it there is one, which comes with scikit-image.

    Raises:
        PhotoError: The folder holds no photo, or one cannot be read.
    """
    if folder is None:
        data: Any = import_module("skimage.data")
        return [data.astronaut()[:SIDE, :SIDE].astype(np.float32) / 255]
    found = expand([str(folder)]).photos[:PICTURES]
    return [read(photo.path).to_float()[:SIDE, :SIDE] for photo in found]
