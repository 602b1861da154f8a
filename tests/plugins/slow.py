"""A plugin for hosts: runs that take as long as they are told to, with a trace of each step."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from pydantic import Field

from restore.hooks import Action, Context, Parameters, Report, Result, hookimpl
from restore.photo import Photo


class SlowParameters(Parameters):
    steps: int = Field(10, ge=1, le=10_000, title="Steps")
    seconds: float = Field(0.02, ge=0, le=10, title="Seconds", json_schema_extra={"unit": "s"})
    trace: str = Field("", title="Trace", description="A file that gets a line a step")


def slow(photo: Photo, parameters: SlowParameters, context: Context) -> Result:
    for step in range(parameters.steps):
        context.progress(step / parameters.steps, f"step {step}")
        time.sleep(parameters.seconds)
        if parameters.trace:
            with Path(parameters.trace).open("a") as file:
                file.write(f"{step}\n")
    return Result(photo.with_float(1 - photo.to_float()), Report("slow"))


def dies(photo: Photo, parameters: Parameters, context: Context) -> Result:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


@hookimpl
def restore_actions() -> list[Action]:
    return [
        Action("slow", "Slow", "Take time.", SlowParameters, slow),
        Action("dies", "Dies", "Kill the process.", Parameters, dies),
    ]
