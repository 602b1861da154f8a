"""Samples of the prior that is told its class, by every sampler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from benchmarks.digits.judge import Judge
from restore.diffusion.discrete import DiscreteProcess
from restore.diffusion.noise import noise_like
from restore.diffusion.reverse import fixed_variance, predict_by, sample_ddpm
from restore.diffusion.samplers import (
    Denoise,
    Noise,
    sample_ddim,
    sample_dpmpp_2m,
    sample_edm,
    sample_euler_ancestral,
    sample_heun,
)
from restore.diffusion.schedule import cosine, karras
from restore.networks.labelled import ClassPrior

N = 1000
"""Samples that every figure rests on, as many of each class."""
LABELS = torch.arange(N) % 10
SIGMA_MIN, SIGMA_MAX = 0.02, 20.0


def levels(n: int):
    """Return a schedule of n steps for digits, whose standard deviation is 0.75."""
    return karras(n, SIGMA_MIN, SIGMA_MAX)


def ddpm(denoise: Denoise, x: Tensor, noise: Noise) -> Tensor:
    """Ho et al.'s reverse process in 100 steps of the cosine schedule."""
    process = DiscreteProcess.of(cosine(100))
    reverse = fixed_variance(process, predict_by(process, denoise))
    return sample_ddpm(process, reverse, x / SIGMA_MAX, noise)


SAMPLERS: dict[str, Callable[[Denoise, Tensor, Noise], Tensor]] = {
    "DDPM": ddpm,
    "DDIM, η = 0": lambda d, x, n: sample_ddim(d, x, levels(50)),
    "DDIM, η = 1": lambda d, x, n: sample_ddim(d, x, levels(50), eta=1.0, noise=n),
    "Euler ancestral": lambda d, x, n: sample_euler_ancestral(d, x, levels(50), noise=n),
    "DPM-Solver++(2M)": lambda d, x, n: sample_dpmpp_2m(d, x, levels(15)),
    "Heun": lambda d, x, n: sample_heun(d, x, levels(18)),
    "EDM, with churn": lambda d, x, n: sample_edm(d, x, levels(18), noise=n, s_churn=10.0),
}
"""By name: (denoise, x at σ = 20, noise) → samples."""


@dataclass
class Counted:
    """A denoiser that counts its calls."""

    denoise: Denoise
    calls: int = 0

    def __call__(self, x: Tensor, sigma: float) -> Tensor:
        """Return D(x, σ)."""
        self.calls += 1
        return self.denoise(x, sigma)


def start(labels: Tensor = LABELS, shape: tuple[int, int, int] = (1, 8, 8)) -> tuple[Tensor, Noise]:
    """Return x at σ = 20 for every label, and the noise of the steps."""
    noise = noise_like(torch.empty(len(labels), *shape), 1)
    return SIGMA_MAX * noise(0), noise


def by_every_sampler(prior: ClassPrior, judge: Judge) -> tuple[list[dict], dict[str, Tensor]]:
    """Return figures and samples of each sampler."""
    rows, shown = [], {}
    for name, sample in SAMPLERS.items():
        counted = Counted(prior.told(LABELS))
        samples = sample(counted, *start())
        shown[name] = samples[:20]
        row = {
            "sampler": name,
            "evaluations": counted.calls,
            "accepted": judge.accepted(samples, LABELS),
            "spread": judge.spread(samples, LABELS),
            "distance": judge.distance(samples),
        }
        print(row, flush=True)
        rows.append(row)
    return rows, shown
