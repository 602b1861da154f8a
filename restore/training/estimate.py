"""What a restoring network makes of two views, in training as in its figures."""

from __future__ import annotations

import torch
from torch import Tensor

from restore.networks.conditioning import Conditioning
from restore.training.objective import Module

__all__ = ["estimate"]


def estimate(
    network: Module,
    conditioning: Conditioning,
    x_t: Tensor,
    sigma: float | Tensor,
    y: Tensor,
    maps: Tensor,
) -> tuple[Tensor, Tensor]:
    """Return E[x_0 | x_t, y] (B, 3, H, W) and σ_eff (B, 1, H, W).

    Args:
        network: The network.
        conditioning: How it reads its views.
        x_t: (B, 3, H, W) in [-1, 1]; zeros where there is none.
        sigma: Standard deviation of its noise, a number or (B, 1, 1, 1).
        y: The observation, (B, 3, H, W).
        maps: Its degradation maps, (B, 3, H, W).
    """
    prepared = conditioning.assemble(x_t, sigma, y, maps.tensor_split(3, 1))
    f = network(prepared.x.contiguous(memory_format=torch.channels_last)).float()
    return conditioning.finish(prepared, f), prepared.fused.sigma_eff
