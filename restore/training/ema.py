"""The exponential moving average of the weights: what is validated and given away."""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import nn

__all__ = ["Average"]


class Average:
    """A copy of a network whose weights follow the original's.

    In its first steps the average forgets faster, as if it had only just begun: after n steps its
    decay is (1 + n)/(10 + n) at most, so the random weights of the start are soon gone.

    Args:
        network: The network in training, already on its device.
        decay: Share of the average that a step keeps, 0…1.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = deepcopy(network).eval().requires_grad_(False)
        self.decay = decay
        self._mean = [parameter.detach() for parameter in self.network.parameters()]
        self._live = [parameter.detach() for parameter in network.parameters()]

    def update(self, steps: int) -> None:
        """Take the present weights in, after `steps` earlier updates."""
        decay = min(self.decay, (1 + steps) / (10 + steps))
        torch._foreach_lerp_(self._mean, self._live, 1 - decay)
