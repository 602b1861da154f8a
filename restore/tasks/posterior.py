"""What every task shares: a photo as the prior sees it, and the posterior of one observation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from restore.diffusion import Array, Denoiser, Observation, noise_like
from restore.diffusion.arrays import from_signed, to_signed
from restore.photo import Pixels
from restore.tasks.walk import SAMPLING, Walk

__all__ = [
    "SAMPLE_STEPS",
    "Posterior",
    "in_range",
    "seen_by_prior",
    "to_photo",
    "untouched",
]

SAMPLE_STEPS = 8
"""Steps of a posterior sample when the result itself took fewer."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """p(x_0 | y) of one observation.

    Attributes:
        prior: The model.
        y: What was observed.
        walk: How a result of several steps is walked to; its start must be large against the
            posterior's spread.
        origin: (row, column) of y in the photo.
    """

    prior: Denoiser
    y: Observation
    walk: Walk = field(default_factory=Walk)
    origin: tuple[int, int] = (0, 0)

    @cached_property
    def mean(self) -> Array:
        """E[x_0 | y], (1, 3, H, W): the estimate of least squared error, one call of the prior."""
        return self.prior(None, 0.0, self.y)

    def draw(self, steps: int, seed: int, walk: Walk | None = None) -> Array:
        """Return a sample of p(x_0 | y) from `steps` ≥ 2 calls of the prior, by `walk` if given.

        The first call gives the mean; with noise of standard deviation `walk.start` added, it
        stands for a state of the reverse process (Chung et al. 2022,
        "Come-closer-diffuse-faster"), which is walked from there.
        """
        noise, walk = noise_like(self.mean, seed, self.origin), walk or self.walk
        return walk(
            lambda x, sigma: self.prior(x, sigma, self.y),
            self.mean + walk.start * noise(0),
            steps - 1,
            noise,
        )

    def estimate(self, steps: int, seed: int) -> Array:
        """Return the mean for one step, a sample for more."""
        return self.mean if steps == 1 else self.draw(steps, seed)

    def sampler(self, steps: int, finish: Callable[[Array], Pixels]) -> Callable[[int], Pixels]:
        """Return the function seed → finished sample."""
        return lambda seed: finish(self.draw(max(steps, SAMPLE_STEPS), seed, SAMPLING))


def seen_by_prior(image: Pixels) -> Array:
    """Return an image (H, W, C) in [0, 1] as (1, 3, H, W) in [-1, 1]; gray is repeated."""
    return to_signed(np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image)


def to_photo(x: Array, channels: int) -> Pixels:
    """Return (1, 3, H, W) in [-1, 1] as an image (H, W, C) in [0, 1]; gray is the mean."""
    image = from_signed(x)
    return image if channels == 3 else image.mean(axis=2, keepdims=True)


def in_range(image: Pixels, margin: float) -> tuple[Pixels, Pixels]:
    """Split an image into what the prior can know and what lies beyond, which is added back after.

    Args:
        image: (H, W, C), nominally in [0, 1].
        margin: How far outside [0, 1] values may still lie.

    Returns:
        Both parts, (H, W, C); the second is a single 0 where nothing lies beyond.
    """
    if image.min() >= -margin and image.max() <= 1 + margin:
        return image, np.zeros((), np.float32)
    inside = image.clip(-margin, 1 + margin)
    return inside, image - inside


def untouched(image: Pixels) -> Callable[[int], Pixels]:
    """Return the samples of a photo that was left alone: itself, whatever the seed."""
    return lambda seed: image.copy()
