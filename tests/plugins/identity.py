"""A plugin whose action changes nothing, though every pixel passes through floats."""

from __future__ import annotations

from restore.hooks import Action, Context, Parameters, Report, Result, hookimpl
from restore.photo import Photo


def identity(photo: Photo, parameters: Parameters, context: Context) -> Result:
    return Result(photo.with_float(photo.to_float()), Report("identity"))


IDENTITY = Action("identity", "Identity", "Change nothing.", Parameters, identity)


@hookimpl
def restore_actions() -> list[Action]:
    return [IDENTITY]
