"""Notices when training goes wrong, on the device, so that no step has to be waited for."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

__all__ = ["Guard", "Signs"]

HIGH = 10.0
"""A loss of so many times its running mean is no accident if it comes again and again."""

PATIENCE_BAD, PATIENCE_HIGH = 3, 5
HORIZON = 100


class Signs(NamedTuple):
    """How it stands.

    Attributes:
        skipped: Steps that were left out so far.
        bad: Of these the ones in a row, up to now.
        high: Steps in a row, up to now, whose loss was far too high.
    """

    skipped: int
    bad: int
    high: int

    @property
    def calm(self) -> bool:
        """Nothing is wrong at the moment."""
        return not (self.bad or self.high)

    @property
    def lost(self) -> bool:
        """Training will not find its way back by itself."""
        return self.bad >= PATIENCE_BAD or self.high >= PATIENCE_HIGH


class Guard:
    """Running mean of the balanced loss, and counts of steps that were not as they should be.

    Args:
        device: Where the losses are.
    """

    def __init__(self, device: torch.device) -> None:
        self.mean = torch.zeros((), device=device)
        self.steps = torch.zeros((), device=device)
        self._counts = torch.zeros(3, dtype=torch.int64, device=device)

    def state(self) -> dict[str, Tensor]:
        """Return the running mean itself, and over how many steps it was found."""
        return {"mean": self.mean, "steps": self.steps}

    @torch.no_grad()
    def update(self, loss: Tensor, valid: Tensor) -> Tensor:
        """Take note of a step.

        Args:
            loss: Balanced loss, ().
            valid: Whether the step was made, () bool.

        Returns:
            () bool: whether its loss was one to learn levels from.
        """
        high = valid & (self.steps > 0) & (loss > HIGH * self.mean)
        usual = valid & ~high
        self.steps += usual
        share = 1 / self.steps.clamp(1, HORIZON)
        self.mean.copy_(torch.where(usual, torch.lerp(self.mean, loss, share), self.mean))
        skipped, bad, row = self._counts
        signs = [skipped + ~valid, (bad + 1) * ~valid, (row + 1) * high]
        self._counts.copy_(torch.stack(signs))
        return usual

    def read(self) -> Signs:
        """Return how it stands; waits for the device."""
        return Signs(*self._counts.tolist())

    def forgive(self) -> None:
        """Begin the rows anew, after something was done about them."""
        self._counts[1:] = 0
