"""From the views of a picture to the network's input, and from its output to E[x_0 | x_t, y].

x_t and y are fused by precision (for Gaussian noise their weighted mean z and its standard
deviation σ_eff are all that they say), then preconditioned by σ_eff (Karras et al. 2022, table 1,
with σ_eff in the place of σ, pixel by pixel). Upscaled and compressed views enter the fusion with
the error that such views usually have.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from restore.diffusion.arrays import Array, as_like, namespace
from restore.diffusion.denoiser import UNKNOWN, Observation
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
    def shape(self) -> tuple[int, int, int, int]:
        """(B, C, H, W)."""
        b, c, h, w = (self.x_t if self.x_t is not None else self._y.y).shape
        return b, c, h, w

    @property
    def _y(self) -> Observation:
        assert self.y is not None
        return self.y

    def crop(self, rows: slice, columns: slice) -> Views:
        """Return what is known of the part of the picture under a window."""
        x_t = None if self.x_t is None else self.x_t[:, :, rows, columns]
        return replace(self, x_t=x_t, y=None if self.y is None else self.y.crop(rows, columns))

    def padded(self, multiple: int) -> Views:
        """Return the views extended by reflection to multiples of `multiple`."""
        height, width = self.shape[2:]
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


@dataclass(frozen=True, eq=False)
class Prepared:
    """The network's input and what turns its output into a picture.

    Attributes:
        x: (B, 10, H, W): c_in·z (3), y (3), the degradation maps (3), log σ_eff / 4 (1).
        z: Precision-weighted mean of the views, (B, 3, H, W).
        sigma_eff: Its standard deviation, a number or (B, 1, H, W).
    """

    x: Array
    z: Array
    sigma_eff: float | Array


@dataclass(frozen=True)
class Conditioning:
    """How one model was taught to read its views; part of its card. All in [-1, 1] units.

    The maps are: 0, y's noise (`NOTHING_KNOWN` where y says nothing, -1 for an unknown amount);
    1, log2(scale) / 2; 2, (100 - quality) / 100 + 0.05 of a JPEG, 0 of none, -1 of perhaps one.

    Attributes:
        sigma_data: Standard deviation of pictures.
        sigma_min: Least σ_eff told to the network.
        sigma_max: Greatest, and the noise of an x_t that is not there.
        least_error: Least error ascribed to any view.
        unknown_noise: Usual error of a view that is noisy by an unknown amount.
        scale_error: Usual error of an upscaled view, per factor.
        jpeg_error: (a, b, c) of the usual error a + b·((100 - quality) / 100)^c of a JPEG.
        unknown_jpeg: Usual error of what is perhaps a JPEG.
    """

    sigma_data: float = 0.5
    sigma_min: float = 0.002
    sigma_max: float = 80.0
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
        batch, _, height, width = views.shape
        xp = namespace(like := _like(views))
        if views.y is None or isinstance(views.y.noise, float | int):
            level = math.log(self._told(self.sigma_eff(views))) / 4
            return as_like(np.full(batch, level), like)
        rows = reflected(height, -(-height // multiple) * multiple)
        columns = reflected(width, -(-width // multiple) * multiple)
        total = xp.zeros((batch,), dtype=xp.float64)
        for band in np.array_split(rows, -(-len(rows) // 256)):
            noise = views.y.noise[:, :, band][:, :, :, columns]
            sigma_eff = self.sigma_eff(replace(views, y=replace(views.y, noise=noise)))
            log = xp.log(self._told(sigma_eff)) / 4
            total = total + xp.sum(log, axis=(1, 2, 3), dtype=xp.float64)
        mean = xp.astype(total / (len(rows) * len(columns)), like.dtype)
        return xp.broadcast_to(mean, (batch,))

    def prepare(self, views: Views) -> Prepared:
        """Fuse the views and build the network's input."""
        like = _like(views)
        xp = namespace(like)
        batch, _, height, width = views.shape
        sigma_eff = self.sigma_eff(views)
        y = xp.zeros_like(like) if views.y is None else _where_known(views.y)
        if views.x_t is None:
            z = y * (sigma_eff**2 * self.error(views.y) ** -2)
        else:
            weight = sigma_eff**2 * self._x_t_error(views) ** -2
            z = weight * views.x_t + (1 - weight) * y
        c_in = (sigma_eff**2 + self.sigma_data**2) ** -0.5
        told = self._told(sigma_eff)
        log = math.log(told) / 4 if isinstance(told, float) else xp.log(told) / 4

        def full(value: float | Array) -> Array:
            value = as_like(np.full((1, 1, 1, 1), value), like) if _is_number(value) else value
            return xp.broadcast_to(value, (batch, 1, height, width))

        maps = [full(value) for value in self.maps(views.y)]
        return Prepared(xp.concat([c_in * z, y, *maps, full(log)], axis=1), z, sigma_eff)

    def finish(self, prepared: Prepared, f: Array) -> Array:
        """Return E[x_0 | x_t, y] = c_skip·z + c_out·F, (B, 3, H, W)."""
        variance = prepared.sigma_eff**2 + self.sigma_data**2
        c_skip = self.sigma_data**2 / variance
        c_out = prepared.sigma_eff * self.sigma_data * variance**-0.5
        return c_skip * prepared.z + c_out * f

    def sigma_eff(self, views: Views) -> float | Array:
        """Return the standard deviation of the fused views, a number or (B, 1, H, W)."""
        return (self._x_t_error(views) ** -2 + self.error(views.y) ** -2) ** -0.5

    def error(self, y: Observation | None) -> float | Array:
        """Return the standard deviation of y's error, inf where it says nothing."""
        if y is None:
            return math.inf
        scale = self.scale_error * y.scale if y.scale > 1 else 0.0
        a, b, c = self.jpeg_error
        jpeg = a + b * ((100 - y.jpeg) / 100) ** c if y.jpeg > 0 else 0.0
        jpeg = self.unknown_jpeg if y.jpeg == UNKNOWN else jpeg
        other = scale**2 + jpeg**2
        if _is_number(y.noise):
            noise = self.unknown_noise if y.noise == UNKNOWN else y.noise
            known = max((noise**2 + other) ** 0.5, self.least_error)
            return known if y.noise < NOTHING_KNOWN else math.inf
        xp = namespace(y.noise)
        noise = xp.where(y.noise < 0, self.unknown_noise, y.noise)
        known = xp.clip((noise**2 + other) ** 0.5, self.least_error)
        return xp.where(y.noise < NOTHING_KNOWN, known, xp.inf)

    def maps(self, y: Observation | None) -> tuple[float | Array, float, float]:
        """Return the degradation maps, numbers where they are the same everywhere."""
        if y is None:
            return NOTHING_KNOWN, 0.0, 0.0
        jpeg = (100 - y.jpeg) / 100 + 0.05 if y.jpeg > 0 else y.jpeg
        if _is_number(y.noise):
            noise = min(float(y.noise), NOTHING_KNOWN)
        else:
            noise = namespace(y.noise).clip(y.noise, UNKNOWN, NOTHING_KNOWN)
        return noise, math.log2(max(y.scale, 1)) / 2, jpeg

    def _x_t_error(self, views: Views) -> float:
        return self.sigma_max if views.x_t is None else max(views.sigma, self.least_error)

    def _told(self, sigma_eff: float | Array) -> float | Array:
        if _is_number(sigma_eff):
            return min(max(sigma_eff, self.sigma_min), self.sigma_max)
        return namespace(sigma_eff).clip(sigma_eff, self.sigma_min, self.sigma_max)


def _is_number(value: float | Array) -> bool:
    return isinstance(value, float | int)


def _like(views: Views) -> Array:
    if views.x_t is not None:
        return views.x_t
    assert views.y is not None
    return views.y.y


def _where_known(y: Observation) -> Array:
    """Return y with zeros where it says nothing, so that what stands there (even NaN) is not seen."""
    xp = namespace(y.y)
    if _is_number(y.noise):
        return y.y if y.noise < NOTHING_KNOWN else xp.zeros_like(y.y)
    return xp.where(y.noise < NOTHING_KNOWN, y.y, xp.zeros_like(y.y))
