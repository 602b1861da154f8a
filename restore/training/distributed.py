"""One process or several: data-parallel training over the variables that `torchrun` sets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor, nn

from restore.errors import DeviceError

__all__ = ["World", "join", "pick_device"]

PATIENCE = timedelta(hours=1)
"""How long the others wait for the first process, which alone validates and writes."""


@dataclass(frozen=True)
class World:
    """The processes that train one network together.

    Attributes:
        device: Where this one computes.
        rank: Its number; number 0 writes and reports.
        size: How many there are.
    """

    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    rank: int = 0
    size: int = 1

    def wrap(self, network: nn.Module) -> nn.Module:
        """Return a network whose gradients are the mean over all processes.

        Weights are those of process 0 from then on.
        """
        if self.size == 1:
            return network
        devices = [self.device.index] if self.device.type == "cuda" else None
        return nn.parallel.DistributedDataParallel(
            network, device_ids=devices, gradient_as_bucket_view=True
        )

    def total(self, values: Tensor) -> Tensor:
        """Return the sum over all processes, the same everywhere."""
        if self.size > 1:
            dist.all_reduce(values)
        return values

    def highest(self, *values: float) -> list[float]:
        """Return the largest of each number over all processes, so that all decide alike."""
        if self.size == 1:
            return list(values)
        agreed = torch.tensor(values, dtype=torch.float64, device=self.device)
        dist.all_reduce(agreed, dist.ReduceOp.MAX)
        return agreed.tolist()


@contextmanager
def join(device: str = "auto") -> Iterator[World]:
    """Take part in what `torchrun` started, or train alone if it did not.

    Args:
        device: "auto", "cpu" or "cuda".

    Raises:
        DeviceError: The device cannot be used.
    """
    size, rank = int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("RANK", 0))
    place = pick_device(device, int(os.environ.get("LOCAL_RANK", 0)))
    if size == 1:
        yield World(place)
        return
    if place.type == "cuda":
        torch.cuda.set_device(place)
    dist.init_process_group("nccl" if place.type == "cuda" else "gloo", timeout=PATIENCE)
    try:
        yield World(place, rank, size)
        dist.barrier()  # None leaves while another still listens: gloo's threads do not bear it.
    finally:
        dist.destroy_process_group()


def pick_device(device: str, local_rank: int = 0) -> torch.device:
    """Return the device of a process, the first CUDA device that is free for it or the CPU.

    Raises:
        DeviceError: The device cannot be used.
    """
    found = torch.cuda.device_count()
    if device == "cuda" or (device == "auto" and found):
        if local_rank >= found:
            raise DeviceError(
                f"Process {local_rank} has no GPU: torch {torch.__version__} finds {found}.",
                "Start no more processes than GPUs, or choose the device “cpu”.",
            )
        return torch.device("cuda", local_rank)
    if device in ("auto", "cpu"):
        return torch.device("cpu")
    raise DeviceError(f"There is no device “{device}” to train on.", "Take auto, cpu or cuda.")
