"""White noise of a known strength, which a diffusion model removes exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from restore.diffusion import GRAY_NOISE, Array, Look, noise_like
from restore.diffusion.arrays import sigma_to_signed
from restore.hooks.action import Context, PriorParameters
from restore.hooks.report import Report, Result
from restore.inverse import denoise_gaussian
from restore.photo import Photo, Pixels
from restore.tasks.clipping import is_clipped, unclipped_mean
from restore.tasks.posterior import SAMPLE_STEPS, in_range, seen_by_prior, to_photo

__all__ = ["WhiteNoise", "remove_gaussian"]


@dataclass(frozen=True)
class WhiteNoise:
    """How it is removed; a `restore.tasks.removal.Removal`.

    Attributes:
        sigma: Standard deviation of the noise, [0, 1] units, above 0.
        clipped: Whether the photo keeps to [0, 1].
    """

    sigma: float
    clipped: bool
    reach = 0

    def look(self, image: Pixels) -> Look:
        """Return the photo as a state of the reverse process."""
        gray = GRAY_NOISE if image.shape[2] == 1 else 1.0
        inside, _ = in_range(image, 4 * self.sigma)
        return seen_by_prior(inside), sigma_to_signed(self.sigma) * gray, None

    def finish(self, x: Array, image: Pixels, rows: slice = slice(None)) -> Pixels:
        """Return the photo without noise."""
        part = image[rows]
        values = to_photo(x, part.shape[2])
        if self.clipped:
            return unclipped_mean(values, self.sigma)
        return values + in_range(part, 4 * self.sigma)[1]


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
    removal = WhiteNoise(sigma, is_clipped(image))
    y, sigma_y, _ = removal.look(image)

    def draw(steps: int, seed: int) -> Pixels:
        x = denoise_gaussian(prior, y, sigma_y, steps=steps, noise=noise_like(y, seed))
        return removal.finish(x, image)

    return Result(
        photo.with_float(draw(parameters.steps, parameters.seed)),
        Report("", found=found, notes=(note,)),
        lambda seed: draw(max(parameters.steps, SAMPLE_STEPS), seed),
    )
