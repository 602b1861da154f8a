"""The textbook's reverse process p(x_{t−1} | x_t), and ancestral sampling from it.

In the toolkit's own terms this is `sample_ddim` with η = 1; here it reads as Ho et al. 2020 write
it, step by step in x_t, with the variances that a model may have.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from restore.diffusion.arrays import Array, namespace
from restore.diffusion.discrete import DiscreteProcess, Normal, Time
from restore.diffusion.samplers import Callback, Denoise, Noise, tell
from restore.diffusion.schedule import Sigmas

__all__ = [
    "Predict",
    "Reverse",
    "fixed_variance",
    "learned_variance",
    "predict_by",
    "sample_ddpm",
    "variance_told",
]

Predict: TypeAlias = Callable[[Array, Any], Array]
"""(x_t, t) → E[x_0 | x_t], (B, C, H, W); t is a `Time`."""
Reverse: TypeAlias = Callable[[Array, Any], Normal]
"""(x_t, t) → the model's p(x_{t−1} | x_t); t is a `Time`."""


def predict_by(process: DiscreteProcess, denoise: Denoise) -> Predict:
    """Return D(x_t/√ᾱ_t, σ_t) as a function of x_t and t."""
    return lambda x_t, t: denoise(process.to_x_sigma(x_t, t), float(process.sigma[t]))


def fixed_variance(process: DiscreteProcess, predict: Predict, *, large: bool = False) -> Reverse:
    """Return the reverse process of a model that predicts x_0 (Ho et al. 2020, section 3.2).

    Its variance is β̃_t, or β_t if `large`; for t = 1, where β̃ is 0, it is β̃_2 as in
    Nichol & Dhariwal 2021.
    """
    variance = process.beta if large else _never_zero(process)

    def reverse(x_t: Array, t: Time) -> Normal:
        mean = process.posterior(predict(x_t, t), x_t, t).mean
        return Normal(mean, process.at(variance, t, x_t))

    return reverse


def variance_told(
    process: DiscreteProcess, predict: Callable[[Array, Any], tuple[Array, Array]]
) -> Reverse:
    """Return the reverse process of a model that also says its variance, as `hybrid_loss` trains.

    Args:
        process: The forward process.
        predict: (x_t, t) → E[x_0 | x_t] and v, (B, C, H, W) both; see `learned_variance`.
    """

    def reverse(x_t: Array, t: Time) -> Normal:
        x_0, v = predict(x_t, t)
        return Normal(process.posterior(x_0, x_t, t).mean, learned_variance(process, v, t))

    return reverse


def learned_variance(process: DiscreteProcess, v: Array, t: Time) -> Array:
    """Return Σ = exp(v log β_t + (1 − v) log β̃_t) (Nichol & Dhariwal 2021, eq. 15).

    Args:
        process: The forward process.
        v: What the network says, 0 for the least and 1 for the greatest variance there can be.
            (Their network says 2 v − 1, from −1 to 1.)
        t: The step ≥ 1 of all pictures, or of each.
    """
    low, high = (
        process.at(np.append(0.0, np.log(table[1:])), t, v)
        for table in (_never_zero(process), process.beta)
    )
    return namespace(v).exp(v * high + (1 - v) * low)


def sample_ddpm(
    process: DiscreteProcess,
    reverse: Reverse,
    x_T: Array,
    noise: Noise,
    *,
    callback: Callback | None = None,
) -> Array:
    """Draw from a model by ancestral sampling (Ho et al. 2020, alg. 2).

    Args:
        process: The forward process.
        reverse: The model.
        x_T: Standard normal noise, (B, C, H, W).
        noise: Draws what the steps add: noise(i + 1) in step i = T − t.
        callback: Receives (i, T, σ_t, x_t, mean of p(x_{t−1} | x_t)).
    """
    x = x_T
    for i, t in enumerate(range(process.T, 0, -1)):
        mean, variance = reverse(x, t)
        tell(callback, i, process.T, float(process.sigma[t]), x, mean)
        x = mean + variance**0.5 * noise(i + 1) if t > 1 else mean
    return x


def _never_zero(process: DiscreteProcess) -> Sigmas:
    """Return β̃ with β̃_2 in the place of β̃_1 = 0; β_1 if there is no second step."""
    variance = process.posterior_variance.copy()
    variance[1] = variance[2] if process.T > 1 else process.beta[1]
    return variance
