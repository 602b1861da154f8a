"""An action: what a host shows in a menu and a person can run on a photo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field

from restore.diffusion.denoiser import Denoiser
from restore.hooks.report import Result
from restore.photo import Photo

__all__ = ["Action", "Context", "Parameters", "PriorParameters"]


class Parameters(BaseModel):
    """What every action can be told.

    Each field carries all that a dialog needs: type, range, default, title, description and, in
    `json_schema_extra`, a unit.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False
    )

    strength: float = Field(
        1.0, ge=0, le=1, title="Strength", description="Blend of the original (0) and result (1)"
    )


class PriorParameters(Parameters):
    """What every action that uses the diffusion prior can be told."""

    steps: int = Field(
        1,
        ge=1,
        le=1000,
        title="Steps",
        description="1 is the most faithful result; more steps draw natural texture",
    )
    seed: int = Field(
        0, ge=0, lt=2**63, title="Seed", description="The same seed gives the same pixels"
    )
    model: str = Field("base", title="Model", description="Name of the diffusion model")


class Context(Protocol):
    """What a host lends to an action while it runs."""

    def prior(self, model: str, calls: int = 1) -> Denoiser:
        """Return the named model, ready to run on the host's device; it reports its own progress.

        Args:
            model: Name of the model.
            calls: How often the action is going to call it.

        Raises:
            ModelError: No such model, or it is not what its card says.
            DeviceError: The device that was asked for cannot be used.
        """
        ...

    def progress(self, fraction: float, text: str = "") -> None:
        """Tell the host how much is done, in [0, 1].

        Raises:
            CancelledError: The person or the host asked to stop; let it pass.
        """
        ...


@dataclass(frozen=True)
class Action:
    """Something that can be done to a photo.

    Attributes:
        name: Lower-case identifier, unique among all plugins, such as "denoise".
        label: What a menu shows.
        help: One sentence for a tooltip.
        parameters: A subclass of `Parameters`.
        run: The work itself: (photo, parameters, context) → Result. It need not look at
            `strength`, which is applied to what it returns.
        scale: Names the parameter that multiplies the size of the photo; empty if none does.
        needs_mask: Whether a mask (H, W) must come with the photo, in `parameters.mask`.
    """

    name: str
    label: str
    help: str
    parameters: type[Parameters]
    run: Callable[[Photo, Any, Context], Result]
    scale: str = ""
    needs_mask: bool = False
