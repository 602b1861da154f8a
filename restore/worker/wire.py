"""The headers of requests: what a host may say, checked before anything is believed."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["ImageHeader", "Rectangle", "RunHeader"]

MAX_SIDE = 1_000_000
MAX_PROFILE = 16 << 20

Side: TypeAlias = Annotated[int, Field(ge=1, le=MAX_SIDE)]
Place: TypeAlias = Annotated[int, Field(ge=0, le=MAX_SIDE)]
Offset: TypeAlias = Annotated[int, Field(ge=-MAX_SIDE, le=MAX_SIDE)]
Rectangle: TypeAlias = tuple[Place, Place, Side, Side]
"""Left, top, width and height in pixels."""


class _Header(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ImageHeader(_Header):
    """How pixels lie in a payload: interleaved, native little-endian, alpha last.

    Attributes:
        width: In pixels.
        height: In pixels.
        channels: 1 for gray, 3 for colour; alpha is not counted.
        alpha: Whether each pixel ends with its alpha; colours are not multiplied by it.
        dtype: Of every value: 8 or 16 bits, or a 32-bit float nominally in [0, 1].
        order: Of the colours.
        transfer: "encoded" as for a screen, or "linear" light.
        origin: Row and column of the first pixel in the whole layer.
    """

    width: Side
    height: Side
    channels: Literal[1, 3]
    alpha: bool = False
    dtype: Literal["u8", "u16", "f32"] = "u8"
    order: Literal["rgb", "bgr"] = "rgb"
    transfer: Literal["encoded", "linear"] = "encoded"
    origin: Annotated[tuple[Offset, Offset], Field(strict=False)] = (0, 0)

    @property
    def pixels(self) -> int:
        """Width times height."""
        return self.width * self.height

    @property
    def values(self) -> int:
        """Values a pixel, alpha among them."""
        return self.channels + self.alpha

    @property
    def numbers(self) -> np.dtype[Any]:
        """The type of the values."""
        return np.dtype({"u8": "|u1", "u16": "<u2", "f32": "<f4"}[self.dtype])

    @property
    def bytes(self) -> int:
        """Size of the pixels."""
        return self.pixels * self.values * self.numbers.itemsize


class RunHeader(_Header):
    """What a host asks for.

    Attributes:
        client: Names the host's process, such as "gimp-1234": clients take turns.
        parameters: Of the action, by name, without the mask.
        image: How the pixels lie.
        mask: Whether a mask follows them, a byte a pixel; 128 and more mark.
        icc: Length of the profile after that; 0 for none.
        preview: A crop to do first; null for none.
        uncertainty: Over how many samples to measure the uncertainty; 0 for not at all.
    """

    client: Annotated[str, Field(min_length=1, max_length=200)]
    parameters: dict[str, Any] = Field(default_factory=dict)
    image: ImageHeader
    mask: bool = False
    icc: Annotated[int, Field(ge=0, le=MAX_PROFILE)] = 0
    preview: Annotated[Rectangle, Field(strict=False)] | None = None
    uncertainty: Annotated[int, Field(ge=0, le=64)] = 0

    @model_validator(mode="after")
    def _fits(self) -> RunHeader:
        if self.uncertainty == 1:
            raise ValueError("one sample has no spread: uncertainty is 0, or 2 and more")
        if self.preview is not None:
            x, y, width, height = self.preview
            if x + width > self.image.width or y + height > self.image.height:
                raise ValueError("the preview reaches beyond the image")
        return self

    @property
    def payload(self) -> int:
        """Size of all that follows the header."""
        return self.image.bytes + self.mask * self.image.pixels + self.icc
