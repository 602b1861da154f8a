"""Denoise: take noise away and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from restore.hooks.action import Action, Context, PriorParameters
from restore.hooks.report import Report, Result

if TYPE_CHECKING:
    from restore.hooks.action import StripWork
    from restore.photo import Photo, StripsReader

__all__ = ["DENOISE", "DenoiseParameters", "denoise", "denoise_strips"]

_NOTHING = "Noise 0: there is nothing to remove, the photo was left as it is."
_NO_NOISE = "Almost no noise was found: the photo was left as it is."


class DenoiseParameters(PriorParameters):
    """What denoising can be told."""

    noise: Literal["auto"] | Annotated[float, Field(ge=0, le=1)] = Field(
        "auto",
        title="Noise",
        description="How strong the noise is: 0.02 is a little, 0.1 a lot (standard deviation, "
        "where white is 1); “auto” measures it",
    )


def denoise(photo: Photo, parameters: DenoiseParameters, context: Context) -> Result:
    """Remove noise.

    With a number, the noise is taken to be white and Gaussian: the photo is then itself a state
    of the reverse process, which is walked from there. With "auto" the photo tells what noise it
    has: white noise is given to the prior as a map, correlated noise as one figure; a photo with
    almost none is left as it is.
    """
    if parameters.noise == "auto":
        return _denoise_found(photo, parameters, context)
    return _denoise_given(photo, parameters, parameters.noise, context)


def _denoise_given(
    photo: Photo, parameters: DenoiseParameters, sigma: float, context: Context
) -> Result:
    from restore.tasks.gaussian import remove_gaussian
    from restore.tasks.posterior import untouched

    image = photo.to_float()
    found: dict[str, float | str] = {"noise": sigma, "noise_kind": "white"}
    if sigma == 0:
        return Result(photo, Report("", found=found, notes=(_NOTHING,)), untouched(image))
    note = _removed_white(sigma)
    return remove_gaussian(photo, image, sigma, parameters, context, found, note)


def _denoise_found(photo: Photo, parameters: DenoiseParameters, context: Context) -> Result:
    from restore.tasks.found import leave, look, remove

    image = photo.to_float()
    context.progress(0.0, "Looking for noise")
    found = look(photo, image)
    if found.noise.kind == "none":
        return leave(photo, image, found, _NO_NOISE)
    return remove(photo, image, found, parameters, context, f"Removed {found.noise_in_words}.")


def denoise_strips(
    photo: StripsReader, parameters: DenoiseParameters, context: Context
) -> StripWork | None:
    """Remove noise from a photo that is read in strips, in one step."""
    return None if parameters.steps > 1 else _in_strips(photo, parameters, context)


def _in_strips(photo: StripsReader, parameters: DenoiseParameters, context: Context) -> StripWork:
    from restore.tasks.found import found_in
    from restore.tasks.gaussian import WhiteNoise
    from restore.tasks.removal import as_it_is, removal_of, removed
    from restore.tasks.survey import survey_strips

    survey = survey_strips(photo, context)
    if parameters.noise == "auto":
        found = found_in(photo.source, survey)
        if found.noise.kind == "none":
            return (yield from as_it_is(photo, Report("", found=found.report, notes=(_NO_NOISE,))))
        report = Report("", found=found.report, notes=(f"Removed {found.noise_in_words}.",))
        removal = removal_of(found, survey.clipped)
    else:
        told: dict[str, float | str] = {"noise": parameters.noise, "noise_kind": "white"}
        if parameters.noise == 0:
            return (yield from as_it_is(photo, Report("", found=told, notes=(_NOTHING,))))
        report = Report("", found=told, notes=(_removed_white(parameters.noise),))
        removal = WhiteNoise(parameters.noise, survey.clipped)
    return (yield from removed(photo, removal, parameters, context, report))


def _removed_white(sigma: float) -> str:
    return f"Removed white noise of {sigma:.3g}."


DENOISE = Action(
    name="denoise",
    label="Denoise",
    help="Removes noise and grain, and keeps what is not noise.",
    parameters=DenoiseParameters,
    run=denoise,
    in_strips=denoise_strips,
)
