"""How a restoring network does on fixed held-out examples: a curve, not a benchmark."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple, Protocol

import torch
from PIL.Image import Image
from torch import Generator, Tensor

from restore.diffusion import karras, sample_ddim
from restore.diffusion.schedule import SIGMA_MAX
from restore.networks.conditioning import Conditioning
from restore.training.degradations import Camera, Downscale, Gaussian, Jpeg, Mask, View
from restore.training.degradations.view import Degradation
from restore.training.estimate import estimate
from restore.training.mixture import maps_of
from restore.training.monochrome import gray, repeated
from restore.training.objective import Module

__all__ = ["CROPS", "figures", "sheet"]

CROPS, SHOWN = 16, 2
"""Held-out crops that are measured, and that are drawn, for each task."""
SEED = 1
SAMPLE_STEPS, SAMPLE_START = 8, 1.0


class HeldOut(Protocol):
    """Where fixed crops come from."""

    def fixed(self, n: int, seed: int) -> Tensor:
        """Return the same crops (N, 3, H, W) at every call."""
        ...


class Task(NamedTuple):
    """One thing that is measured: a degradation of fixed strength, or noise given as x_t."""

    degradation: Degradation | None = None
    sigma: float = SIGMA_MAX
    blind: bool = False
    monochrome: bool = False


TASKS: Mapping[str, Task] = {
    **{f"noise {sigma}": Task(sigma=2 * sigma / 255) for sigma in (15, 25, 50)},
    "camera, blind": Task(Camera(shot=(2e-3, 4e-3), read=(2e-3, 4e-3)), blind=True),
    **{f"jpeg {q}": Task(Jpeg(quality=(q, q), subsampling=("4:2:0",))) for q in (10, 40)},
    "jpeg 20, blind": Task(Jpeg(quality=(20, 20), subsampling=("4:2:0",)), blind=True),
    **{f"up {factor}": Task(Downscale(factors=(factor,))) for factor in (2, 3, 4)},
    "scratches": Task(Mask(shapes=("scratch",), scratch_width=(3, 3))),
    "known noise": Task(Gaussian(sigma=(0.1, 0.1), misjudged=0)),
    "gray noise": Task(Gaussian(sigma=(0.1, 0.1), misjudged=0), monochrome=True),
}


@torch.no_grad()
def figures(network: Module, held_out: HeldOut, conditioning: Conditioning) -> Mapping[str, float]:
    """Return the mean PSNR in dB of one step, for each task; inside the mask for scratches."""
    crops = held_out.fixed(CROPS, SEED)
    found = {}
    for name, task in TASKS.items():
        x_0, x_t, view, _ = _example(task, crops)
        y, maps = _told(view, task)
        x_0_hat = estimate(network, conditioning, x_t, task.sigma, y, maps)[0].clamp(-1, 1)
        missing = view.noise.isinf().expand_as(x_0)
        counts = (
            missing if task.degradation is not None and missing.any() else torch.ones_like(missing)
        )
        squared = torch.where(counts, (x_0_hat - x_0) ** 2, 0.0).sum((1, 2, 3))
        error = squared / counts.sum((1, 2, 3)).clamp(min=1)
        measured = counts.any(3).any(2).any(1)
        found[name] = float((10 * torch.log10(4 / error[measured].clamp(min=1e-10))).mean())
    return found


@torch.no_grad()
def sheet(network: Module, held_out: HeldOut, conditioning: Conditioning) -> Image:
    """Draw held-out examples of each task: input, one-step result, sample, truth."""
    from restore.training.sheet import draw_sheet

    crops = held_out.fixed(CROPS, SEED)[:SHOWN]
    rows: list[tuple[str, tuple[Tensor, ...]]] = []
    for name, task in TASKS.items():
        x_0, x_t, view, generator = _example(task, crops)
        y, maps = _told(view, task)
        mean, _ = estimate(network, conditioning, x_t, task.sigma, y, maps)
        sample = _sample(network, conditioning, task, x_t, y, maps, mean, generator)
        given = x_t if task.degradation is None else y
        pictures = zip(given.cpu(), mean.cpu(), sample.cpu(), x_0.cpu(), strict=True)
        rows += [(name, row) for row in pictures]
    return draw_sheet(rows, ("input", "one step", f"{SAMPLE_STEPS} steps", "truth"))


def _example(task: Task, crops: Tensor) -> tuple[Tensor, Tensor, View, Generator]:
    """Return the truth, x_t, the view, and what drew them."""
    generator = torch.Generator(crops.device).manual_seed(SEED)
    x_0 = gray(crops) if task.monochrome else crops
    view = View.clean(x_0)
    if task.degradation is not None:
        return x_0, torch.zeros_like(x_0), task.degradation(view, generator), generator
    eps = torch.randn(x_0.shape, device=x_0.device, generator=generator)
    nothing = replace(view, y=torch.zeros_like(x_0), noise=view.noise + math.inf)
    return x_0, x_0 + task.sigma * eps, nothing, generator


def _told(view: View, task: Task) -> tuple[Tensor, Tensor]:
    """Return y and its maps, as the network is given them."""
    hidden = torch.full_like(view.scale, task.blind, dtype=torch.bool)
    maps = maps_of(view, hidden, hidden)
    return repeated(view.y, maps) if task.monochrome else (view.y, maps)


def _sample(
    network: Module,
    conditioning: Conditioning,
    task: Task,
    x_t: Tensor,
    y: Tensor,
    maps: Tensor,
    mean: Tensor,
    generator: Generator,
) -> Tensor:
    """Walk the reverse process from x_t itself, or from the noised mean of an observation."""
    given = task.degradation is None
    start = task.sigma if given else SAMPLE_START

    def noise(step: int) -> Tensor:
        del step
        return torch.randn(y.shape, device=y.device, generator=generator)

    x_start = x_t if given else mean + start * noise(0)
    sample: Tensor = sample_ddim(
        lambda x, sigma: estimate(network, conditioning, x, sigma, y, maps)[0],
        x_start,
        karras(SAMPLE_STEPS - 1, 0.01, start),
        eta=1.0,
        noise=noise,
    )
    return sample
