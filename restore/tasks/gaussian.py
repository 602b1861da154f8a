"""White Gaussian noise of one strength: the photo is itself a state of the reverse process."""

from __future__ import annotations

from collections.abc import Mapping

from restore.diffusion import GRAY_NOISE, noise_like
from restore.diffusion.arrays import sigma_to_signed
from restore.hooks.action import Context, PriorParameters
from restore.hooks.report import Report, Result
from restore.inverse import denoise_gaussian
from restore.photo import Photo, Pixels
from restore.tasks.clipping import is_clipped, unclipped_mean
from restore.tasks.posterior import SAMPLE_STEPS, in_range, seen_by_prior, to_photo

__all__ = ["remove_gaussian"]


def remove_gaussian(
    photo: Photo,
    image: Pixels,
    sigma: float,
    parameters: PriorParameters,
    context: Context,
    found: Mapping[str, float | str],
    note: str,
) -> Result:
    """Return a photo without its white noise of a known strength.

    Args:
        photo: The photo.
        image: Its values, (H, W, C) in [0, 1].
        sigma: Standard deviation of the noise, [0, 1] units, above 0.
        parameters: Steps, seed and model.
        context: What the host lends.
        found: For the report.
        note: What is done, for the person.
    """
    prior = context.prior(parameters.model, parameters.steps)
    inside, beyond = in_range(image, 4 * sigma)
    clipped, channels = is_clipped(image), image.shape[2]
    y = seen_by_prior(inside)
    sigma_y = sigma_to_signed(sigma) * (GRAY_NOISE if channels == 1 else 1)

    def draw(steps: int, seed: int) -> Pixels:
        noise = noise_like(y, seed)
        values = to_photo(denoise_gaussian(prior, y, sigma_y, steps=steps, noise=noise), channels)
        return unclipped_mean(values, sigma) if clipped else values + beyond

    return Result(
        photo.with_float(draw(parameters.steps, parameters.seed)),
        Report("", found=found, notes=(note,)),
        lambda seed: draw(max(parameters.steps, SAMPLE_STEPS), seed),
    )
