"""Where first weights come from: a seed, or a smaller network that is to be grown.

A grown network computes at its start what the smaller one did (Net2Net, Chen et al. 2016): new
residual blocks end in zeros, and old channels do not listen to new ones yet.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from restore.engine.card import Architecture
from restore.errors import ModelError
from restore.networks.unet import UNet

__all__ = ["grow", "load_weights", "new_network", "seeded"]

Network = TypeVar("Network", bound=nn.Module)

LAST_OF_BLOCK = ("conv2.weight", "conv2.bias")


def new_network(architecture: Architecture, seed: int) -> UNet:
    """Return a U-Net with random weights that the seed decides."""
    return seeded(seed, lambda: UNet(**architecture.model_dump()))


def seeded(seed: int, make: Callable[[], Network]) -> Network:
    """Return what `make` makes of random numbers that the seed decides; no global state changes."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return make()


def load_weights(path: Path) -> dict[str, Tensor]:
    """Read the weights of a model or of a run's `weights.safetensors`, in single precision.

    Raises:
        ModelError: The file is missing or is not a safetensors file.
    """
    try:
        return {name: weight.float() for name, weight in load_file(path).items()}
    except (SafetensorError, OSError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ModelError(
            f"The weights {path} cannot be read: {reason}.", "Name a safetensors file."
        ) from None


@torch.no_grad()
def grow(network: nn.Module, weights: Mapping[str, Tensor], fresh: Collection[str] = ()) -> None:
    """Let a network begin as the smaller one, or the equal one, whose weights are given.

    It may have more blocks in a level, wider levels, more inputs and more outputs; the first ones
    are the smaller network's, and its function on them is the same.

    Args:
        network: With its random weights; changed in place.
        weights: By the names of the smaller network.
        fresh: Beginnings of names that keep their random weights, such as "tail" for another task.

    Raises:
        ModelError: The other network is not smaller; nothing was changed.
    """
    parameters = dict(network.state_dict())
    kept = {name for name in parameters if name.startswith(tuple(fresh))}
    for name in sorted(weights.keys() - kept):
        old = weights[name]
        new = parameters.get(name)
        if new is None or new.ndim != old.ndim or not _covers(new, old):
            here = "has none" if new is None else f"has {tuple(new.shape)}"
            raise ModelError(
                f"The network cannot begin with these weights: {name} is {tuple(old.shape)} in "
                f"them, and the network {here}.",
                "A network can only grow: more blocks, wider levels, the same number of levels.",
            )
    for name, parameter in parameters.items():
        if name in kept:
            continue
        if name in weights:
            _put(parameter, weights[name])
        elif name.endswith(LAST_OF_BLOCK):
            parameter.zero_()


def _covers(new: Tensor, old: Tensor) -> bool:
    """Whether `old` fits into `new`, and kernels, which cannot grow, are as large."""
    fits = all(n >= o for n, o in zip(new.shape, old.shape, strict=True))
    return fits and new.shape[2:] == old.shape[2:]


def _put(new: Tensor, old: Tensor) -> None:
    """Put weights into the first outputs, which read nothing but the first inputs."""
    outputs = len(old) if old.ndim else 0
    if old.ndim > 1:
        new[:outputs, old.shape[1] :] = 0
    new[tuple(slice(n) for n in old.shape)] = old
