"""A plugin whose actions leave a photo as it is and tell what they were given, or are unsure."""

from __future__ import annotations

import hashlib

import numpy as np
from pydantic import Field

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


class DoubleParameters(PriorParameters):
    times: int = Field(2, ge=2, le=2, title="Times")


def double(photo: Photo, parameters: DoubleParameters, context: Context) -> Result:
    twice = Photo(photo.pixels.repeat(2, 0).repeat(2, 1))
    return Result(twice, Report("double"), scatter(twice, parameters, context).sample)


class StretchParameters(Parameters):
    times: float = Field(1.5, ge=1, le=4, title="Times")


def stretch(photo: Photo, parameters: StretchParameters, context: Context) -> Result:
    height, width = (round(parameters.times * side) for side in photo.pixels.shape[:2])
    rows = (np.arange(height) / parameters.times).astype(int)
    columns = (np.arange(width) / parameters.times).astype(int)
    return Result(Photo(photo.pixels[rows][:, columns]), Report("stretch"))


class FindParameters(Parameters):
    seek: bool = Field(True, title="Seek")


def find(photo: Photo, parameters: FindParameters, context: Context) -> Result:
    """Find rows 5 to 9 and leave them."""
    mask = np.zeros(photo.pixels.shape[:2], bool)
    mask[5:10] = True
    return Result(photo, Report("find"), mask=mask)


@hookimpl
def restore_actions() -> list[Action]:
    return [
        Action("tell", "Tell", "Say what came.", Parameters, tell),
        Action("scatter", "Scatter", "Be unsure.", PriorParameters, scatter),
        Action("double", "Double", "Enlarge.", DoubleParameters, double, scale="times"),
        Action("stretch", "Stretch", "Enlarge.", StretchParameters, stretch, scale="times"),
        Action("find", "Find", "See rows.", FindParameters, find, finds_mask="seek"),
    ]
