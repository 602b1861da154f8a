"""From the views of a picture to the network's input, and from its output to E[x_0 | x_t, y].

x_t and y are fused by precision (for Gaussian noise their weighted mean z and its standard
deviation σ_eff are all that they say), then preconditioned by σ_eff (Karras et al. 2022, table 1,
with σ_eff in the place of σ, pixel by pixel). Upscaled and compressed views enter the fusion with
the error that such views usually have.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from restore.diffusion.arrays import Array, namespace
from restore.diffusion.denoiser import UNKNOWN, Observation
from restore.diffusion.fusion import Fused, fuse
from restore.diffusion.preconditioning import SIGMA_DATA, precondition
from restore.diffusion.schedule import SIGMA_MAX
from restore.errors import ParameterError

__all__ = ["Conditioning", "Prepared", "Views", "reflected"]

NOTHING_KNOWN = 2.0
"""Value of the noise map where y says nothing."""
JPEG_OFFSET = 0.05
"""Value of the JPEG map at quality 100, so that it differs from that of no JPEG."""


def reflected(length: int, padded: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the indices (padded,) that extend an axis by reflection without repeating its end.

    Works from length 1, and over any number of periods.
    """
    period = max(2 * (length - 1), 1)
    position = np.arange(padded) % period
    return np.minimum(position, period - position) if length > 1 else position * 0


@dataclass(frozen=True, eq=False)
class Views:
    """All that is known of one picture; at least one of the two views must be there.

    Attributes:
        x_t: x_0 + σ·n, (B, C, H, W), or None.
        sigma: Standard deviation of the noise in x_t, in [-1, 1] units.
        y: The observation, or None.
    """

    x_t: Array | None
    sigma: float
    y: Observation | None

    def __post_init__(self) -> None:
        if self.x_t is None and self.y is None:
            raise ParameterError("A prior needs x_t or an observation, and got neither.")
        if self.x_t is not None and not self.sigma >= 0:
            raise ParameterError(f"The noise level σ = {self.sigma} of x_t is not a number ≥ 0.")
        if self.x_t is not None and self.y is not None and self.x_t.shape != self.y.y.shape:
            raise ParameterError(
                f"x_t {tuple(self.x_t.shape)} and y {tuple(self.y.y.shape)} differ in size."
            )

    @property
    def like(self) -> Array:
        """A view that is there, for its shape and type."""
        if self.x_t is not None:
            return self.x_t
        assert self.y is not None
        return self.y.y

    def crop(self, rows: slice, columns: slice) -> Views:
        """Return what is known of the part of the picture under a window."""
        x_t = None if self.x_t is None else self.x_t[:, :, rows, columns]
        return replace(self, x_t=x_t, y=None if self.y is None else self.y.crop(rows, columns))

    def padded(self, multiple: int) -> Views:
        """Return the views extended by reflection to multiples of `multiple`."""
        height, width = self.like.shape[2:]
        if height % multiple == 0 and width % multiple == 0:
            return self
        rows = reflected(height, -(-height // multiple) * multiple)
        columns = reflected(width, -(-width // multiple) * multiple)

        def pad(a: Array) -> Array:
            return a[:, :, rows][:, :, :, columns]

        y = self.y
        if y is not None:
            noise = y.noise if isinstance(y.noise, float | int) else pad(y.noise)
            y = replace(y, y=pad(y.y), noise=noise)
        return replace(self, x_t=None if self.x_t is None else pad(self.x_t), y=y)


class Prepared(NamedTuple):
    """The network's input and what turns its output into a picture.

    Attributes:
        x: (B, 10, H, W): c_in·z (3), y (3), the degradation maps (3), log σ_eff / 4 (1).
        fused: Precision-weighted mean z of the views, and its standard deviation σ_eff.
    """

    x: Array
    fused: Fused


@dataclass(frozen=True)
class Conditioning:
    """How one model was taught to read its views; part of its card. All in [-1, 1] units.

    The maps are: 0, y's noise (`NOTHING_KNOWN` where y says nothing, -1 for an unknown amount);
    1, log2(scale) / 2; 2, (100 - quality) / 100 + 0.05 of a JPEG, 0 of none, -1 of perhaps one.

    Attributes:
        sigma_data: Standard deviation of pictures.
        least_error: Least error ascribed to any view.
        unknown_noise: Usual error of a view that is noisy by an unknown amount.
        scale_error: Usual error of an upscaled view, per factor.
        jpeg_error: (a, b, c) of the usual error a + b·((100 - quality) / 100)^c of a JPEG.
        unknown_jpeg: Usual error of what is perhaps a JPEG.
    """

    sigma_data: float = SIGMA_DATA
    least_error: float = 1e-4
    unknown_noise: float = 0.1
    scale_error: float = 0.025
    jpeg_error: tuple[float, float, float] = (0.02, 0.09, 1.2)
    unknown_jpeg: float = 0.05

    def prepare(self, views: Views) -> Prepared:
        """Fuse the views and build the network's input."""
        zeros = namespace(views.like).zeros_like(views.like)
        x_t = zeros if views.x_t is None else views.x_t
        sigma = SIGMA_MAX if views.x_t is None else max(views.sigma, self.least_error)
        y = zeros if views.y is None else _where_known(views.y)
        return self.assemble(x_t, sigma, y, self.maps(views.y, like=zeros))

    def assemble(
        self, x_t: Array, sigma: float | Array, y: Array, maps: Sequence[Array]
    ) -> Prepared:
        """Fuse two views, y's degradation being known by its maps, and build the input.

        Args:
            x_t: (B, 3, H, W); zeros where there is no such view.
            sigma: Standard deviation of its noise, a number or (B, 1, 1, 1); `SIGMA_MAX` where
                there is no such view.
            y: (B, 3, H, W); zeros where it says nothing.
            maps: The three maps, each of a shape that broadcasts against (B, 1, H, W).
        """
        xp = namespace(x_t)
        fused = fuse(x_t, sigma, y, self.error(maps))
        c = precondition(fused.sigma_eff, self.sigma_data)
        planes = [value + xp.zeros_like(x_t[:, :1]) for value in maps]
        return Prepared(xp.concat([c.c_in * fused.z, y, *planes, c.c_noise], axis=1), fused)

    def finish(self, prepared: Prepared, f: Array) -> Array:
        """Return E[x_0 | x_t, y] = c_skip·z + c_out·F, (B, 3, H, W)."""
        c = precondition(prepared.fused.sigma_eff, self.sigma_data)
        return c.c_skip * prepared.fused.z + c.c_out * f

    def error(self, maps: Sequence[Array]) -> Array:
        """Return the standard deviation of the error that maps speak of, inf where y is nothing."""
        noise, scale, jpeg = maps
        xp = namespace(noise)
        a, b, c = self.jpeg_error
        lost = xp.clip(jpeg - JPEG_OFFSET, min=0)
        compressed = xp.where(jpeg > 0, a + b * lost**c, 0.0)
        compressed = xp.where(jpeg < 0, self.unknown_jpeg, compressed)
        enlarged = xp.where(scale > 0, self.scale_error * 4**scale, 0.0)
        noisy = xp.where(noise < 0, self.unknown_noise, noise)
        known = xp.sqrt(noisy**2 + enlarged**2 + compressed**2)
        return xp.where(noise < NOTHING_KNOWN, xp.clip(known, min=self.least_error), xp.inf)

    def maps(self, y: Observation | None, like: Array) -> tuple[Array, Array, Array]:
        """Return the degradation maps, (1, 1, 1, 1) where they are the same everywhere.

        Args:
            y: What is observed; None for nothing.
            like: Of the library, type and device that are wanted.
        """
        one = namespace(like).ones_like(like[:1, :1, :1, :1])
        if y is None:
            return one * NOTHING_KNOWN, one * 0, one * 0
        jpeg = (100 - y.jpeg) / 100 + JPEG_OFFSET if y.jpeg > 0 else y.jpeg
        noise = one * min(y.noise, NOTHING_KNOWN) if isinstance(y.noise, float | int) else y.noise
        noise = namespace(noise).clip(noise, UNKNOWN, NOTHING_KNOWN)
        return noise, one * (math.log2(max(y.scale, 1)) / 2), one * jpeg


def _where_known(y: Observation) -> Array:
    """Return y with zeros where it says nothing, so that even NaN is not seen there."""
    xp = namespace(y.y)
    if isinstance(y.noise, float | int):
        return y.y if y.noise < NOTHING_KNOWN else xp.zeros_like(y.y)
    return xp.where(y.noise < NOTHING_KNOWN, y.y, xp.zeros_like(y.y))
