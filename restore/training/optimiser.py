"""Who moves which weights: Muon the inner filters, AdamW the rest, both clipped together."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from restore.training.adamw import AdamW
from restore.training.muon import Muon
from restore.training.recipe import OptimiserRecipe

__all__ = ["Optimiser"]

OUTER = {"head", "tail"}


class Optimiser:
    """Muon on the filters but those of a `head` or a `tail`, AdamW on these, biases and the like.

    Args:
        network: On its device; parameters without gradients are left alone.
        recipe: Rates, momenta, decays, and the norm to which gradients are clipped.
    """

    def __init__(self, network: nn.Module, recipe: OptimiserRecipe) -> None:
        inner: list[Tensor] = []
        rest: list[Tensor] = []
        for name, parameter in network.named_parameters():
            if parameter.requires_grad:
                outer = parameter.ndim != 4 or OUTER.intersection(name.split("."))
                (rest if outer else inner).append(parameter)
        self.clip = recipe.clip
        self.muon = Muon(inner, **recipe.muon.model_dump())
        self.adamw = AdamW(rest, **recipe.adamw.model_dump())
        self.parameters = inner + rest

    def state(self) -> dict[str, Tensor]:
        """Return the tensors of both, themselves and not copies."""
        parts = {"muon": self.muon.state(), "adamw": self.adamw.state()}
        return {f"{part}.{name}": t for part, state in parts.items() for name, t in state.items()}

    @torch.no_grad()
    def step(self, factor: float, valid: Tensor) -> Tensor:
        """Move the weights by their gradients, then forget the gradients.

        Nothing is moved, and no momentum changes, where a gradient is not finite; the decision
        stays on the device, which need not be waited for.

        Args:
            factor: Of both learning rates.
            valid: () bool; whether the loss was finite.

        Returns:
            () bool: whether the step was made.
        """
        for parameter in self.parameters:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        norm = nn.utils.get_total_norm([p.grad for p in self.parameters if p.grad is not None])
        valid = valid & norm.isfinite()
        scale = (self.clip / norm).clamp(max=1)
        rates = torch.full_like(norm, factor)
        self.muon.step(rates, scale, valid)
        self.adamw.step(rates, scale, valid)
        for parameter in self.parameters:
            parameter.grad = None
        return valid
