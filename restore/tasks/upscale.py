"""Upscale: a larger photo which, reduced again, is the one that came in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from restore.hooks.action import Action, Context, PriorParameters
from restore.hooks.blend import alpha_of_size
from restore.hooks.report import Check, Report, Result

if TYPE_CHECKING:
    from restore.diffusion import Array
    from restore.inverse import Downscale
    from restore.photo import Photo, Pixels
    from restore.tasks.found import Found

__all__ = ["UPSCALE", "UpscaleParameters", "consistent", "upscale"]

_ROUNDS = 4


class UpscaleParameters(PriorParameters):
    """What upscaling can be told."""

    scale: Literal[2, 3, 4] = Field(
        4,
        title="Scale",
        description="How many times wider and higher the result is",
        json_schema_extra={"titles": {"2": "2 times", "3": "3 times", "4": "4 times"}},
    )
    consistent: bool = Field(
        True,
        title="True to the photo",
        description="The result, reduced again, is the photo; off also lets noise be removed",
    )


def upscale(photo: Photo, parameters: UpscaleParameters, context: Context) -> Result:
    """Enlarge a photo and put in the detail that bicubic enlargement lacks.

    With `consistent`, the part of the result that the photo determines is taken from the photo
    (range-null-space decomposition, Wang et al. 2023): bicubic reduction gives the photo back.
    """
    import numpy as np

    from restore.diffusion import Observation
    from restore.inverse import Downscale, enlarge
    from restore.tasks.found import look
    from restore.tasks.posterior import Posterior, seen_by_prior, to_photo

    image = photo.to_float()
    context.progress(0.0, "Looking at the photo")
    found = look(photo, image)
    scale, channels = parameters.scale, image.shape[2]
    low = seen_by_prior(image)
    inside = low.clip(-1, 1)
    size_x = low.shape[2] * scale, low.shape[3] * scale
    operator = Downscale(scale, size_x, size_y=low.shape[2:])
    y = Observation(enlarge(inside, scale), scale=float(scale))
    if not parameters.consistent:
        y = found.enlarged(y)
    posterior = Posterior(context.prior(parameters.model, parameters.steps), y)
    beyond = enlarge(low - inside, scale)
    most = 1.0 if photo.pixels.dtype.kind == "u" else np.inf

    def finish(x: Array) -> Pixels:
        x = x + beyond
        return to_photo(
            consistent(operator, x, low, most) if parameters.consistent else x, channels
        )

    size = photo.size[0] * scale, photo.size[1] * scale
    values = finish(posterior.estimate(parameters.steps, parameters.seed))
    done = photo.with_float(values, alpha=alpha_of_size(photo, size))
    checks: tuple[Check, ...] = ()
    if parameters.consistent:
        reduced = to_photo(operator(seen_by_prior(done.to_float())), channels)
        error = float(np.sqrt(np.square(reduced - image).mean()))
        limit = 1 / 255 if photo.pixels.dtype == np.uint8 else 1e-3
        checks = (Check("difference from the photo when reduced", error <= limit, error, limit),)
    return Result(
        done,
        Report("", found=found.report, checks=checks, notes=_notes(found, parameters)),
        posterior.sampler(parameters.steps, finish),
    )


def consistent(operator: Downscale, x: Array, low: Array, most: float) -> Array:
    """Project x onto the pictures that reduce to `low` and lie within ± `most`.

    Alternating projections (Bregman 1965): clipping moves few pixels, the next round mends them.
    """
    from restore.inverse import project

    for _ in range(_ROUNDS if most < float("inf") else 1):
        x = project(operator, x.clip(-most, most), low)
    return x


def _notes(found: Found, parameters: UpscaleParameters) -> tuple[str, ...]:
    flaws = [found.noise_in_words, found.jpeg_in_words if found.compressed else ""]
    seen = " and ".join(filter(None, flaws))
    done = f"Enlarged {parameters.scale} times."
    if not seen:
        return (done,)
    if parameters.consistent:
        return done, f"The photo has {seen}, which was enlarged with it: clean it first."
    return done, f"The photo has {seen}, which was taken into account."


UPSCALE = Action(
    name="upscale",
    label="Upscale",
    help="Enlarges two, three or four times; reduced again, the result is the original.",
    parameters=UpscaleParameters,
    run=upscale,
    scale="scale",
)
