"""One code for numpy and torch: the mathematics is written against the array API standard.

Inside `restore.diffusion` and `restore.inverse` an image is (B, C, H, W) float, nominally in
[-1, 1], and σ is in those units. Outside, it is (H, W, C) in [0, 1] and σ is in those units.
`to_signed` and `from_signed` are the only place where one becomes the other.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any, TypeAlias

import numpy as np

__all__ = [
    "Array",
    "as_like",
    "doubled",
    "from_signed",
    "namespace",
    "sigma_to_signed",
    "to_numpy",
    "to_signed",
]

Array: TypeAlias = Any
"""A numpy array or a torch tensor of floats."""


def namespace(*arrays: Array) -> ModuleType:
    """Return the array API namespace that the arrays (and numbers) share.

    numpy's own namespace follows the standard, and needs no wrapper.
    """
    arrays = tuple(a for a in arrays if not isinstance(a, float | int))
    if arrays and all(isinstance(a, np.ndarray) for a in arrays):
        return np
    from array_api_compat import array_namespace

    xp: ModuleType = array_namespace(*arrays)
    return xp


def as_like(values: np.ndarray[Any, Any], like: Array) -> Array:
    """Bring a numpy array to the library, dtype and device of `like`."""
    if isinstance(like, np.ndarray):
        return np.asarray(values, dtype=like.dtype)
    return namespace(like).asarray(values, dtype=like.dtype, device=like.device)


def doubled(x: Array) -> Array:
    """Return x in float64, or as it is on a device that has none."""
    xp = namespace(x)
    dtypes = xp.__array_namespace_info__().dtypes(device=x.device, kind="real floating")
    return xp.astype(x, dtypes.get("float64", x.dtype), copy=False)


def to_numpy(x: Array) -> np.ndarray[Any, Any]:
    """Bring an array of any library and device to numpy, without a copy where that can be."""
    if isinstance(x, np.ndarray):
        return x
    from array_api_compat import to_device

    return np.asarray(to_device(x, "cpu"))


def to_signed(image: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Turn an image (H, W, C) in [0, 1] into (1, C, H, W) float32 in [-1, 1], unclipped."""
    x = np.array(image.transpose(2, 0, 1)[None], np.float32, order="C")
    x *= 2
    x -= 1
    return x


def from_signed(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Turn (1, C, H, W) in [-1, 1] into an image (H, W, C) float32 in [0, 1], unclipped."""
    image = np.array(x[0].transpose(1, 2, 0), np.float32, order="C")
    image += 1
    image /= 2
    return image


def sigma_to_signed(sigma: float) -> float:
    """Turn a standard deviation in [0, 1] units into [-1, 1] units."""
    return 2 * sigma
