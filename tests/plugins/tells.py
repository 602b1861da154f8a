"""A plugin whose actions leave a photo as it is: one tells what it was given, one is unsure."""

from __future__ import annotations

import hashlib

import numpy as np

from restore.hooks import (
    Action,
    Context,
    Parameters,
    PriorParameters,
    Report,
    Result,
    hookimpl,
)
from restore.photo import Photo, Pixels
from restore.photo.colour import profiles


def tell(photo: Photo, parameters: Parameters, context: Context) -> Result:
    icc = photo.metadata.icc or b""
    found: dict[str, float | str] = {
        "shape": "x".join(map(str, photo.pixels.shape)),
        "dtype": str(photo.pixels.dtype),
        "alpha": str(photo.alpha is not None),
        "origin": str(photo.origin),
        "transfer": photo.transfer,
        "icc": hashlib.sha256(icc).hexdigest(),
        "icc_is_linear": str(profiles.is_linear(icc)),
        "mean": float(photo.pixels.mean()),
    }
    return Result(photo, Report("tell", found=found))


def scatter(photo: Photo, parameters: PriorParameters, context: Context) -> Result:
    def sample(seed: int) -> Pixels:
        """Return samples that differ by 0.1, but for the first ten columns."""
        values = np.full(photo.pixels.shape, 0.1 * (seed % 2), np.float32)
        values[:, :10] = 0
        return values

    return Result(photo, Report("scatter"), sample)


@hookimpl
def restore_actions() -> list[Action]:
    return [
        Action("tell", "Tell", "Say what came.", Parameters, tell),
        Action("scatter", "Scatter", "Be unsure.", PriorParameters, scatter),
    ]
