"""A plugin for tests of the worker: runs that take their time, tell what they saw, or kill it."""

from __future__ import annotations

import os
import signal
import time
from enum import StrEnum
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from restore.hooks import (
    Action,
    Context,
    MaskParameters,
    Parameters,
    PriorParameters,
    Report,
    Result,
    hookimpl,
)
from restore.photo import Photo, Pixels


class SlowParameters(Parameters):
    steps: int = Field(10, ge=1, le=10_000, title="Steps")
    seconds: float = Field(0.02, ge=0, le=10, title="Seconds", json_schema_extra={"unit": "s"})
    trace: str = Field("", title="Trace", description="A file that gets a line a step")
    name: str = Field("", title="Name", description="What is in that line")


def slow(photo: Photo, parameters: SlowParameters, context: Context) -> Result:
    for step in range(parameters.steps):
        context.progress(step / parameters.steps, f"step {step}")
        time.sleep(parameters.seconds)
        if parameters.trace:
            with Path(parameters.trace).open("a") as file:
                file.write(f"{parameters.name or step}\n")
    return Result(photo.with_float(1 - photo.to_float()), Report("slow"))


def hangs(photo: Photo, parameters: Parameters, context: Context) -> Result:
    while True:
        time.sleep(1)


def dies(photo: Photo, parameters: Parameters, context: Context) -> Result:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def tells(photo: Photo, parameters: Parameters, context: Context) -> Result:
    icc = photo.metadata.icc
    seen = (
        photo.transfer,
        photo.origin,
        photo.size,
        None if icc is None else icc.decode("latin-1"),
    )
    found = {"not a number": float("nan"), "from numpy": np.float32(0.5)}
    return Result(photo, Report("tells", found=found, notes=(repr(seen),)))


def fills(photo: Photo, parameters: MaskParameters, context: Context) -> Result:
    values = photo.to_float()
    values[parameters.mask] = 1
    return Result(photo.with_float(values), Report("fills"))


def chatters(photo: Photo, parameters: Parameters, context: Context) -> Result:
    """Say whatever can be said in a strange way."""
    context.progress(float("nan"), object())  # type: ignore[arg-type]
    context.progress(-3, "x" * 10**7)
    time.sleep(0.3)
    context.progress(7, "\ud800")
    time.sleep(0.3)
    found = {"x" * 10**7: "y" * 10**7, "object": object()}
    notes = tuple(f"note {n}" for n in range(10**5))
    return Result(photo, Report("chatters", found=found, notes=notes), lambda seed: np.zeros(3))


class FindParameters(Parameters):
    brighter: float = Field(0.5, gt=0, lt=1, title="Brighter than")


def finds(photo: Photo, parameters: FindParameters, context: Context) -> Result:
    mask = photo.to_float().mean(axis=2) > parameters.brighter
    return Result(photo, Report("finds"), mask=mask)


def samples(photo: Photo, parameters: Parameters, context: Context) -> Result:
    def draw(seed: int) -> Pixels:
        context.progress(1.0)
        time.sleep(0.05)
        return photo.to_float() + np.float32(0.02 * (seed % 2))

    return Result(photo, Report("samples"), draw)


class Colour(StrEnum):
    RED = "red"
    PALE_BLUE = "pale_blue"


class EveryParameters(PriorParameters):
    """A parameter of every kind."""

    above: float = Field(1.0, gt=0, title="Above", description="More than 0")
    count: int = Field(3, gt=1, lt=9, title="Count")
    noise: Literal["auto", "none"] | float = Field("auto", title="Noise")
    colour: Colour = Field(Colour.RED, title="Colour")
    size: Literal[2, 3] = Field(2, title="Size")
    flag: bool = Field(True, title="Flag")
    text: str = Field("a", title="Text")
    items: list[int] = Field([1], title="Items")
    perhaps: float | None = Field(None, title="Perhaps")


def every(photo: Photo, parameters: EveryParameters, context: Context) -> Result:
    return Result(photo, Report("every"))


@hookimpl
def restore_actions() -> list[Action]:
    return [
        Action("slow", "Slow", "Take time.", SlowParameters, slow),
        Action("hangs", "Hangs", "Neither report nor end.", Parameters, hangs),
        Action("dies", "Dies", "Kill the process.", Parameters, dies),
        Action("tells", "Tells", "Tell what was seen.", Parameters, tells),
        Action("fills", "Fills", "Fill with white.", MaskParameters, fills, needs_mask=True),
        Action("chatters", "Chatters", "Talk nonsense.", Parameters, chatters),
        Action("finds", "Finds", "Find.", FindParameters, finds, finds_mask="brighter"),
        Action("samples", "Samples", "Draw samples.", Parameters, samples),
        Action("every", "Every", "Take everything.", EveryParameters, every),
    ]
