"""What a network is trained for: fresh batches with their losses, and how well it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol, TypeAlias

from PIL.Image import Image
from torch import Generator, Tensor

__all__ = ["Losses", "Module", "Objective"]

Module: TypeAlias = Callable[..., Any]
"""The network, bare or wrapped (DDP, autocast, EMA): of a U-Net, x (B, inputs, H, W) → (B, outputs,
H, W); of others, from tensors (B, C, H, W) to a tensor or a named tuple of tensors."""


class Losses(NamedTuple):
    """The losses of one batch.

    Attributes:
        loss: Of each example, (B,), differentiable.
        group: Index into `Objective.groups` of each example, (B,) int64. The trainer divides each
            group's loss by its running mean, so that no task drowns another.
    """

    loss: Tensor
    group: Tensor


class Objective(Protocol):
    """A task for the trainer, which knows of no picture.

    Attributes:
        groups: Names of the kinds of examples whose losses are balanced and reported.
    """

    groups: tuple[str, ...]

    def losses(self, network: Module, size: int, generator: Generator) -> Losses:
        """Draw `size` examples from `generator`, on its device, and return their losses."""
        ...

    def validate(self, network: Module) -> Mapping[str, float]:
        """Return figures on fixed held-out examples, the same at every call; higher is better."""
        ...

    def sheet(self, network: Module) -> Image:
        """Draw held-out examples: input, one-step result, sample, truth."""
        ...
