"""Muon: momentum whose every update is an orthogonal matrix, for the weights inside a network.

Jordan et al. 2024, “Muon: an optimizer for hidden layers in neural networks”.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

__all__ = ["Muon", "orthogonalise"]

A, B, C = 3.4445, -4.7750, 2.0315
"""Jordan's quintic s ↦ A s + B s³ + C s⁵, which drives singular values into 0.7…1.2."""

RIDGE = 1e-6


def orthogonalise(g: Tensor, iterations: int = 5) -> Tensor:
    """Return about U Vᵀ of each matrix g = U S Vᵀ, (N, rows, columns), by Newton–Schulz.

    The iteration runs on the Gram matrix X Xᵀ and only in the end on X, the same polynomial at a
    third of the cost. It needs float32: eigenvalues that rounding makes negative would grow, which
    the ridge prevents.
    """
    wide = g.shape[1] <= g.shape[2]
    x = g if wide else g.mT
    x = x / (torch.linalg.matrix_norm(x, keepdim=True) + 1e-7)
    identity = torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
    gram = torch.baddbmm(RIDGE * identity, x, x.mT)
    product = identity.expand_as(gram)
    for left in reversed(range(iterations)):
        polynomial = A * identity + B * gram + C * (gram @ gram)
        product = polynomial @ product
        if left:
            gram = polynomial @ gram @ polynomial
    result: Tensor = product @ x
    return result if wide else result.mT


class Muon:
    """Muon on filters (out, in, k, k) as matrices (out, k·k·in), those of one shape together.

    Args:
        parameters: Filters.
        rate: Learning rate.
        momentum: Nesterov's.
        weight_decay: Decoupled, as in AdamW.
    """

    def __init__(
        self, parameters: Sequence[Tensor], rate: float, momentum: float, weight_decay: float
    ) -> None:
        self.rate, self.momentum, self.weight_decay = rate, momentum, weight_decay
        shapes: dict[tuple[int, int], list[Tensor]] = {}
        for parameter in parameters:
            shapes.setdefault((len(parameter), parameter[0].numel()), []).append(parameter)
        self._stacks = [
            _Stack(filters, filters[0].new_zeros(len(filters), *shape), max(1, shape[0] / shape[1]))
            for shape, filters in shapes.items()
        ]

    def state(self) -> dict[str, Tensor]:
        """Return the momenta themselves, by their shapes."""
        return {"x".join(map(str, s.momentum.shape)): s.momentum for s in self._stacks}

    @torch.no_grad()
    def step(self, factor: Tensor, scale: Tensor, valid: Tensor) -> None:
        """Make a step, or none where `valid` is false. All arguments are numbers on the device.

        Args:
            factor: Of the learning rate.
            scale: Of the gradients.
            valid: Whether the gradients are to be used.
        """
        rate = self.rate * factor * valid
        keep = 1 - (1 - self.momentum) * valid
        for filters, momentum, aspect in self._stacks:
            g = torch.stack([_matrix(f.grad) for f in filters])
            g = torch.where(valid, g * scale, 0)
            momentum.mul_(keep).add_(g)
            update = orthogonalise(g.add_(momentum, alpha=self.momentum)).mul_(-rate * aspect**0.5)
            torch._foreach_mul_(filters, 1 - rate * self.weight_decay)
            torch._foreach_add_(
                filters, [_filter(u, f) for u, f in zip(update, filters, strict=True)]
            )


class _Stack(NamedTuple):
    filters: list[Tensor]
    momentum: Tensor
    aspect: float


def _matrix(g: Tensor | None) -> Tensor:
    """Return (out, k·k·in), a view of filters that lie channels last."""
    assert g is not None
    return g.permute(0, 2, 3, 1).flatten(1)


def _filter(matrix: Tensor, like: Tensor) -> Tensor:
    out, inside, height, width = like.shape
    return matrix.reshape(out, height, width, inside).permute(0, 3, 1, 2)
