"""The variational bound: how many nats, or bits a value, a model needs at most to tell a picture.

−log p(x_0) ≤ L_T + Σ_{t=2}^T L_{t−1} + L_0 (Ho et al. 2020, eq. 5): the end of the forward process
against pure noise, each reverse step against the true posterior, and the last step against the
levels of the picture, 256 of an 8-bit file.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from restore.diffusion.arrays import Array, namespace, to_numpy
from restore.diffusion.discrete import DiscreteProcess, Normal, Time
from restore.diffusion.losses import weighted_squared_error
from restore.diffusion.reverse import Reverse, learned_variance
from restore.diffusion.samplers import Noise
from restore.diffusion.schedule import Sigmas

__all__ = [
    "Bound",
    "bound_weight",
    "discretised_log_likelihood",
    "flow_bound",
    "hybrid_loss",
    "kl",
    "prior_term",
    "step_term",
    "variational_bound",
]

LEVELS = 256
"""Values that a pixel can have, evenly spaced from −1 to 1."""
VLB_SHARE = 0.001
"""λ of the hybrid loss (Nichol & Dhariwal 2021, eq. 16)."""


def kl(p: Normal, q: Normal) -> Array:
    """Return KL(p ‖ q) of two Gaussians with diagonal covariance, in nats, value by value."""
    xp = namespace(p.mean, q.mean)
    one = xp.ones_like(p.mean)
    a, b = p.variance * one, q.variance * one
    return 0.5 * (xp.log(b / a) + (a + (p.mean - q.mean) ** 2) / b - 1)


def discretised_log_likelihood(x_0: Array, q: Normal, levels: int = LEVELS) -> Array:
    """Return log P(x_0) where x_0 is one of some levels in [-1, 1] (Ho et al. 2020, eq. 13).

    A level gets what a Gaussian has between its neighbours' middles; black and white get the tails.
    """
    xp = namespace(x_0)
    std, half = (q.variance * xp.ones_like(x_0)) ** 0.5, 1 / (levels - 1)
    low = xp.where(x_0 < -1 + half, -xp.inf, (x_0 - half - q.mean) / std)
    high = xp.where(x_0 > 1 - half, xp.inf, (x_0 + half - q.mean) / std)
    right = low > 0  # Φ is exact in its lower tail: look from the other side
    low, high = xp.where(right, -high, low), xp.where(right, -low, high)
    top = _log_ndtr(high)
    return top + xp.log1p(-xp.exp(_log_ndtr(low) - top))


def prior_term(process: DiscreteProcess, x_0: Array) -> Array:
    """Return L_T = KL(q(x_T | x_0) ‖ N(0, I)), (B,) nats: what x_T still tells."""
    standard = Normal(x_0 * 0, 1.0)
    return _total(kl(process.marginal(x_0, process.T), standard))


def step_term(
    process: DiscreteProcess,
    reverse: Normal,
    x_0: Array,
    x_t: Array,
    t: Time,
    levels: int = LEVELS,
) -> Array:
    """Return L_{t−1}, (B,) nats: KL(q(x_{t−1} | x_t, x_0) ‖ p), for t = 1 −log p(x_0 | x_1).

    Args:
        process: The forward process.
        reverse: p(x_{t−1} | x_t), what the model says of this step.
        x_0: Pictures of so many levels, (B, C, H, W) in [-1, 1].
        x_t: Their states.
        t: The step ≥ 1 of all pictures, or of each.
        levels: How many values a pixel can have.
    """
    if process.T == 1 or (isinstance(t, int | np.integer) and t == 1):
        return -_total(discretised_log_likelihood(x_0, reverse, levels))
    if isinstance(t, int | np.integer):
        return _total(kl(process.posterior(x_0, x_t, t), reverse))
    xp = namespace(x_0)
    later = xp.where(t > 1, t, 2)  # where t = 1 the posterior is a point, and the divergence ∞
    divergence = _total(kl(process.posterior(x_0, x_t, later), reverse))
    return xp.where(t > 1, divergence, -_total(discretised_log_likelihood(x_0, reverse, levels)))


def bound_weight(process: DiscreteProcess) -> Sigmas:
    """Return the λ_t for which L_{t−1} = λ_t ‖x̂_0 − x_0‖² if the reverse variance is β̃_t.

    λ_t = (SNR_{t−1} − SNR_t)/2 for t ≥ 2 (Kingma et al. 2021, eq. 13), which is the
    β_t²/(2 β̃_t α_t (1 − ᾱ_t)) of Ho et al. 2020, eq. 12, turned from ε to x_0. It is ∞ for t = 1,
    where the bound has L_0 instead, and for t = 0.
    """
    return np.append(np.inf, 0.5 * (process.snr[:-1] - process.snr[1:]))


def hybrid_loss(
    process: DiscreteProcess, x_0_hat: Array, v: Array, x_0: Array, x_t: Array, t: Time
) -> Array:
    """Return L_simple + λ L_vlb, (B,) (Nichol & Dhariwal 2021, eq. 16).

    The bound teaches the variance alone: the mean in it passes no gradient. L_vlb is the mean over
    values, as L_simple is, of T · L_{t−1}, whose mean over random t is the bound.

    Args:
        process: The forward process.
        x_0_hat: The network's E[x_0 | x_t], (B, C, H, W).
        v: Its word on the variance, of the same shape; see `learned_variance`.
        x_0: The truth.
        x_t: The state.
        t: The step ≥ 1 of all pictures, or of each.
    """
    weight = np.append(0.0, process.snr[1:])
    simple = weighted_squared_error(x_0_hat, x_0, x_0 * 0 + process.at(weight, t, x_0))
    still = x_0_hat.detach() if hasattr(x_0_hat, "detach") else x_0_hat
    mean = process.posterior(still, x_t, t).mean
    term = step_term(process, Normal(mean, learned_variance(process, v, t)), x_0, x_t, t)
    values = math.prod(x_0.shape[1:])
    return simple + VLB_SHARE * process.T * term / values


@dataclass(frozen=True, eq=False)
class Bound:
    """The bound and its parts.

    Attributes:
        terms: L_0 … L_{T−1}, L_T, float64 (T + 1, B), nats; of `flow_bound` L_0 and the rest.
        values: How many values a picture has, C·H·W.
    """

    terms: np.ndarray[Any, Any]
    values: int

    @property
    def nats(self) -> np.ndarray[Any, Any]:
        """The bound on −log p(x_0) of each picture, (B,)."""
        return np.asarray(self.terms.sum(axis=0))

    @property
    def bits(self) -> np.ndarray[Any, Any]:
        """The same in bits per value ("bits per dimension"), (B,)."""
        return self.nats / (self.values * math.log(2))


def variational_bound(
    process: DiscreteProcess, reverse: Reverse, x_0: Array, noise: Noise, levels: int = LEVELS
) -> Bound:
    """Return the bound on −log p(x_0), with one draw of x_t for each t.

    Args:
        process: The forward process.
        reverse: The model.
        x_0: Pictures of 256 levels, (B, C, H, W) in [-1, 1].
        noise: Draws ε like x_0; noise(t) goes into x_t.
        levels: How many levels, if not 256.
    """
    terms = []
    for t in range(1, process.T + 1):
        x_t = process.forward(x_0, t, noise(t))
        terms.append(step_term(process, reverse(x_t, t), x_0, x_t, t, levels))
    terms.append(prior_term(process, x_0))
    rows = [np.asarray(to_numpy(term), np.float64) for term in terms]
    return Bound(np.stack(rows), math.prod(x_0.shape[1:]))


def flow_bound(
    reverse: Normal, log_likelihood: Array, x_0: Array, sigma_1: float, levels: int = LEVELS
) -> Bound:
    """Return a bound on −log P(x_0) by a likelihood of noisy pictures, such as the flow's.

    −log P(x_0) ≤ E_q(x_1 | x_0) [−log P(x_0 | x_1) − log p(x_1) + log q(x_1 | x_0)]: the noise of
    σ_1 dequantises the picture, as in Ho et al. 2019 (Flow++, section 3.1). The first term is the
    bound's own L_0; the rest takes the place of all other terms.

    Args:
        reverse: The model's p(x_0 | x_1), as in `step_term`.
        log_likelihood: log p_σ(x) at x = x_0 + σ_1 ε, (B,) nats.
        x_0: Pictures of 256 levels, (B, C, H, W) in [-1, 1].
        sigma_1: The noise, [-1, 1] units.
        levels: How many levels, if not 256.
    """
    values = math.prod(x_0.shape[1:])
    entropy = values * (math.log(sigma_1) + (1 + math.log(2 * math.pi)) / 2)
    first = -_total(discretised_log_likelihood(x_0, reverse, levels))
    rows = [np.asarray(to_numpy(term), np.float64) for term in (first, -log_likelihood - entropy)]
    return Bound(np.stack(rows), values)


def _total(values: Array) -> Array:
    return namespace(values).sum(values, axis=(1, 2, 3))


def _log_ndtr(x: Array) -> Array:
    """Return log Φ(x), which no array standard has."""
    if isinstance(x, np.ndarray):
        from scipy.special import log_ndtr

        return log_ndtr(x)
    import torch

    return torch.special.log_ndtr(x)
