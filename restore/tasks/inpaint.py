"""Inpaint: fill what is marked, and leave every other pixel as it is, bit for bit."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from restore.errors import ParameterError
from restore.hooks.action import Action, Context, PriorParameters
from restore.hooks.mask import MaskParameters
from restore.hooks.report import Check, Report, Result
from restore.photo import Photo

if TYPE_CHECKING:
    from restore.diffusion import Denoiser
    from restore.photo import Pixels
    from restore.tasks.regions import Window

__all__ = ["INPAINT", "InpaintParameters", "inpaint"]

_FILL_ERROR = 0.05
"""Standard deviation told to the prior of a smooth filling of thin damage, [-1, 1] units."""
_DOUBT = 0.03
"""What is added to it for a sampler per pixel from the rim: what a hole holds may be anything."""


class InpaintParameters(MaskParameters, PriorParameters):
    """What inpainting can be told."""


def inpaint(photo: Photo, parameters: InpaintParameters, context: Context) -> Result:
    """Fill what is marked from what surrounds it.

    A smooth filling is refined by the prior in one step: best for scratches, dust and creases.
    More steps draw texture over it, the more freely the further from the rim. Only windows around
    the marked parts are computed.

    Raises:
        ParameterError: The mask marks nothing or everything.
    """
    import numpy as np

    from restore.tasks.regions import windows_around

    mask = parameters.mask
    _check_mask(mask)
    image = photo.to_float()
    windows = windows_around(mask)
    prior = context.prior(parameters.model, parameters.steps * len(windows))

    def fill(steps: int, seed: int) -> Pixels:
        values, todo, waiting = image.copy(), mask.copy(), deque(windows)
        while waiting:
            window, context = waiting.popleft()
            if todo[context].all():  # its neighbours must be filled first
                waiting.append((window, context))
                continue
            filled = _fill_window(values[context], todo[context], prior, steps, seed, context)
            within = tuple(
                slice(inner.start - outer.start, inner.stop - outer.start)
                for inner, outer in zip(window, context, strict=True)
            )
            marked = todo[window]
            values[window][marked] = filled[within][marked]
            todo[window] = False
        return values

    filled = fill(parameters.steps, parameters.seed)[mask][None]
    pixels = photo.pixels.copy()
    pixels[mask] = Photo(pixels[:1, :1]).with_float(filled).pixels[0]
    changed = np.count_nonzero(pixels != photo.pixels)
    outside = changed - np.count_nonzero(pixels[mask] != photo.pixels[mask])
    share = float(mask.mean())
    report = Report(
        "",
        found={"marked": share},
        checks=(Check("values changed outside the mask", outside == 0, float(outside), 0.0),),
        notes=(f"Filled {_percent(share)} of the photo; all other pixels are as they were.",),
    )
    return Result(
        replace(photo, pixels=pixels),
        report,
        lambda seed: fill(max(parameters.steps, _sample_steps()), seed),
    )


def _fill_window(
    image: Pixels, marked: Pixels, prior: Denoiser, steps: int, seed: int, window: Window
) -> Pixels:
    """Return a window of the photo with its marked pixels filled."""
    import numpy as np
    from scipy.ndimage import distance_transform_edt

    from restore.diffusion import Observation
    from restore.tasks.fill import smooth_fill
    from restore.tasks.posterior import Posterior, in_range, seen_by_prior, to_photo

    inside, beyond = in_range(smooth_fill(image, marked), 0.0)
    error = np.where(marked, np.float32(_FILL_ERROR), np.float32(0))
    if steps > 1:
        error = np.maximum(error, _DOUBT * distance_transform_edt(marked)).astype(np.float32)
    y = Observation(seen_by_prior(inside), error[None, None])
    posterior = Posterior(prior, y, origin=(window[0].start, window[1].start))
    filled: Pixels = to_photo(posterior.estimate(steps, seed), image.shape[2]) + beyond
    return filled


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


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if share >= 0.001 else "less than 0.1 %"


def _sample_steps() -> int:
    from restore.tasks.posterior import SAMPLE_STEPS

    return SAMPLE_STEPS


INPAINT = Action(
    name="inpaint",
    label="Inpaint",
    help="Fills scratches, dust and holes that a mask marks; nothing else changes.",
    parameters=InpaintParameters,
    run=inpaint,
    needs_mask=True,
)
