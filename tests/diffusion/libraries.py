"""The array libraries and precisions that every test of the mathematics runs on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch


@dataclass(frozen=True)
class Library:
    """One way to hold a picture: a library and a precision."""

    name: str
    bits: int

    def __call__(self, values: Any) -> Any:
        """Hold values in this library."""
        array = np.asarray(values, dtype=f"float{self.bits}")
        return torch.from_numpy(array.copy()) if self.name == "torch" else array

    def owns(self, x: Any) -> bool:
        """Whether x is of this library and precision."""
        kind = torch.Tensor if self.name == "torch" else np.ndarray
        return isinstance(x, kind) and str(x.dtype).endswith(f"float{self.bits}")

    @property
    def eps(self) -> float:
        """Round-off of this precision."""
        return float(np.finfo(f"float{self.bits}").eps)


LIBRARIES = [Library(name, bits) for name in ("numpy", "torch") for bits in (32, 64)]
on_all_libraries = pytest.mark.parametrize("lib", LIBRARIES, ids=lambda x: f"{x.name}{x.bits}")
on_float64 = pytest.mark.parametrize("lib", LIBRARIES[1::2], ids=lambda x: x.name)


def random(seed: int, *shape: int) -> np.ndarray[Any, Any]:
    """Return standard normal float64 values for a test."""
    return np.random.default_rng(seed).standard_normal(shape)
