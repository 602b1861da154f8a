"""A plugin that works: negatives, and the photo as it is, enlarged by repeating pixels."""

from __future__ import annotations

from pydantic import Field

from restore.hooks import Action, Context, Parameters, Report, Result, hookimpl
from restore.photo import Photo


class InvertParameters(Parameters):
    white: float = Field(1.0, ge=0.5, le=1.0, title="White point", json_schema_extra={"unit": "°"})


class RepeatParameters(Parameters):
    times: int = Field(2, ge=1, le=4, title="Times")


def invert(photo: Photo, parameters: InvertParameters, context: Context) -> Result:
    context.progress(0.5, "inverting")
    inverted = photo.with_float(parameters.white - photo.to_float())
    return Result(inverted, Report("invert"), sample=lambda seed: photo.to_float() + seed)


def repeat(photo: Photo, parameters: RepeatParameters, context: Context) -> Result:
    times = parameters.times
    return Result(Photo(photo.pixels.repeat(times, 0).repeat(times, 1)), Report("repeat"))


@hookimpl
def restore_actions() -> list[Action]:
    return [
        Action("invert", "Invert", "Make a negative.", InvertParameters, invert),
        Action("repeat", "Repeat", "Enlarge.", RepeatParameters, repeat, scale="times"),
    ]
