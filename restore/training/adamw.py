"""AdamW (Loshchilov & Hutter 2019) on many small tensors as one vector."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["AdamW"]

EPSILON = 1e-8


class AdamW:
    """The arithmetic of `torch.optim.AdamW`, which a flag on the device can void.

    Args:
        parameters: What is trained.
        rate: Learning rate.
        betas: Decays of the gradient's first and second moment.
        weight_decay: Decoupled.
    """

    def __init__(
        self,
        parameters: Sequence[Tensor],
        rate: float,
        betas: tuple[float, float],
        weight_decay: float,
    ) -> None:
        self.parameters = list(parameters)
        self.rate, self.betas, self.weight_decay = rate, betas, weight_decay
        self._sizes = [parameter.numel() for parameter in self.parameters]
        like = self.parameters[0] if self.parameters else torch.zeros(())
        self.first = like.new_zeros(sum(self._sizes))
        self.second = torch.zeros_like(self.first)
        self.count = like.new_zeros((), dtype=torch.float64)

    def state(self) -> dict[str, Tensor]:
        """Return the moments themselves, and the number of steps made."""
        return {"first": self.first, "second": self.second, "count": self.count}

    @torch.no_grad()
    def step(self, factor: Tensor, scale: Tensor, valid: Tensor) -> None:
        """Make a step, or none where `valid` is false. All arguments are numbers on the device.

        Args:
            factor: Of the learning rate.
            scale: Of the gradients.
            valid: Whether the gradients are to be used.
        """
        if not self.parameters:
            return
        g = torch.cat([p.grad.flatten() for p in self.parameters if p.grad is not None])
        g = torch.where(valid, g * scale, 0)
        self.count += valid
        share1, share2 = ((valid * (1 - beta)).to(g.dtype) for beta in self.betas)
        self.first.lerp_(g, share1)
        self.second.lerp_(g * g, share2)
        bias1, bias2 = ((1 - beta**self.count).clamp(min=1 - beta) for beta in self.betas)
        rate = self.rate * factor * valid
        update = self.first / ((self.second / bias2).sqrt() + EPSILON) * (-rate / bias1)
        torch._foreach_mul_(self.parameters, 1 - rate * self.weight_decay)
        parts = torch.split(update, self._sizes)
        torch._foreach_add_(
            self.parameters, [u.view_as(p) for u, p in zip(parts, self.parameters, strict=True)]
        )
