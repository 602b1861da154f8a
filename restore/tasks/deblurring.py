"""One photo and one blur: the reverse process that undoes it, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from restore.diffusion import Array, Denoiser, karras, noise_like
from restore.diffusion.arrays import sigma_to_signed
from restore.diffusion.preconditioning import SIGMA_DATA
from restore.hooks.report import Check
from restore.inverse import Unbordered, diffpir, disc_kernel, gaussian_kernel, motion_kernel
from restore.photo import Pixels
from restore.tasks.posterior import in_range, seen_by_prior, to_photo

if TYPE_CHECKING:
    from restore.tasks.deblur import DeblurParameters

__all__ = ["Deblurring", "kernel_of"]

_START, _LAST = 0.6, 0.02
"""Levels of the reverse process, [-1, 1] units: from where the photo's edges have drowned."""
_BEYOND = 0.1
"""How far outside [0, 1] a result may lie: further out, the blur was another one."""
_TOLERANCE = 1.5
"""Times the noise by which the blurred result may differ from the photo."""


def kernel_of(parameters: DeblurParameters) -> Pixels:
    """Return the kernel that parameters describe.

    Raises:
        ParameterError: There is no such blur.
    """
    if parameters.kernel is not None:
        return parameters.kernel
    if parameters.shape == "motion":
        return motion_kernel(parameters.size, parameters.angle)
    make = {"gaussian": gaussian_kernel, "disc": disc_kernel}[parameters.shape]
    return make(parameters.size)


@dataclass(frozen=True, eq=False)
class Deblurring:
    """A photo, its blur and its noise.

    Attributes:
        image: (H, W, C), nominally in [0, 1].
        kernel: (h, w), sums to 1.
        sigma: Standard deviation of the noise, [0, 1] units, above 0.
        prior: The model.
    """

    image: Pixels
    kernel: Pixels
    sigma: float
    prior: Denoiser

    @cached_property
    def operator(self) -> Unbordered:
        """What the blur made of the picture."""
        size = self.image.shape[0], self.image.shape[1]
        return Unbordered.of(self.kernel, size, multiple=16, tolerance=1e-3)

    @property
    def lost(self) -> float:
        """Share of the frequencies of which the blur left less than the noise."""
        seen = np.abs(np.fft.fft2(self.kernel, (256, 256)))
        return float((seen < sigma_to_signed(self.sigma) / SIGMA_DATA).mean())

    def draw(self, steps: int, seed: int) -> Array:
        """Return a picture (1, 3, H, W) that reaches beyond the photo, by DiffPIR.

        It begins at the photo, regularised, in noise; each step draws all of its noise anew.
        """
        y, sigma_y = self._measured, sigma_to_signed(self.sigma)
        first = self.operator.pinv(y, ridge=(sigma_y / _START) ** 2)
        top, left = (-within.start for within in self.operator.window)
        noise = noise_like(first, seed, (top, left))
        sigmas = karras(steps, _LAST, _START)
        start = first + _START * noise(0)
        return diffpir(self.prior, self.operator, y, sigma_y, sigmas, noise, x=start)

    def finish(self, x: Array) -> Pixels:
        """Return the part within the photo, (H, W, C) in [0, 1]."""
        values = to_photo(x[(..., *self.operator.window)], self.image.shape[2])
        return np.asarray(values.clip(-_BEYOND, 1 + _BEYOND) + self._parts[1])

    def check(self, x: Array, result: Pixels) -> Check:
        """Blur the result again, with what x has beyond its edge, and compare with the photo."""
        again = x.copy()
        again[(..., *self.operator.window)] = seen_by_prior(result - self._parts[1])
        error = float(np.sqrt(np.square(self.operator(again) - self._measured).mean())) / 2
        limit = max(_TOLERANCE * self.sigma, 1 / 255)
        return Check("difference from the photo when blurred again", error <= limit, error, limit)

    @cached_property
    def _parts(self) -> tuple[Pixels, Pixels]:
        return in_range(self.image, 4 * self.sigma)

    @cached_property
    def _measured(self) -> Array:
        return seen_by_prior(self._parts[0])
