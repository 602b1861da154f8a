"""White noise of a known strength, which a diffusion model removes exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from restore.diffusion import (
    GRAY_NOISE,
    Array,
    Denoiser,
    Look,
    karras,
    noise_like,
    sample_dpmpp_2m,
)
from restore.diffusion.arrays import sigma_to_signed
from restore.diffusion.schedule import SIGMA_MIN, Sigmas
from restore.hooks.action import Context, PriorParameters
from restore.hooks.report import Report, Result
from restore.inverse import Identity, ddrm, denoise_gaussian
from restore.photo import Photo, Pixels
from restore.tasks.clipping import is_clipped, unclipped_mean
from restore.tasks.posterior import SAMPLE_STEPS, in_range, seen_by_prior, to_photo

__all__ = ["WhiteNoise", "estimate", "remove_gaussian"]

_ABOVE = 1.07
"""Where DDRM starts, in σ of the noise: hardly above it, for there y says all that there is."""


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

    def sample(seed: int) -> Pixels:
        """Walk from the photo itself, which is a state of the reverse process."""
        sigmas = _levels(max(parameters.steps, SAMPLE_STEPS), sigma_y)
        x = sample_dpmpp_2m(prior, y, sigmas, eta=1.0, noise=noise_like(y, seed))
        return removal.finish(x, image)

    x = estimate(prior, y, sigma_y, parameters.steps, parameters.seed)
    return Result(
        photo.with_float(removal.finish(x, image)),
        Report("", found=found, notes=(note,)),
        sample,
    )


def estimate(prior: Denoiser, y: Array, sigma_y: float, steps: int, seed: int) -> Array:
    """Return the mean for one step, for more what DDRM makes of them (ADR 14).

    Args:
        prior: The model.
        y: The noisy photo, (1, 3, H, W) in [-1, 1].
        sigma_y: Standard deviation of its noise, [-1, 1] units.
        steps: How often the prior is called.
        seed: Of what DDRM draws.
    """
    if steps == 1:
        return denoise_gaussian(prior, y, sigma_y)
    operator = Identity((y.shape[2], y.shape[3]))
    sigmas = _levels(steps, _ABOVE * sigma_y)
    return ddrm(prior, operator, y, sigma_y, sigmas, noise_like(y, seed))


def _levels(steps: int, top: float) -> Sigmas:
    return karras(steps, min(SIGMA_MIN, top / 10), top)
