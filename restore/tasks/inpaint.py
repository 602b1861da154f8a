"""Inpaint: fill what is marked, and leave every other pixel as it is, bit for bit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from restore.errors import ParameterError
from restore.hooks.action import Action, Context, PriorParameters
from restore.hooks.mask import MaskParameters
from restore.hooks.report import Report, Result

if TYPE_CHECKING:
    from restore.photo import Photo, Pixels

__all__ = ["INPAINT", "InpaintParameters", "inpaint"]


class InpaintParameters(MaskParameters, PriorParameters):
    """What inpainting can be told."""


def inpaint(photo: Photo, parameters: InpaintParameters, context: Context) -> Result:
    """Fill what is marked from what surrounds it; see `filling.Filling`.

    Only windows around the marked parts are computed.

    Raises:
        ParameterError: The mask marks nothing or everything.
    """
    from restore.tasks.filling import Filling, percent
    from restore.tasks.posterior import SAMPLE_STEPS
    from restore.tasks.regions import windows_around
    from restore.tasks.walk import SAMPLING

    mask, steps = parameters.mask, parameters.steps
    _check_mask(mask)
    windows = windows_around(mask)
    prior = context.prior(parameters.model, steps * len(windows))
    filling = Filling(photo, mask, windows, prior)
    filled = filling.filled(steps, parameters.seed)
    share = float(mask.mean())
    report = Report(
        "",
        found={"marked": share},
        checks=(filling.check(filled),),
        notes=(f"Filled {percent(share)} of the photo; all other pixels are as they were.",),
    )

    def sample(seed: int) -> Pixels:
        return filling.values(max(steps, SAMPLE_STEPS), seed, SAMPLING)

    return Result(filled, report, sample)


def _check_mask(mask: Pixels) -> None:
    if not mask.any():
        raise ParameterError(
            "The mask is all black: nothing is marked.", "Paint white what is to be filled in."
        )
    if mask.all():
        raise ParameterError(
            "The mask is all white: nothing of the photo is left to fill it from.",
            "Paint white only what is to be filled in; is the mask inverted?",
        )


INPAINT = Action(
    name="inpaint",
    label="Inpaint",
    help="Fills scratches, dust and holes that a mask marks; nothing else changes.",
    parameters=InpaintParameters,
    run=inpaint,
    needs_mask=True,
)
