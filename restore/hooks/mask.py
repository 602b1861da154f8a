"""A mask as a parameter: whatever a person paints in becomes a boolean array, once, here."""

from __future__ import annotations

import sys
from typing import Annotated, Any, TypeAlias

import numpy as np
from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from restore.hooks.action import Parameters
from restore.photo import Photo, Pixels

__all__ = ["Mask", "MaskParameters", "as_mask"]


def as_mask(value: Any) -> Pixels:
    """Turn what marks pixels into a new boolean array (H, W), True where to fill.

    Half of the range or more is marked: 128 of 8 bits, 32768 of 16 bits, 0.5 of a float. Integers
    that hold nothing but 0 and 1 mark with 1. Colour counts with its mean; what is transparent is
    not marked.

    Args:
        value: An array (H, W), a `Photo` or a PIL image.

    Raises:
        ValueError: It is none of these, not two-dimensional, empty, or not finite.
    """
    return np.array(_marked(value), dtype=bool)


def _marked(value: Any) -> Any:
    if isinstance(value, Photo):
        color = value.pixels.mean(axis=2, dtype=np.float32).astype(value.pixels.dtype)
        marked = _marked(color)
        return marked if value.alpha is None else marked & _marked(value.alpha)
    pillow = sys.modules.get("PIL.Image")
    if pillow is not None and isinstance(value, pillow.Image):
        if value.mode not in ("1", "L", "I", "I;16", "F"):
            gray, alpha = np.moveaxis(np.asarray(value.convert("RGBA").convert("LA")), 2, 0)
            return _marked(gray) & (alpha >= 128)
        value = np.asarray(value)
    if not isinstance(value, np.ndarray):
        raise ValueError(
            f"a mask is an array (height, width), a Photo or a PIL image, not a "
            f"{type(value).__name__}"
        )
    if value.ndim != 2 or value.size == 0:
        raise ValueError(f"a mask has the shape (height, width), not {value.shape}")
    if value.dtype == bool:  # Pillow's store True as 255, which numpy counts as 255 truths
        return value.view(np.uint8) != 0
    if value.dtype.kind == "f":
        if not np.isfinite(value).all():
            raise ValueError("a mask of floats must be finite")
        return value >= 0.5
    if value.dtype.kind not in "ui":
        raise ValueError(f"a mask holds bool, integers or floats, not {value.dtype}")
    if value.min() >= 0 and value.max() <= 1:
        return value == 1
    if value.dtype.kind != "u" or value.dtype.itemsize > 2:
        raise ValueError(f"a mask of {value.dtype} may only hold 0 and 1")
    return value > np.iinfo(value.dtype).max // 2


class _MaskType:
    """How pydantic validates a mask, reports it and describes it to a dialog."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            as_mask,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda mask: f"{np.count_nonzero(mask)} of {mask.size} pixels", when_used="json"
            ),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, _: CoreSchema, __: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "format": "mask"}


Mask: TypeAlias = Annotated[Pixels, _MaskType]
"""A field that accepts all that `as_mask` does and holds a boolean array (H, W)."""


class MaskParameters(Parameters):
    """What every action with `needs_mask` can be told; the mask has the size of the photo."""

    mask: Mask = Field(title="Mask", description="What is marked here is filled in")
