"""What the tests in the editors run: quick, slow, failing and crashing actions, of every field."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from restore.errors import RestoreError
from restore.hooks import (
    Action,
    Context,
    MaskParameters,
    Parameters,
    Report,
    Result,
    hookimpl,
)
from restore.photo import Photo


class NegativeParameters(Parameters):
    white: float = Field(1.0, ge=0.5, le=1.0, title="White point", json_schema_extra={"unit": "°"})
    rounds: int = Field(1, ge=1, le=9, title="Rounds", description="How often")
    mirror: bool = Field(False, title="Mirror")
    channel: Literal["all", "first"] = Field("all", title="Channel")
    words: str = Field("", title="Words")


class RepeatParameters(Parameters):
    times: int = Field(2, ge=1, le=4, title="Times")


class SlowParameters(Parameters):
    rounds: int = Field(10, ge=1, le=1000, title="Rounds")
    seconds: float = Field(0.2, ge=0, le=60, title="Seconds a round")


class FailsParameters(Parameters):
    how: Literal["in-words", "raises", "dies"] = Field("in-words", title="How")


def same(photo: Photo, parameters: Parameters, context: Context) -> Result:
    return Result(photo.with_float(photo.to_float()), Report("same"))


def negative(photo: Photo, parameters: NegativeParameters, context: Context) -> Result:
    values = photo.to_float()
    for round_ in range(parameters.rounds):
        context.progress(round_ / parameters.rounds, "turning light into dark")
        values = parameters.white - values
    if parameters.channel == "first":
        values = np.concatenate([values[..., :1], photo.to_float()[..., 1:]], axis=-1)
    if parameters.mirror:
        values = values[:, ::-1]
    notes = (parameters.words,) if parameters.words else ()

    def sample(seed: int) -> np.ndarray:
        return (values + 0.01 * seed).astype(np.float32)

    return Result(photo.with_float(values), Report("negative", notes=notes), sample)


def repeat(photo: Photo, parameters: RepeatParameters, context: Context) -> Result:
    times = parameters.times
    return Result(Photo(photo.pixels.repeat(times, 0).repeat(times, 1)), Report("repeat"))


def fill(photo: Photo, parameters: MaskParameters, context: Context) -> Result:
    values = photo.to_float().copy()
    values[parameters.mask] = 0.5
    return Result(photo.with_float(values), Report("fill"))


def slow(photo: Photo, parameters: SlowParameters, context: Context) -> Result:
    trace = Path(os.environ.get("RESTORE_TEST_TRACE", os.devnull))
    for round_ in range(parameters.rounds):
        context.progress(round_ / parameters.rounds, f"round {round_ + 1} of {parameters.rounds}")
        with trace.open("a") as file:
            file.write(f"{round_}\n")
        time.sleep(parameters.seconds)
    return Result(photo, Report("slow"))


def fails(photo: Photo, parameters: FailsParameters, context: Context) -> Result:
    if parameters.how == "raises":
        raise ZeroDivisionError("division by zero")
    if parameters.how == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    raise RestoreError("The network of this action is damaged.", "Fetch it again.")


@hookimpl
def restore_actions() -> list[Action]:
    return [
        Action("same", "Same", "Change nothing.", Parameters, same),
        Action("negative", "Negative", "Turn light into dark.", NegativeParameters, negative),
        Action("repeat", "Repeat", "Enlarge by repeating.", RepeatParameters, repeat, "times"),
        Action("fill", "Fill", "Fill with gray.", MaskParameters, fill, needs_mask=True),
        Action("slow", "Slow", "Do nothing, slowly.", SlowParameters, slow),
        Action("fails", "Fails", "Fail.", FailsParameters, fails),
    ]
