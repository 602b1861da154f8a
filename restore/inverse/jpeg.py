"""JPEG compression as a measurement: what a picture is once it was saved and opened again.

A colour change, smaller colours, the DCT of 8×8 blocks and back are linear; the rounding in between
is not, and its derivative is 0. `vjp` takes 1 for it (the straight-through estimator, Bengio et al.
2013). The other choice, the derivative of r + (c − r)³ for r = round(c) (Shin & Song 2017), is 0
for all that was rounded to 0 from close by: gradient descent on ‖y − A(x)‖ stays where it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from restore.diffusion.arrays import Array, as_like, doubled, namespace
from restore.diffusion.denoiser import VectorJacobian
from restore.errors import ParameterError
from restore.inverse.jpeg_tables import CHROMA, LUMA, TO_YCC, scaled
from restore.inverse.operators import Shaped
from restore.inverse.subsampling import Resampling, Way, coded, halved

__all__ = ["Jpeg"]

Subsampling = Literal["4:2:0", "4:4:4"]
Matrix = np.ndarray[Any, Any]

_EVEN = np.array(
    [
        [8192, 8192, 8192, 8192],
        [10703, 4433, -4433, -10703],
        [8192, -8192, -8192, 8192],
        [4433, -10704, 10704, -4433],
    ]
)
_ODD = np.array(
    [
        [11363, 9633, 6437, 2260],
        [9633, -2259, -11362, -6436],
        [6437, -11362, 2261, 9633],
        [2260, -6436, 9633, -11363],
    ]
)
_DCT = np.empty((8, 8))
_DCT[::2] = np.hstack([_EVEN, np.fliplr(_EVEN)]) / 8192
_DCT[1::2] = np.hstack([_ODD, -np.fliplr(_ODD)]) / 8192
"""√8 times the orthonormal DCT, with the 13 bits after the point of libjpeg's exact integer DCT
(Loeffler, Ligtenberg & Moschytz 1989): what its sums of rounded constants come to."""

_TO_YCC, _FROM_YCC = (
    np.round(65536 * np.asarray(m)) / 65536
    for m in (TO_YCC, ((1, 0, 1.402), (1, -0.34414, -0.71414), (1, 1.772, 0)))
)
"""Colours in libjpeg's 16 bits after the point."""


@dataclass(frozen=True, eq=False)
class Jpeg(Shaped):
    """y = A(x): x saved as a JPEG file and opened again, with 8 bits at both ends.

    Bit for bit what Pillow makes of it, with libjpeg-turbo's exact integer DCT and its smooth
    upsampling (on a device without float64, but for values that lie between two steps).

    Attributes:
        quality: 1…100, as libjpeg counts.
        size_x: (H, W), any; blocks that stick out are filled with the last row and column.
        subsampling: "4:2:0" stores one colour for four pixels, "4:4:4" each.

    Raises:
        ParameterError: The quality is out of range, or a name is unknown.
    """

    quality: int
    size_x: tuple[int, int]
    subsampling: Subsampling = "4:2:0"
    measured = 1.0

    def __post_init__(self) -> None:
        if not (isinstance(self.quality, int) and 1 <= self.quality <= 100):
            raise ParameterError(f"a JPEG of quality {self.quality}", "Give a whole 1 to 100.")
        if self.subsampling not in ("4:2:0", "4:4:4"):
            raise ParameterError(
                f"This JPEG has no subsampling {self.subsampling}.", "Take 4:2:0 or 4:4:4."
            )

    @property
    def size_y(self) -> tuple[int, int]:
        """(H, W) of the measurement."""
        return self.size_x

    @property
    def channels(self) -> tuple[int | None, int | None]:
        """Three in, three out."""
        return 3, 3

    def __call__(self, x: Array) -> Array:
        """Return pictures as they are read back from a file."""
        self.expect_x(x)
        xp = namespace(x)
        levels = _mixed(_TO_YCC, _whole((xp.clip(doubled(x), min=-1, max=1) + 1) * 127.5))
        ycc = _whole(levels - as_like(_LESS, levels)) - as_like(_MIDDLE, levels)
        parts = []
        for plane, table, down, up in self._planes(ycc):
            steps = as_like(table, plane)
            c = _dct(down.rounded(plane))
            r = xp.sign(c) * _whole(xp.abs(c) / steps)
            parts.append(up.rounded(xp.clip(_dct_back(r * steps), min=-128, max=127)))
        ycc = xp.concat(parts, axis=1)
        rgb = xp.clip(_whole(_mixed(_FROM_YCC, ycc + as_like(_MIDDLE, ycc))), min=0, max=255)
        return xp.astype(rgb / 127.5 - 1, x.dtype)

    def smooth(self, x: Array) -> Array:
        """Return the pictures without any rounding: only the colours lose detail, if they do.

        This is linear, and `vjp` is its adjoint.
        """
        self.expect_x(x)
        planes = self._planes(_mixed(_TO_YCC, x))
        parts = [up(down(plane)) for plane, _, down, up in planes]
        return _mixed(_FROM_YCC, namespace(x).concat(parts, axis=1))

    def vjp(self, x: Array) -> tuple[Array, VectorJacobian]:
        """Return A(x) with all roundings, and v → vᵀ J with the J of `smooth`."""
        return self(x), self._pull

    def _pull(self, v: Array) -> Array:
        self.expect_y(v)
        planes = self._planes(_mixed(_FROM_YCC.T, v))
        parts = [down.adjoint(up.adjoint(plane)) for plane, _, down, up in planes]
        return _mixed(_TO_YCC.T, namespace(v).concat(parts, axis=1))

    def _planes(self, ycc: Array) -> Iterator[tuple[Array, Matrix, Resampling, Resampling]]:
        """Yield luma and colours with their table and their way to the coded size and back."""
        whole, small = self._ways
        yield ycc[:, :1], scaled(LUMA, self.quality), *whole
        yield ycc[:, 1:], scaled(CHROMA, self.quality), *small

    @cached_property
    def _ways(self) -> tuple[Way, Way]:
        whole = coded(self.size_x)
        return whole, (whole if self.subsampling == "4:4:4" else halved(self.size_x))


_MIDDLE = np.array([128.0, 0.0, 0.0])[None, :, None, None]
_LESS = np.array([0.0, 1.0, 1.0])[None, :, None, None] / 65536
"""libjpeg rounds halves of luma up and those of colours down."""


def _whole(x: Array) -> Array:
    """Round to whole numbers, halves up."""
    return namespace(x).floor(x + 0.5)


def _mixed(matrix: Matrix, x: Array) -> Array:
    """Multiply the colours by a 3×3 matrix."""
    b, c, h, w = x.shape
    xp = namespace(x)
    return xp.reshape(as_like(matrix, x) @ xp.reshape(x, (b, c, h * w)), x.shape)


def _in_blocks(x: Array) -> Array:
    """Return (B, C, H/8, W/8, 8, 8)."""
    b, c, h, w = x.shape
    xp = namespace(x)
    return xp.permute_dims(xp.reshape(x, (b, c, h // 8, 8, w // 8, 8)), (0, 1, 2, 4, 3, 5))


def _from_blocks(blocks: Array) -> Array:
    b, c, h, w = blocks.shape[:4]
    xp = namespace(blocks)
    return xp.reshape(xp.permute_dims(blocks, (0, 1, 2, 4, 3, 5)), (b, c, 8 * h, 8 * w))


def _dct(x: Array) -> Array:
    """Return the DCT of blocks, (B, C, H/8, W/8, 8, 8), with libjpeg's roundings.

    Two bits after the point are kept between its two passes, and three at the end.
    """
    between = _whole(4 * (_in_blocks(x) @ as_like(_DCT.T, x))) / 4
    return _whole(as_like(_DCT, x) @ between) / 8


def _dct_back(c: Array) -> Array:
    between = _whole(4 * (as_like(_DCT.T, c) @ c)) / 4
    return _from_blocks(_whole(between @ as_like(_DCT, c) / 8))
