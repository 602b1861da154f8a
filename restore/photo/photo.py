"""A photo in memory: pixels at their own depth, alpha apart, everything else carried along."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from restore.errors import ParameterError, PhotoError, ResultError
from restore.photo.colour.seen import seen, stored
from restore.photo.colour.transfer import Transfer
from restore.photo.depth import DEPTHS, accept, from_unit, to_unit
from restore.photo.dither import DITHER, Pattern
from restore.photo.metadata import Metadata
from restore.photo.source import Source

if TYPE_CHECKING:
    from PIL.Image import Image

    from restore.photo.colour.gain_map import GainMap

__all__ = ["Photo", "Pixels"]

Pixels: TypeAlias = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo, upright.

    Attributes:
        pixels: (H, W, C), C = 1 (gray) or 3 (RGB), uint8, uint16 or float32; floats are nominally
            in [0, 1] and may leave it. They are as a file holds them; `to_float` returns what they
            look like.
        alpha: (H, W) of the same type, or None.
        metadata: Profile, EXIF, XMP, resolution.
        source: The file it was read from.
        transfer: "encoded" if the pixels are as for a screen or a print, "linear" if they are
            proportional to light.
        premultiplied: Whether the pixels are multiplied by alpha.
        gain_map: An HDR gain map that lies over the pixels; it goes with a photo of the same size.
        origin: Row and column of its first pixel in the whole photo, if it is only a part.
        notes: What had to be done to the pixels when the file was read, sentences for the person.

    Raises:
        PhotoError: Pixels or alpha are of another shape or type, or premultiplied by no alpha.
    """

    pixels: Pixels
    alpha: Pixels | None = None
    metadata: Metadata = field(default_factory=Metadata)
    source: Source = field(default_factory=Source)
    transfer: Transfer = "encoded"
    premultiplied: bool = False
    gain_map: GainMap | None = None
    origin: tuple[int, int] = (0, 0)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        pixels, alpha = self.pixels, self.alpha
        if pixels.ndim != 3 or pixels.shape[2] not in (1, 3) or pixels.size == 0:
            raise PhotoError(
                f"Pixels of shape {pixels.shape} are no photo.",
                "It must be (H, W, 1) or (H, W, 3).",
            )
        if pixels.dtype not in DEPTHS:
            raise PhotoError(
                f"A photo cannot have pixels of type {pixels.dtype}.",
                "Use uint8, uint16 or float32; Photo.from_array converts other floats.",
            )
        if alpha is not None and (alpha.shape != pixels.shape[:2] or alpha.dtype != pixels.dtype):
            raise PhotoError(
                f"Alpha {alpha.shape} {alpha.dtype} does not fit pixels {pixels.shape} "
                f"{pixels.dtype}.",
                "It must be (H, W), of the same size and type.",
            )
        if self.premultiplied and alpha is None:
            raise PhotoError("Without alpha, pixels cannot be multiplied by it.")

    @classmethod
    def from_array(cls, array: Pixels) -> Photo:
        """Make a photo of a copy of an array.

        Args:
            array: (H, W) or (H, W, 1) gray, (H, W, 2) gray and alpha, (H, W, 3) RGB or (H, W, 4)
                RGB and alpha. uint8, uint16, or floats nominally in [0, 1], kept as float32.

        Raises:
            PhotoError: Another shape or type, or values that are not finite.
        """
        array = np.asarray(array)
        shape = array.shape
        if array.ndim == 2:
            array = array[:, :, None]
        if array.ndim != 3 or array.shape[2] not in (1, 2, 3, 4) or array.size == 0:
            hint = "It must be (height, width) or (height, width, channels) with 1 to 4 channels."
            if len(shape) == 3 and shape[0] in (1, 2, 3, 4):
                hint += " Channels come last: use array.transpose(1, 2, 0)."
            raise PhotoError(f"An array of shape {shape} is no photo.", hint)
        pixels = accept(array)
        if pixels.shape[2] in (1, 3):
            return cls(pixels)
        return cls(np.ascontiguousarray(pixels[:, :, :-1]), np.ascontiguousarray(pixels[:, :, -1]))

    def to_array(self, like: Pixels | None = None) -> Pixels:
        """Return pixels and alpha as they are, as one array, a copy.

        Args:
            like: The array that `from_array` was given: the result gets its type, and a gray photo
                its number of axes. Without it the type is the photo's own and gray is (H, W).

        Returns:
            (H, W) gray, (H, W, 2) gray and alpha, (H, W, 3) RGB or (H, W, 4) RGB and alpha.

        Raises:
            ParameterError: `like` holds another kind of numbers than the photo.
        """
        stack = self.pixels
        if self.alpha is not None:
            stack = np.concatenate([stack, self.alpha[:, :, None]], axis=2)
        if stack.shape[2] == 1 and (like is None or like.ndim == 2):
            stack = stack[:, :, 0]
        if like is None:
            return stack.copy()
        if stack.dtype != like.dtype.newbyteorder("=") and (stack.dtype.kind, like.dtype.kind) != (
            "f",
            "f",
        ):
            raise ParameterError(
                f"A photo of {stack.dtype} cannot become an array of {like.dtype}.",
                "Pass the array that the photo was made from.",
            )
        return stack.astype(like.dtype)

    @classmethod
    def from_pil(cls, image: Image) -> Photo:
        """Make a photo of a Pillow image, with its profile, EXIF, XMP and resolution, upright.

        Raises:
            PhotoError: A mode without an RGB or gray meaning, such as CMYK.
        """
        from restore.photo.pillow import from_pil

        return from_pil(image)

    def to_pil(self) -> Image:
        """Return a Pillow image with profile, EXIF, XMP and resolution in its `info`.

        Raises:
            PhotoError: Pillow has no mode for it: 16-bit or float, with colour or alpha.
        """
        from restore.photo.pillow import to_pil

        return to_pil(self)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @property
    def megapixels(self) -> float:
        """Width times height, in millions."""
        width, height = self.size
        return width * height / 1e6

    def to_float(self) -> Pixels:
        """Return what the photo looks like, (H, W, C) float32, nominally in [0, 1]; a copy.

        Linear light is encoded (`colour.transfer.encoded`) and colours are divided by the alpha
        that they are multiplied by; where alpha is zero they stay as they are. Nothing is clipped.
        """
        return seen(to_unit(self.pixels), self.transfer, self._opacity(self.alpha))

    def with_float(
        self, values: Pixels, *, alpha: Pixels | None = None, pattern: Pattern = DITHER
    ) -> Photo:
        """Return this photo with other pixels, at its own depth.

        16 bits are rounded half to even; 8 bits are dithered, each value becoming one of the two
        levels around it; both are clipped to their range, floats are not. A value that
        `to_float` returned becomes the very pixel that it was of.

        Args:
            values: (H, W, C) floats as `to_float` returns them; the size may differ.
            alpha: (H, W) of the photo's own type, or floats in [0, 1] which are treated like
                `values`, but never dithered. Needed if the photo has alpha and its size changes.
            pattern: How 8 bits are dithered.

        Raises:
            ParameterError: The number of channels differs, or alpha is needed or does not fit.
            ResultError: A value is not finite.
        """
        if values.ndim != 3 or values.shape[2] != self.pixels.shape[2] or values.size == 0:
            raise ParameterError(
                f"Values of shape {values.shape} do not fit a photo of shape {self.pixels.shape}."
            )
        if alpha is None:
            alpha = self.alpha
        elif alpha.dtype != self.pixels.dtype:
            _check_floats(alpha)
            alpha = from_unit(alpha, self.pixels.dtype)
        if alpha is not None and alpha.shape != values.shape[:2]:
            raise ParameterError(
                f"Alpha of shape {alpha.shape} does not fit values of shape {values.shape}.",
                "When the size changes, pass alpha of the new size.",
            )
        _check_floats(values)
        own = stored(values, self.transfer, self._opacity(alpha))
        zoom = values.shape[0] / self.pixels.shape[0], values.shape[1] / self.pixels.shape[1]
        origin = round(self.origin[0] * zoom[0]), round(self.origin[1] * zoom[1])
        pixels = from_unit(own, self.pixels.dtype, pattern.moved(*origin))
        if own is not values and values.shape == self.pixels.shape and _equal(alpha, self.alpha):
            np.copyto(pixels, self.pixels, where=values == self.to_float())
        return replace(self, pixels=pixels, alpha=alpha, origin=origin)

    def converted(self, *, transfer: Transfer, premultiplied: bool) -> Photo:
        """Return the photo with pixels that look the same and are stored in another way.

        Args:
            transfer: Encoded, or linear light.
            premultiplied: Whether pixels are to be multiplied by alpha, if there is any.
        """
        premultiplied = premultiplied and self.alpha is not None
        if (transfer, premultiplied) == (self.transfer, self.premultiplied):
            return self
        done = replace(self, transfer=transfer, premultiplied=premultiplied)
        values = to_unit(self.pixels)
        if transfer == self.transfer:  # the curve there and back would cost the last bits
            transfer = "encoded"
            values = seen(values, transfer, self._opacity(self.alpha))
        else:
            values = self.to_float()
        values = stored(values, transfer, done._opacity(self.alpha))
        return replace(done, pixels=from_unit(values, self.pixels.dtype))

    def _opacity(self, alpha: Pixels | None) -> Pixels | None:
        """Return alpha as floats if it multiplies this photo's pixels."""
        return to_unit(alpha) if self.premultiplied and alpha is not None else None

    def write(self, path: str | Path, **options: Any) -> Path:
        """Write the photo to a file; the same as `restore.photo.write`."""
        from restore.photo.writing import write

        return write(self, path, **options)


def _check_floats(values: Pixels) -> None:
    if values.dtype.kind != "f":
        raise ParameterError(
            f"Values must be floats, not {values.dtype}.", "They are in [0, 1] at any depth."
        )
    # The extremes are finite unless a value is not, and take no memory.
    if not (np.isfinite(values.min()) and np.isfinite(values.max())):
        raise ResultError("The result holds values that are not finite (NaN or infinity).")


def _equal(a: Pixels | None, b: Pixels | None) -> bool:
    return a is b or (a is not None and b is not None and np.array_equal(a, b))
