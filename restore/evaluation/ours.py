"""The toolkit as one of the methods that are measured, by the route that every user takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from restore.evaluation.degrade import Case, Setting
from restore.evaluation.stability import Window
from restore.hooks import Result
from restore.photo import Pixels

if TYPE_CHECKING:
    from restore.engine import Engine

__all__ = ["Run", "runs"]


@dataclass(frozen=True, eq=False)
class Run:
    """An action with its parameters on a degraded photo, ready to be run.

    Attributes:
        action: Name of the action.
        case: The degraded photo, with its mask.
        engine: Where the model runs.
        parameters: Of the action.
        scale: How many times larger the result is.
    """

    action: str
    case: Case
    engine: Engine
    parameters: Mapping[str, Any] = field(default_factory=dict)
    scale: int = 1

    def __call__(self, **changed: Any) -> Result:
        """Run the action, with some parameters changed."""
        from restore.api import run

        given = {**self.parameters, **changed}
        if self.case.mask is not None:
            given["mask"] = self.case.mask
        return run(self.action, self.case.photo, engine=self.engine, **given)

    def pixels(self, **changed: Any) -> Pixels:
        """Return only the result's values, (H, W, C) in [0, 1] units."""
        return self(**changed).photo.to_float()

    def on(self, window: Window) -> Run:
        """Return the same run on a part of the photo."""
        photo, mask = self.case.photo, self.case.mask
        alpha = None if photo.alpha is None else photo.alpha[window]
        origin = window[0].start, window[1].start
        part = replace(photo, pixels=photo.pixels[window], alpha=alpha, origin=origin)
        case = replace(self.case, photo=part, mask=None if mask is None else mask[window])
        return replace(self, case=case)

    def in_tiles(self, size: int) -> Run:
        """Return the same run with tiles of at most `size` pixels; 0 for the usual ones."""
        return replace(self, engine=self.engine.with_tile(size)) if size else self


def runs(
    case: Case, setting: Setting, engine: Engine, model: str, steps: Sequence[int]
) -> dict[str, Run]:
    """Return what to measure of the toolkit, by the names under which it is shown.

    For `denoise` the noise level is measured by the action itself, and in a second run given to it
    as it is given to the peers. With other numbers of steps than 1, names say which.

    Args:
        case: The degraded photo.
        setting: How it was degraded.
        engine: Where the model runs.
        model: Its name.
        steps: Numbers of steps, one run each.
    """
    scale = int(setting.value) if setting.task == "upscale" else 1
    told = {"restore": setting.parameters()}
    if setting.task == "denoise":
        told["restore, σ given"] = setting.parameters(blind=False)
    found = {}
    for name, parameters in told.items():
        for n in steps:
            label = name if list(steps) == [1] else f"{name}, {n} step{'s' * (n > 1)}"
            given = {"model": model, "steps": n, **parameters}
            found[label] = Run(setting.action, case, engine, given, scale)
    return found
