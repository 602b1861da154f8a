"""What a diffusion model is to everything built on it: a function x_t, σ, y → E[x_0 | x_t, y]."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias, runtime_checkable

from restore.diffusion.arrays import Array

__all__ = [
    "GRAY_NOISE",
    "UNKNOWN",
    "Denoiser",
    "DifferentiableDenoiser",
    "Look",
    "Observation",
    "StripDenoiser",
]

UNKNOWN = -1.0
"""In an `Observation`: degraded in this way, by an unknown amount."""

GRAY_NOISE = 3**0.5
"""A gray photo is observed three times, with the same noise in each channel: its luma is as noisy
as that of a colour photo whose independent channels have √3 times the noise, and that is told."""


@dataclass(frozen=True, eq=False)
class Observation:
    """A degraded view y of the picture and what is known of its degradation.

    An upscaled view is already at the size of the result.

    Attributes:
        y: (B, C, H, W) in [-1, 1]; values where `noise` is infinite are ignored.
        noise: Standard deviation of y's error in [-1, 1] units, a number or (B, 1, H, W);
            `inf` where y says nothing, `UNKNOWN` where it is noisy by an unknown amount.
        scale: The factor by which y was enlarged to its present size; 1 if it was not.
        jpeg: JPEG quality 1…100; 0 if y was never compressed, `UNKNOWN` if it may have been.
    """

    y: Array
    noise: float | Array = 0.0
    scale: float = 1.0
    jpeg: float = 0.0

    def crop(self, rows: slice, columns: slice) -> Observation:
        """Return the part of the observation that lies under a window."""
        noise = self.noise
        if not isinstance(noise, float | int):
            noise = noise[:, :, rows, columns]
        return replace(self, y=self.y[:, :, rows, columns], noise=noise)


@runtime_checkable
class Denoiser(Protocol):
    """The posterior mean of a clean picture."""

    def __call__(self, x_t: Array | None, sigma: float, y: Observation | None = None) -> Array:
        """Return E[x_0 | x_t, y], (B, C, H, W) in [-1, 1], not clipped.

        Args:
            x_t: x_0 + σ·n, (B, C, H, W); None for no such view (σ is then ignored).
            sigma: Standard deviation of the noise in x_t, in [-1, 1] units.
            y: Another view of the same picture, or None for the plain prior.
        """
        ...


Look: TypeAlias = "tuple[Array | None, float, Observation | None]"
"""What a `Denoiser` is called with: x_t, σ and y."""


@runtime_checkable
class StripDenoiser(Denoiser, Protocol):
    """A denoiser of pictures that are too large to be held whole."""

    def in_strips(
        self, look: Callable[[slice], Look], size: tuple[int, int]
    ) -> Iterator[tuple[slice, Array]]:
        """Yield E[x_0 | x_t, y] of one picture from the top on: which rows, and (1, C, rows, W).

        Together the strips are what a call on the whole picture returns, bit for bit.

        Args:
            look: Returns what is known of some rows, in the picture's full width.
            size: Height and width of the picture.
        """
        ...


@runtime_checkable
class DifferentiableDenoiser(Denoiser, Protocol):
    """A denoiser that can be differentiated with respect to x_t."""

    def vjp(
        self, x_t: Array, sigma: float, y: Observation | None = None
    ) -> tuple[Array, VectorJacobian]:
        """Return E[x_0 | x_t, y] and the function v → vᵀ ∂E[x_0 | x_t, y]/∂x_t."""
        ...


class VectorJacobian(Protocol):
    """v → vᵀ J for a Jacobian J that is never formed."""

    def __call__(self, v: Array, /) -> Array:
        """Return vᵀ J, shaped like x_t."""
        ...
