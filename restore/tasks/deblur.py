"""Deblur: sharpen a photo whose blur is known, as far as its noise allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from restore.hooks.action import Action, Context, PriorParameters
from restore.hooks.kernel import Kernel
from restore.hooks.report import Report, Result

if TYPE_CHECKING:
    from restore.photo import Photo, Pixels

__all__ = ["DEBLUR", "DeblurParameters", "deblur"]

_STEPS = 16
_LEAST_NOISE = 0.5 / 255
"""What is taken for noise at least: rounding to 8 bits, and an operator that is never quite right.
[0, 1] units."""
_UNFIT = (
    "The result does not explain the photo: its blur is another one, probably narrower, or it has "
    "more noise."
)


class DeblurParameters(PriorParameters):
    """What deblurring can be told."""

    shape: Literal["gaussian", "motion", "disc"] = Field(
        "gaussian",
        title="Kind of blur",
        description="That of a soft lens (gaussian), of a straight motion, or of a lens out of "
        "focus (disc)",
        json_schema_extra={
            "titles": {"gaussian": "Soft lens", "motion": "Motion", "disc": "Out of focus"}
        },
    )
    size: float = Field(
        1.5,
        ge=0.3,
        le=60,
        title="Size",
        description="Reach of the blur: spread of a soft lens, length of motion, radius of a disc",
        json_schema_extra={"unit": "pixels"},
    )
    angle: float = Field(
        0.0,
        ge=-360,
        le=360,
        title="Angle",
        description="Direction of a motion, counter-clockwise from the right",
        json_schema_extra={"unit": "degrees"},
    )
    kernel: Kernel = Field(
        None,
        title="Kernel",
        description="A picture of what a point of light became, instead of kind and size",
    )
    noise: Literal["auto"] | Annotated[float, Field(ge=0, le=1)] = Field(
        "auto",
        title="Noise",
        description="How strong the noise is: 0.02 is a little, 0.1 a lot (standard deviation, "
        "where white is 1); “auto” measures it",
    )
    steps: int = Field(
        _STEPS,
        ge=1,
        le=1000,
        title="Steps",
        description="How often the model is asked; fewer are faster and less exact",
    )


def deblur(photo: Photo, parameters: DeblurParameters, context: Context) -> Result:
    """Find the picture that the blur made into the photo.

    Nothing is assumed of what lies beyond the edge: only pixels whose whole window is seen are
    compared. The blurred result differs from the photo by its noise, which is checked.

    Raises:
        ParameterError: There is no such blur.
    """
    from restore.tasks.deblurring import Deblurring, kernel_of
    from restore.tasks.found import look

    image = photo.to_float()
    found: dict[str, float | str]
    if parameters.noise == "auto":
        context.progress(0.0, "Looking for noise")
        noise = look(photo, image).noise
        sigma = noise.sigma if noise.kind != "none" else 0.0
        found = {"noise": sigma, "noise_kind": noise.kind}
    else:
        sigma = parameters.noise
        found = {"noise": sigma, "noise_kind": "white"}
    sigma = max(sigma, _LEAST_NOISE)
    kernel = kernel_of(parameters)
    prior = context.prior(parameters.model, parameters.steps)
    work = Deblurring(image, kernel, sigma, prior)
    lost = work.lost
    x = work.draw(parameters.steps, parameters.seed)
    done = photo.with_float(work.finish(x))
    check = work.check(x, done.to_float())
    notes = _notes(parameters, lost) if check.passed else (*_notes(parameters, lost), _UNFIT)
    report = Report("", found={**found, "lost": lost}, checks=(check,), notes=notes)

    def sample(seed: int) -> Pixels:
        return work.finish(work.draw(parameters.steps, seed))

    return Result(done, report, sample)


def _notes(parameters: DeblurParameters, lost: float) -> tuple[str, ...]:
    if parameters.kernel is not None:
        what = "the blur of the kernel that was given"
    elif parameters.shape == "motion":
        what = f"a motion over {parameters.size:.3g} pixels at {parameters.angle:.3g}°"
    else:
        of = {"gaussian": "a Gaussian blur", "disc": "a blur by a disc"}[parameters.shape]
        what = f"{of} of {parameters.size:.3g} pixels"
    note = f"Removed {what}."
    if lost < 0.01:
        return (note,)
    return (
        note,
        f"Of {100 * lost:.0f} % of the frequencies the blur left less than the noise: there the "
        "result is what the model takes for likely.",
    )


DEBLUR = Action(
    name="deblur",
    label="Deblur",
    help="Sharpens a photo whose blur is known: a soft lens, a motion, or a kernel.",
    parameters=DeblurParameters,
    run=deblur,
)
