"""Clean: one button for an ordinary bad photo, which leaves a good one alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from restore.hooks.action import Action, Context, PriorParameters
from restore.hooks.report import Result

if TYPE_CHECKING:
    from restore.photo import Photo

__all__ = ["CLEAN", "CleanParameters", "clean"]


class CleanParameters(PriorParameters):
    """What cleaning can be told."""


def clean(photo: Photo, parameters: CleanParameters, context: Context) -> Result:
    """Find out what is wrong with a photo, and remove noise and JPEG artefacts together.

    A photo with almost no noise that is no JPEG, or one of quality 90 or more, is left as it is.
    """
    from restore.tasks.found import leave, look, remove

    image = photo.to_float()
    context.progress(0.0, "Looking at the photo")
    found = look(photo, image)
    if found.noise.kind == "none" and not found.compressed:
        traces = f", and only {found.jpeg_in_words}" if found.jpeg.quality else ""
        note = f"Almost no noise was found{traces}: the photo was left as it is."
        return leave(photo, image, found, note)
    removed = [found.noise_in_words, found.jpeg_in_words if found.compressed else ""]
    note = f"Removed {' and '.join(filter(None, removed))}."
    return remove(photo, image, found, parameters, context, note)


CLEAN = Action(
    name="clean",
    label="Clean",
    help="Finds and removes noise and JPEG artefacts; leaves a good photo as it is.",
    parameters=CleanParameters,
    run=clean,
)
