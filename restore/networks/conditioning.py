"""From the views of a picture to the network's input, and from its output to E[x_0 | x_t, y].

x_t and y are fused by precision (for Gaussian noise their weighted mean z and its standard
deviation σ_eff are all that they say), then preconditioned by σ_eff (Karras et al. 2022, table 1,
with σ_eff in the place of σ, pixel by pixel). Upscaled and compressed views enter the fusion with
the error that such views usually have.
"""

from __future__ import annotations

import math
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

    def noise_level(self, views: Views, multiple: int) -> Array:
        """Return c_noise (B,): the mean of log σ_eff / 4 over the whole padded picture.

        Computed once for a picture and given to each of its tiles. Memory is that of a band of
        rows.
        """
        like = views.like
        batch, _, height, width = like.shape
        xp = namespace(like)
        if views.y is None or isinstance(views.y.noise, float | int):
            return xp.zeros_like(like[:, 0, 0, 0]) + self._log(views, like[:1, :1, :1, :1])[0, 0, 0]
        rows = reflected(height, -(-height // multiple) * multiple)
        columns = reflected(width, -(-width // multiple) * multiple)
        total = xp.zeros((batch,), dtype=xp.float64)
        for band in np.array_split(rows, -(-len(rows) // 256)):
            noise = views.y.noise[:, :, band][:, :, :, columns]
            part = replace(views, y=replace(views.y, noise=noise))
            total = total + xp.sum(self._log(part, noise), axis=(1, 2, 3), dtype=xp.float64)
        return xp.astype(total / (len(rows) * len(columns)), like.dtype)

    def prepare(self, views: Views) -> Prepared:
        """Fuse the views and build the network's input."""
        like = views.like
        xp = namespace(like)
        y = xp.zeros_like(like) if views.y is None else _where_known(views.y)
        x_t = xp.zeros_like(like) if views.x_t is None else views.x_t
        fused = fuse(x_t, self._sigma_t(views), y, self.error(views.y))
        c = precondition(fused.sigma_eff, self.sigma_data)
        maps = [value + xp.zeros_like(like[:, :1]) for value in self.maps(views.y)]
        return Prepared(xp.concat([c.c_in * fused.z, y, *maps, c.c_noise], axis=1), fused)

    def finish(self, prepared: Prepared, f: Array) -> Array:
        """Return E[x_0 | x_t, y] = c_skip·z + c_out·F, (B, 3, H, W)."""
        c = precondition(prepared.fused.sigma_eff, self.sigma_data)
        return c.c_skip * prepared.fused.z + c.c_out * f

    def error(self, y: Observation | None) -> float | Array:
        """Return the standard deviation of y's error, inf where it says nothing."""
        if y is None:
            return math.inf
        scale = self.scale_error * y.scale if y.scale > 1 else 0.0
        a, b, c = self.jpeg_error
        jpeg = a + b * ((100 - y.jpeg) / 100) ** c if y.jpeg > 0 else 0.0
        jpeg = self.unknown_jpeg if y.jpeg == UNKNOWN else jpeg
        other = scale**2 + jpeg**2
        if isinstance(y.noise, float | int):
            noise = self.unknown_noise if y.noise == UNKNOWN else y.noise
            known = max((noise**2 + other) ** 0.5, self.least_error)
            return known if y.noise < NOTHING_KNOWN else math.inf
        xp = namespace(y.noise)
        noise = xp.where(y.noise < 0, self.unknown_noise, y.noise)
        known = xp.clip((noise**2 + other) ** 0.5, min=self.least_error)
        return xp.where(y.noise < NOTHING_KNOWN, known, xp.inf)

    def maps(self, y: Observation | None) -> tuple[float | Array, float, float]:
        """Return the degradation maps, numbers where they are the same everywhere."""
        if y is None:
            return NOTHING_KNOWN, 0.0, 0.0
        jpeg = (100 - y.jpeg) / 100 + 0.05 if y.jpeg > 0 else y.jpeg
        if isinstance(y.noise, float | int):
            noise = min(float(y.noise), NOTHING_KNOWN)
        else:
            noise = namespace(y.noise).clip(y.noise, UNKNOWN, NOTHING_KNOWN)
        return noise, math.log2(max(y.scale, 1)) / 2, jpeg

    def _sigma_t(self, views: Views) -> float:
        return SIGMA_MAX if views.x_t is None else max(views.sigma, self.least_error)

    def _log(self, views: Views, like: Array) -> Array:
        """Return log σ_eff / 4, shaped like (B, 1, H, W) of `like`."""
        blank = namespace(like).zeros_like(like)
        fused = fuse(blank, self._sigma_t(views), blank, self.error(views.y))
        return precondition(fused.sigma_eff).c_noise


def _where_known(y: Observation) -> Array:
    """Return y with zeros where it says nothing, so that even NaN is not seen there."""
    xp = namespace(y.y)
    if isinstance(y.noise, float | int):
        return y.y if y.noise < NOTHING_KNOWN else xp.zeros_like(y.y)
    return xp.where(y.noise < NOTHING_KNOWN, y.y, xp.zeros_like(y.y))
