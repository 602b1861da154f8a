"""One value a pixel instead of three colours: grayscale, and a camera's mosaic.

Both are a weighted sum of the colours at each pixel, y = wᵀx with the same ‖w‖ everywhere. So
A Aᵀ = ‖w‖² I, and turning the colours so that the first is along w is all there is to the spectrum.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from restore.diffusion.arrays import Array, as_like, namespace
from restore.errors import ParameterError
from restore.inverse.operators import Identity, Linear, LinearOperator
from restore.inverse.spectrum import Spectrum, spectrum

__all__ = ["Bayer", "Grayscale", "Mixing"]

Pattern = Literal["RGGB", "BGGR", "GRBG", "GBRG"]

_LUMA = 0.299, 0.587, 0.114


class Mixing(Linear):
    """y = wᵀx at every pixel.

    Attributes:
        size_x: (H, W) of pictures and measurements.
    """

    size_x: tuple[int, int]
    measured = 1.0

    @property
    def channels(self) -> tuple[int | None, int | None]:
        """Three in, one out."""
        return 3, 1

    @property
    def weights(self) -> np.ndarray[Any, Any]:
        """The weights w, float64 (1, 3, H, W) or broadcasting to it; ‖w‖ is the same everywhere."""
        raise NotImplementedError

    @property
    def size_y(self) -> tuple[int, int]:
        """(H, W) of the measurement."""
        return self.size_x

    @cached_property
    def power(self) -> float:
        """‖w‖²."""
        return float((self.weights[0, :, 0, 0] ** 2).sum())

    def __call__(self, x: Array) -> Array:
        """Return wᵀx, (B, 1, H, W)."""
        self.expect_x(x)
        return namespace(x).sum(as_like(self.weights, x) * x, axis=1, keepdims=True)

    def adjoint(self, y: Array) -> Array:
        """Return w y, (B, 3, H, W)."""
        self.expect_y(y)
        return as_like(self.weights, y) * y

    def pinv(self, y: Array, ridge: float = 0.0) -> Array:
        """Return w y/(‖w‖² + ridge)."""
        return self.adjoint(y) / (self.power + ridge)

    def spectrum(self) -> Spectrum:
        """The first of the turned colours is measured, the others are not."""
        return self.under(Identity(self.size_x))

    def turned(self, x: Array) -> Array:
        """Return (wᵀx/‖w‖, two colours more), orthonormally; it is its own inverse.

        The reflection of Householder (1958) that swaps w/‖w‖ and the first colour.
        """
        n = as_like(self._normal, x)
        return x - n * namespace(x).sum(n * x, axis=1, keepdims=True)

    def under(self, outer: LinearOperator) -> Spectrum:
        """Return the spectrum of outer ∘ self, where the outer one's is known."""
        space, length = spectrum(outer), self.power**0.5
        s = length * space.singular

        def measured(y: Array) -> Array:
            first = space.measured(y) / length
            return namespace(y).concat([first, 0 * first, 0 * first], axis=1)

        return Spectrum(
            np.concatenate([s, 0 * s, 0 * s], axis=1),
            lambda x: space.to(self.turned(x)),
            lambda z: self.turned(space.back(z)),
            measured,
        )

    @cached_property
    def _normal(self) -> np.ndarray[Any, Any]:
        """The mirror's normal, of length √2, or 0 where nothing is to be swapped."""
        v = np.array(self.weights / self.power**0.5)
        v[:, 0] -= 1
        norm2 = (v**2).sum(1, keepdims=True)
        return v * np.sqrt(2 / np.where(norm2 > 0, norm2, 1))


@dataclass(frozen=True, eq=False)
class Grayscale(Mixing):
    """A black-and-white photo: the luma 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601).

    Of encoded values, as Pillow's mode L and JPEG take it.

    Attributes:
        size_x: (H, W).
    """

    size_x: tuple[int, int]

    @property
    def weights(self) -> np.ndarray[Any, Any]:
        """The weights of red, green and blue, (1, 3, 1, 1)."""
        return np.array(_LUMA)[None, :, None, None]


@dataclass(frozen=True, eq=False)
class Bayer(Mixing):
    """A sensor behind a Bayer filter: of each pixel one colour is known.

    Attributes:
        size_x: (H, W), odd sides too.
        pattern: The colours of the upper left four pixels, row by row.

    Raises:
        ParameterError: It is no Bayer pattern.
    """

    size_x: tuple[int, int]
    pattern: Pattern = "RGGB"

    def __post_init__(self) -> None:
        if self.pattern not in ("RGGB", "BGGR", "GRBG", "GBRG"):
            raise ParameterError(
                f"{self.pattern!r} is no Bayer pattern.", "Take RGGB, BGGR, GRBG or GBRG."
            )

    @cached_property
    def weights(self) -> np.ndarray[Any, Any]:
        """1 for the colour that a pixel sees and 0 for the others, (1, 3, H, W)."""
        tile = np.array(["RGB".index(colour) for colour in self.pattern]).reshape(2, 2)
        rows, columns = (np.arange(n) % 2 for n in self.size_x)
        seen = tile[rows[:, None], columns]
        return np.asarray(seen == np.arange(3)[:, None, None], np.float64)[None]
