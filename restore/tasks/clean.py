"""Clean: one button for an ordinary bad photo, which leaves a good one alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from pydantic import Field

from restore.hooks.action import Action, Context, PriorParameters
from restore.hooks.report import Check, Report, Result

if TYPE_CHECKING:
    from restore.hooks.action import StripWork
    from restore.photo import Photo, Pixels, StripsReader
    from restore.tasks.found import Found

__all__ = ["CLEAN", "CleanParameters", "clean", "clean_strips"]

_DETECTOR = "defects"
_FILLED = 0.3
"""Share of the progress that filling takes."""


class CleanParameters(PriorParameters):
    """What cleaning can be told."""

    defects: bool = Field(
        False,
        title="Repair defects",
        description="Find scratches, dust, creases and spots of old prints and fill them first",
    )
    sensitivity: float = Field(
        0.5,
        ge=0,
        le=1,
        title="Sensitivity",
        description="How readily something is taken for a defect, from hardly ever to very soon",
    )


def clean(photo: Photo, parameters: CleanParameters, context: Context) -> Result:
    """Find out what is wrong with a photo, and remove noise and JPEG artefacts together.

    Defects, if they are to be found, are filled before anything else is removed. A photo with
    almost no noise that is no JPEG, or one of quality 90 or more, is otherwise left as it is.
    """
    if not parameters.defects:
        return _clean(photo, parameters, context)
    repaired = _repair(photo, parameters, context)
    result = _clean(repaired.photo, parameters, context)
    report = replace(
        result.report,
        found={"defects": repaired.share, **result.report.found},
        checks=(*repaired.checks, *result.report.checks),
        notes=(repaired.note, *result.report.notes),
    )
    return replace(result, report=report, mask=repaired.mask)


def _clean(photo: Photo, parameters: CleanParameters, context: Context) -> Result:
    from restore.tasks.found import leave, look, remove

    image = photo.to_float()
    context.progress(_FILLED if parameters.defects else 0.0, "Looking at the photo")
    found = look(photo, image)
    if _is_good(found):
        return leave(photo, image, found, _told(found, parameters))
    return remove(photo, image, found, parameters, context, _told(found, parameters))


def clean_strips(
    photo: StripsReader, parameters: CleanParameters, context: Context
) -> StripWork | None:
    """Clean a photo that is read in strips, in one step; defects are only found in a whole one."""
    if parameters.steps > 1 or parameters.defects:
        return None
    return _in_strips(photo, parameters, context)


def _in_strips(photo: StripsReader, parameters: CleanParameters, context: Context) -> StripWork:
    from restore.tasks.found import found_in
    from restore.tasks.removal import as_it_is, removal_of, removed
    from restore.tasks.survey import survey_strips

    survey = survey_strips(photo, context)
    found = found_in(photo.source, survey)
    report = Report("", found=found.report, notes=(_told(found, parameters),))
    if _is_good(found):
        return (yield from as_it_is(photo, report))
    removal = removal_of(found, survey.clipped)
    return (yield from removed(photo, removal, parameters, context, report))


def _is_good(found: Found) -> bool:
    return found.noise.kind == "none" and not found.compressed


def _told(found: Found, parameters: CleanParameters) -> str:
    if _is_good(found):
        traces = f", and only {found.jpeg_in_words}" if found.jpeg.quality else ""
        done = "nothing else was removed" if parameters.defects else "the photo was left as it is"
        return f"Almost no noise was found{traces}: {done}."
    removed = [found.noise_in_words, found.jpeg_in_words if found.compressed else ""]
    return f"Removed {' and '.join(filter(None, removed))}."


class _Repaired(NamedTuple):
    """A photo without its defects, and what is to be said of them."""

    photo: Photo
    mask: Pixels
    note: str
    checks: tuple[Check, ...] = ()

    @property
    def share(self) -> float:
        return float(self.mask.mean())


def _repair(photo: Photo, parameters: CleanParameters, context: Context) -> _Repaired:
    """Find the defects of a photo and fill them."""
    from restore.tasks.defects import find_defects
    from restore.tasks.filling import Filling, percent
    from restore.tasks.regions import windows_around

    context.progress(0.0, "Looking for defects")
    detector = context.detector(_DETECTOR)
    mask = find_defects(photo.to_float(), detector, parameters.sensitivity)
    if not mask.any() or mask.all():
        return _Repaired(photo, mask & False, "No defects were found.")

    def on_window(done: int, windows: int) -> None:
        context.progress(_FILLED * done / windows, "Filling defects")

    prior = context.prior(parameters.model, calls=0)
    filling = Filling(photo, mask, windows_around(mask), prior, on_window)
    filled = filling.filled(parameters.steps, parameters.seed)
    note = f"Filled defects on {percent(float(mask.mean()))} of the photo."
    return _Repaired(filled, mask, note, (filling.check(filled),))


CLEAN = Action(
    name="clean",
    label="Clean",
    help="Finds and removes noise and JPEG artefacts; leaves a good photo as it is.",
    parameters=CleanParameters,
    run=clean,
    in_strips=clean_strips,
    finds_mask="defects",
)
