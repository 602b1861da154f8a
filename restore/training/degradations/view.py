"""A batch of degraded views, and what an estimator could know of each."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Protocol

from torch import Generator, Tensor

__all__ = ["Degradation", "View"]


@dataclass(frozen=True, eq=False)
class View:
    """y of a batch, with the strengths of what was done to it. All in [-1, 1] units.

    Attributes:
        y: (B, 3, H, W).
        noise: Standard deviation of the noise put in, (B, 1, H, W); inf where y says nothing.
        scale: Factor by which y was enlarged to its present size, (B, 1, 1, 1), 1 if it was not.
        jpeg: JPEG quality 1…100, (B, 1, 1, 1); 0 if it was not compressed.
        blind: Whether something was done that nothing above tells of, (B, 1, 1, 1) bool; no
            estimator could then say how far y is from the truth.
    """

    y: Tensor
    noise: Tensor
    scale: Tensor
    jpeg: Tensor
    blind: Tensor

    @classmethod
    def clean(cls, x_0: Tensor) -> View:
        """Return the view to which nothing was done."""
        number = x_0.new_zeros(len(x_0), 1, 1, 1)
        noise = x_0.new_zeros(len(x_0), 1, *x_0.shape[2:])
        return cls(x_0, noise, number + 1, number, number.bool())

    def at(self, index: Tensor) -> View:
        """Return the examples (N,) of the batch."""
        return View(*(getattr(self, field.name)[index] for field in fields(self)))

    def put(self, index: Tensor, part: View) -> View:
        """Return the batch with the examples (N,) replaced."""
        names = [field.name for field in fields(self)]
        return View(*(getattr(self, n).index_copy(0, index, getattr(part, n)) for n in names))


class Degradation(Protocol):
    """One thing that happens to photos; its attributes are ranges from which strengths come."""

    def __call__(self, view: View, generator: Generator) -> View:
        """Do it to every example of a batch, each with a strength of its own."""
        ...
