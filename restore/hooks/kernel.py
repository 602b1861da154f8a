"""A blur's kernel as a parameter: a picture of a point of light, or an array of weights."""

from __future__ import annotations

import sys
from typing import Annotated, Any, TypeAlias

import numpy as np
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from restore.photo import Photo, Pixels

__all__ = ["Kernel", "as_kernel"]

LARGEST = 255


def as_kernel(value: Any) -> Pixels | None:
    """Turn a picture of what a point of light became into weights (h, w) that sum to 1.

    Black is nothing, colours count with their mean; the centre is the pixel [h // 2, w // 2]. What
    is empty on both sides of it is cut away.

    Args:
        value: An array (h, w), a `Photo` or a PIL image; None stays None.

    Raises:
        ValueError: It is none of these, holds nothing or negative weights, or is larger than
            255×255.
    """
    if value is None:
        return None
    pillow = sys.modules.get("PIL.Image")
    if pillow is not None and isinstance(value, pillow.Image):
        value = Photo.from_pil(value)
    if isinstance(value, Photo):
        value = value.to_float().mean(axis=2)
    if not isinstance(value, np.ndarray) or value.ndim != 2 or value.dtype.kind not in "uif":
        raise ValueError("a kernel is a picture, or an array (height, width) of weights")
    if max(value.shape) > LARGEST:
        height, width = value.shape
        raise ValueError(
            f"a kernel of {width}×{height} pixels is too large: {LARGEST} is the most; cut the "
            "black around it away"
        )
    weights = value.astype(np.float64)
    if not np.isfinite(weights).all() or weights.min(initial=0) < 0 or not weights.any():
        raise ValueError("a kernel holds finite weights of 0 or more, and not only 0")
    rows, columns = (_without_rim(np.asarray(weights.any(axis=axis))) for axis in (1, 0))
    return np.asarray(weights[rows, columns] / weights.sum())


def _without_rim(filled: Pixels) -> slice:
    """Return the part that is left when as many empty places are cut off both ends."""
    at = np.flatnonzero(filled)
    rim = min(int(at[0]), len(filled) - 1 - int(at[-1]))
    return slice(rim, len(filled) - rim)


class _KernelType:
    """How pydantic validates a kernel, reports it and describes it to a dialog."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            as_kernel,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda kernel: None if kernel is None else f"{kernel.shape[1]}×{kernel.shape[0]}",
                when_used="json",
            ),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, _: CoreSchema, __: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "format": "kernel"}


Kernel: TypeAlias = Annotated[Pixels | None, _KernelType]
"""A field that accepts all that `as_kernel` does and holds weights that sum to 1, or None."""
