"""What a photo tells of itself, and the observation that follows for the prior."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from restore.diffusion import GRAY_NOISE, UNKNOWN, Array, Observation
from restore.diffusion.arrays import sigma_to_signed
from restore.hooks.action import Context, PriorParameters
from restore.hooks.report import Report, Result
from restore.photo import Photo, Pixels, Source
from restore.tasks.clipping import is_clipped, unclipped_mean
from restore.tasks.gaussian import remove_gaussian
from restore.tasks.jpeg import JpegEstimate, jpeg_of
from restore.tasks.noise import REACH, NoiseEstimate, noise_in
from restore.tasks.posterior import (
    Posterior,
    in_range,
    seen_by_prior,
    to_photo,
    untouched,
)
from restore.tasks.survey import Survey, survey_image

__all__ = ["Degradations", "Found", "found_in", "leave", "look", "remove"]

_VISIBLE = 90
"""From this JPEG quality on there is nothing to repair that a person could see."""
_MARGIN = 0.02
"""What a colour photo's camera noise may have beyond what is found of it, [0, 1] (ADR 16)."""


@dataclass(frozen=True)
class Found:
    """The degradations of a photo.

    Attributes:
        noise: Its noise.
        jpeg: Its compression.
    """

    noise: NoiseEstimate
    jpeg: JpegEstimate

    @property
    def even_noise(self) -> float | None:
        """Standard deviation of the noise if white and equally strong in dark and light, else None.

        None too if the photo is visibly compressed, which the prior must then be told.
        """
        black, white = self.noise.b, self.noise.a + self.noise.b
        even = self.noise.kind == "white" and white < 1.5 * black
        return self.noise.sigma if even and not self.compressed else None

    @property
    def compressed(self) -> bool:
        """Whether a person could see that the photo is a JPEG."""
        return 0 < self.jpeg.quality < _VISIBLE

    @property
    def noise_in_words(self) -> str:
        """Such as "white noise of about 0.1"; empty if there is almost none."""
        if self.noise.kind == "white":
            return f"white noise of about {self.noise.sigma:.2g}"
        return "noise as cameras leave it" if self.noise.kind == "camera" else ""

    @property
    def jpeg_in_words(self) -> str:
        """Such as "JPEG compression of quality 40"; empty if there is none."""
        return f"JPEG compression of quality {self.jpeg.quality}" if self.jpeg.quality else ""

    @property
    def report(self) -> dict[str, float | str]:
        """For `Report.found`."""
        quality: dict[str, float | str] = (
            {"jpeg_quality": self.jpeg.quality, "jpeg_from": self.jpeg.source}
            if self.jpeg.quality
            else {"jpeg_quality": "none"}
        )
        return {"noise": self.noise.sigma, "noise_kind": self.noise.kind, **quality}

    def observation(self, image: Pixels, spread: Pixels | None) -> Observation:
        """Return a photo with all that is known of its degradations.

        White noise becomes a map of its strength, correlated noise one figure, with a margin (ADR
        16); a photo with neither is not noisy.

        Args:
            image: The photo, (H, W, C) in [0, 1].
            spread: The map of its noise, `noise.map_of(image)`, if that is white; else None.
        """
        gray = image.shape[2] == 1
        to_prior = sigma_to_signed(GRAY_NOISE if gray else 1.0)
        margin = _MARGIN if self.noise.kind == "camera" and not gray else 0.0
        noise = math.hypot(self.noise.sigma, margin) if spread is None else spread[None, None]
        return Observation(seen_by_prior(image), to_prior * noise, jpeg=float(self.jpeg.quality))

    def enlarged(self, y: Observation) -> Observation:
        """Return an enlarged view with what is known of its noise.

        Args:
            y: The view at its new size; the noise is that of the photo before.
        """
        if self.noise.kind == "camera" or self.compressed:
            return replace(y, noise=UNKNOWN)
        return replace(y, noise=sigma_to_signed(self.noise.sigma)) if self.noise_in_words else y


@dataclass(frozen=True)
class Degradations:
    """How what was found is removed; a `restore.tasks.removal.Removal`.

    Attributes:
        found: The degradations.
        clipped: Whether the photo keeps to [0, 1].
    """

    found: Found
    clipped: bool

    @property
    def reach(self) -> int:
        """How many rows further than its own one part of the photo is looked at."""
        return REACH if self.found.noise.kind == "white" else 0

    def look(self, image: Pixels) -> tuple[None, float, Observation]:
        """Return the photo as an observation."""
        inside, _ = in_range(image, 4 * self.found.noise.sigma)
        return None, 0.0, self.found.observation(inside, self._spread(inside))

    def finish(self, x: Array, image: Pixels, rows: slice = slice(None)) -> Pixels:
        """Return the photo without the degradations."""
        inside, beyond = in_range(image, 4 * self.found.noise.sigma)
        values = to_photo(x, image.shape[2])
        if self.clipped and (spread := self._spread(inside)) is not None:
            return unclipped_mean(values, spread[rows, :, None])
        return values + (beyond[rows] if beyond.ndim else beyond)

    def _spread(self, image: Pixels) -> Pixels | None:
        return self.found.noise.map_of(image) if self.found.noise.kind == "white" else None


def look(photo: Photo, image: Pixels) -> Found:
    """Estimate the noise and the compression of a photo.

    Args:
        photo: The photo, with the tables of its file.
        image: Its values, (H, W, C) in [0, 1].
    """
    return found_in(photo.source, survey_image(image))


def found_in(source: Source, photo: Survey) -> Found:
    """Estimate the noise and the compression of a photo.

    Args:
        source: Its source, with the tables of its file.
        photo: What it looks like.
    """
    return Found(noise_in(photo), jpeg_of(source, photo.middle))


def leave(photo: Photo, image: Pixels, found: Found, note: str) -> Result:
    """Return a photo as it is, with a note why."""
    return Result(photo, Report("", found=found.report, notes=(note,)), untouched(image))


def remove(
    photo: Photo,
    image: Pixels,
    found: Found,
    parameters: PriorParameters,
    context: Context,
    note: str,
) -> Result:
    """Return a photo without the degradations that were found in it.

    Args:
        photo: The photo.
        image: Its values, (H, W, C) in [0, 1].
        found: What was found in it.
        parameters: Steps, seed and model.
        context: What the host lends.
        note: What is done, for the person.
    """
    if (sigma := found.even_noise) is not None:
        return remove_gaussian(photo, image, sigma, parameters, context, found.report, note)
    removal = Degradations(found, is_clipped(image))
    _, _, y = removal.look(image)
    prior = context.prior(parameters.model, parameters.steps)
    posterior = Posterior(prior, y)

    def finish(x: Array) -> Pixels:
        return removal.finish(x, image)

    return Result(
        photo.with_float(finish(posterior.estimate(parameters.steps, parameters.seed))),
        Report("", found=found.report, notes=(note,)),
        posterior.sampler(parameters.steps, finish),
    )
