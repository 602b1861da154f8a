"""In which numbers a network computes, and in which layout: bfloat16 where it is fast."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor, nn

from restore.training.objective import Module

__all__ = ["Precision", "choose_precision", "lay_out", "mixed"]

Precision: TypeAlias = Literal["fp32", "bf16"]

_FAST = ("avx512_bf16", "amx_bf16")


def choose_precision(asked: Literal["auto", "fp32", "bf16"], device: torch.device) -> Precision:
    """Return bf16 where it was asked for, or where “auto” finds that the device computes in it.

    A CPU without the instructions emulates them and would be slower than in fp32.
    """
    if asked != "auto":
        return asked
    if device.type == "cuda":
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        fast = any(_cpu_has(flag) for flag in _FAST)
    return "bf16" if fast else "fp32"


def lay_out(network: nn.Module, device: torch.device) -> nn.Module:
    """Bring a network to its device, channels last, where convolutions are fastest."""
    moved: nn.Module = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return moved


def mixed(network: Module, device: torch.device, precision: Precision) -> Module:
    """Return the network as objectives see it: float32 in and out, `precision` within."""

    def forward(*inputs: Tensor) -> Any:
        inputs = tuple(x.contiguous(memory_format=torch.channels_last) for x in inputs)
        with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
            f = network(*inputs)
        return f.float() if isinstance(f, Tensor) else type(f)(*(part.float() for part in f))

    return forward


def _cpu_has(flag: str) -> bool:
    try:
        return bool(torch.cpu.get_capabilities().get(flag, False))
    except AttributeError:  # torch before 2.10
        info = Path("/proc/cpuinfo")
        return info.is_file() and flag in info.read_text().split()
