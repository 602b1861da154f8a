"""An action: what a host shows in a menu and a person can run on a photo."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from restore.diffusion.denoiser import Denoiser
from restore.errors import PluginError
from restore.hooks.report import Report, Result
from restore.photo import Photo, Pixels, StripsReader

__all__ = [
    "OF_RUN",
    "Action",
    "Context",
    "Detector",
    "Parameters",
    "PriorParameters",
    "StripWork",
]


class Parameters(BaseModel):
    """What every action can be told.

    Each field carries all that a dialog needs: type, range, default, title, description and, in
    `json_schema_extra`, a unit.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False
    )

    strength: float = Field(
        1.0,
        ge=0,
        le=1,
        title="Strength",
        description="How much of the result there is: 0 is the photo as it was, 1 the result alone",
    )


class PriorParameters(Parameters):
    """What every action that uses the diffusion prior can be told."""

    steps: int = Field(
        1,
        ge=1,
        le=1000,
        title="Steps",
        description="1 is the most faithful result; more draw natural texture, and take longer",
    )
    seed: int = Field(
        0,
        ge=0,
        lt=2**63,
        title="Seed",
        description="Another number draws other texture, with more than one step; the same one "
        "gives the same pixels",
    )
    model: str = Field(
        "base", title="Model", description="Which of the diffusion models does the work"
    )


class Detector(Protocol):
    """Says of each pixel how probably it is damaged."""

    def __call__(self, x: Pixels) -> Pixels:
        """Return probabilities (B, 1, H, W) for pictures x (B, 3, H, W) in [-1, 1]."""
        ...


class Context(Protocol):
    """What a host lends to an action while it runs."""

    def prior(self, model: str, calls: int = 1) -> Denoiser:
        """Return the named model, ready to run on the host's device; it reports its own progress.

        Args:
            model: Name of the model.
            calls: How often the action is going to call it; 0 if the action itself reports the
                progress of these calls.

        Raises:
            ModelError: No such model, or it is not what its card says.
            DeviceError: The device that was asked for cannot be used.
        """
        ...

    def detector(self, model: str) -> Detector:
        """Return the named detector of damage, ready to run; it reports no progress.

        Raises:
            ModelError: No such detector, or it is not what its card says.
            DeviceError: The device that was asked for cannot be used.
        """
        ...

    def progress(self, fraction: float, text: str = "") -> None:
        """Tell the host how much is done, in [0, 1].

        Raises:
            CancelledError: The person or the host asked to stop; let it pass.
        """
        ...


StripWork: TypeAlias = Generator[Pixels, None, Report]
"""Yields the rows of a result from the top on and returns the report."""


@dataclass(frozen=True)
class Action:
    """Something that can be done to a photo.

    Attributes:
        name: Lower-case words joined by hyphens, unique among all plugins, such as "denoise".
        label: What a menu shows.
        help: One sentence for a tooltip.
        parameters: A subclass of `Parameters`; every field but the mask has a default.
        run: The work itself: (photo, parameters, context) → Result. It cannot write into the
            photo's arrays, need not look at `strength`, which is applied to what it returns, and
            need not carry alpha and metadata, which are carried for it.
        scale: Names the parameter that multiplies the size of the photo; empty if none does.
        needs_mask: Whether a mask (H, W) must come with the photo, in `parameters.mask`.
        finds_mask: Names the parameter with which its results carry a mask, `Result.mask`; empty
            if none does.
        in_strips: The same work on a photo that is too large to be held whole: (photo, parameters,
            context) → generator. It reads what rows it likes, yields the result from its first row
            to its last, any number of rows (h, W, C) at a time as floats in [0, 1], and returns the
            report. It returns None instead of a generator where these parameters need the whole
            photo. The result must be that of `run`, whatever the strips; it cannot have another
            size. None if the action always needs the whole photo.
        plugin: The plugin that added it; filled in when it is loaded.

    Raises:
        PluginError: The attributes do not fit each other.
    """

    name: str
    label: str
    help: str
    parameters: type[Parameters]
    run: Callable[[Photo, Any, Context], Result]
    scale: str = ""
    needs_mask: bool = False
    finds_mask: str = ""
    in_strips: Callable[[StripsReader, Any, Context], StripWork | None] | None = None
    plugin: str = ""

    def __post_init__(self) -> None:
        if fault := _fault(self):
            raise PluginError(f"The action {self.name!r} {fault}.")


_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
OF_RUN = ("engine", "plugins", "progress", "provenance")
"""Arguments of `restore.run` that are no parameters of an action."""


def _fault(action: Any) -> str:
    if not (isinstance(action.name, str) and _NAME.fullmatch(action.name)):
        return "needs a name of lower-case words joined by hyphens"
    if not (isinstance(action.label, str) and action.label.strip()):
        return "needs a label"
    if not callable(action.run):
        return "needs a function to run"
    if not (isinstance(action.parameters, type) and issubclass(action.parameters, Parameters)):
        return "needs parameters that are a subclass of restore.hooks.Parameters"
    fields = action.parameters.model_fields
    if action.scale and action.scale not in fields:
        return f"scales by a parameter that it does not have: {action.scale!r}"
    if action.in_strips and (action.scale or action.needs_mask):
        return "cannot work in strips: it changes the size or needs a mask"
    if action.needs_mask != ("mask" in fields):
        return "must have a parameter “mask” if it needs a mask, and only then"
    if action.finds_mask and action.finds_mask not in fields:
        return f"finds a mask by a parameter that it does not have: {action.finds_mask!r}"
    if asked := [name for name in fields if fields[name].is_required() and name != "mask"]:
        return f"needs a default for its parameter {asked[0]!r}"
    if taken := [name for name in fields if name in OF_RUN]:
        return f"cannot have a parameter {taken[0]!r}: `restore.run` has one of this name"
    try:
        action.parameters.model_validate(
            {"mask": np.ones((1, 1), bool)} if "mask" in fields else {}
        )
    except Exception as error:
        return f"cannot start from its defaults: {error}"
    return ""
