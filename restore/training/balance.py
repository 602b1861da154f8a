"""Every kind of example weighs the same: each loss is divided by its group's running mean."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from restore.training.distributed import World
from restore.training.objective import Losses

__all__ = ["Balance", "Batch"]

HORIZON = 100
"""Batches over which a group's mean runs; before that many it is the mean of all."""

LEAST = 1e-12


class Batch(NamedTuple):
    """The losses of a batch over all processes, by groups.

    Attributes:
        total: Sum of each group's losses, (G,).
        members: Examples of each group, (G,).
    """

    total: Tensor
    members: Tensor

    @property
    def mean(self) -> Tensor:
        """Mean loss of each group, (G,); 0 where it has no example."""
        return self.total / self.members.clamp(min=1)


class Balance:
    """The level of each group's loss.

    Args:
        groups: How many there are.
        world: The processes whose losses are averaged.
    """

    def __init__(self, groups: int, world: World) -> None:
        self.world = world
        self.level = torch.ones(groups, device=world.device)
        self.batches = torch.zeros(groups, device=world.device)
        self._index = torch.arange(groups, device=world.device)

    def state(self) -> dict[str, Tensor]:
        """Return the levels themselves, and over how many batches they were found."""
        return {"level": self.level, "batches": self.batches}

    @torch.no_grad()
    def measure(self, losses: Losses) -> Batch:
        """Sum up a batch; a group seen for the first time takes its mean as its level."""
        member = losses.group[:, None] == self._index
        parts = torch.where(member, losses.loss.detach().float()[:, None], 0)
        sums = torch.stack([parts.sum(0), member.sum(0).float()])
        batch = Batch(*self.world.total(sums))
        first = (self.batches == 0) & (batch.members > 0) & batch.total.isfinite()
        self._set(torch.where(first, batch.mean, self.level))
        return batch

    def balanced(self, losses: Losses) -> Tensor:
        """Return the loss to be minimised, (), near 1 while nothing changes."""
        return (losses.loss / self.level[losses.group]).mean()

    @torch.no_grad()
    def update(self, batch: Batch, valid: Tensor) -> None:
        """Let the levels follow a batch, unless `valid`, a bool on the device, is false."""
        seen = valid & (batch.members > 0)
        self.batches += seen
        share = 1 / self.batches.clamp(1, HORIZON)
        self._set(torch.where(seen, torch.lerp(self.level, batch.mean, share), self.level))

    def _set(self, level: Tensor) -> None:
        self.level.copy_(level.clamp(min=LEAST))
