"""The textbook's process: T steps of noise, t = 1 … T, that keep the variance (Ho et al. 2020).

q(x_t | x_{t−1}) = N(√(1 − β_t) x_{t−1}, β_t I) is the toolkit's x_σ seen through a scale,
x_t = √ᾱ_t x_σ with σ² = (1 − ᾱ_t)/ᾱ_t. Every table here has T + 1 entries, t = 0 being the clean
picture, so that an index is the paper's t.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from restore.diffusion.arrays import Array, as_like, namespace
from restore.diffusion.schedule import Sigmas, from_betas, from_levels, respace
from restore.errors import ParameterError

__all__ = ["DiscreteProcess", "Normal", "Time"]

Time: TypeAlias = "int | Array"
"""A step 0 ≤ t ≤ T of all pictures, or of each, (B,) integers."""


class Normal(NamedTuple):
    """N(mean, variance I): the mean (B, C, H, W), the variance a number or (B, 1, 1, 1)."""

    mean: Array
    variance: float | Array


@dataclass(frozen=True, eq=False)
class DiscreteProcess:
    """A forward process in T steps.

    Attributes:
        beta: β_0 … β_T, float64 (T + 1,), β_0 = 0 and the others within (0, 1).

    Raises:
        ParameterError: They are not.
    """

    beta: Sigmas

    def __post_init__(self) -> None:
        beta = self.beta
        inside = (beta > 0) & (beta < 1)
        if beta.ndim != 1 or len(beta) < 2 or beta[0] != 0 or not inside[1:].all():
            raise ParameterError(
                "These are not the β of a diffusion process.",
                "Give 0 and then at least one number between 0 and 1.",
            )

    @classmethod
    def of(cls, sigmas: Sigmas) -> DiscreteProcess:
        """Return the process whose levels σ_T > … > σ_1 > 0 are those of a schedule.

        β_t = 1 − ᾱ_t/ᾱ_{t−1} = (σ_t² − σ_{t−1}²)/(1 + σ_t²), which is exact also where ᾱ is so
        near 1 that it cannot be told from it.

        Raises:
            ParameterError: The levels do not fall to 0.
        """
        rising = from_levels(sigmas)[::-1]
        high, low = rising[1:], rising[:-1]
        return cls(np.append(0.0, (high - low) * (high + low) / (1 + high**2)))

    @property
    def T(self) -> int:  # noqa: N802
        """Number of steps."""
        return len(self.beta) - 1

    @cached_property
    def alpha_bar(self) -> Sigmas:
        """ᾱ_t = Π (1 − β_s), the share of the picture's variance in x_t."""
        return np.asarray(np.exp(np.cumsum(np.log1p(-self.beta))))

    @cached_property
    def sigma(self) -> Sigmas:
        """σ_t = √((1 − ᾱ_t)/ᾱ_t), the noise of x_t/√ᾱ_t, exact also where it is small."""
        return from_betas(self.beta[1:])[::-1].copy()

    @cached_property
    def variance(self) -> Sigmas:
        """1 − ᾱ_t = σ_t²/(1 + σ_t²), the variance of q(x_t | x_0), exact also where it is small."""
        return self.sigma**2 / (1 + self.sigma**2)

    @property
    def sigmas(self) -> Sigmas:
        """The levels from σ_T down to 0, as samplers take them."""
        return self.sigma[::-1].copy()

    @cached_property
    def snr(self) -> Sigmas:
        """Signal-to-noise ratio ᾱ_t/(1 − ᾱ_t) = 1/σ_t²; ∞ at t = 0."""
        with np.errstate(divide="ignore"):
            return 1 / self.sigma**2

    @cached_property
    def posterior_variance(self) -> Sigmas:
        """β̃_t = (1 − ᾱ_{t−1})/(1 − ᾱ_t) β_t (eq. 7); 0 for t = 1, and for t = 0."""
        return np.append(0.0, self.variance[:-1] / self.variance[1:] * self.beta[1:])

    def respaced(self, n: int) -> DiscreteProcess:
        """Return the process of n steps picked evenly, t = T and t = 1 among them.

        Its marginals are those of the picked steps (Nichol & Dhariwal 2021, section 4); see
        `restore.diffusion.schedule.respace`.

        Raises:
            ParameterError: Unless 1 ≤ n ≤ T.
        """
        return DiscreteProcess.of(respace(self.sigmas, n))

    def marginal(self, x_0: Array, t: Time) -> Normal:
        """Return q(x_t | x_0) = N(√ᾱ_t x_0, (1 − ᾱ_t) I) (eq. 4)."""
        a = self.at(np.sqrt(self.alpha_bar), t, x_0)
        return Normal(a * x_0, self.at(self.variance, t, x_0))

    def forward(self, x_0: Array, t: Time, eps: Array) -> Array:
        """Return x_t = √ᾱ_t x_0 + √(1 − ᾱ_t) ε, a draw from q(x_t | x_0)."""
        return self.to_x_t(x_0 + self.at(self.sigma, t, x_0) * eps, t)

    def to_x_t(self, x_sigma: Array, t: Time) -> Array:
        """Return √ᾱ_t x_σ."""
        return x_sigma * self.at(np.sqrt(self.alpha_bar), t, x_sigma)

    def to_x_sigma(self, x_t: Array, t: Time) -> Array:
        """Return x_t/√ᾱ_t, the inverse of `to_x_t`."""
        return x_t / self.at(np.sqrt(self.alpha_bar), t, x_t)

    def posterior(self, x_0: Array, x_t: Array, t: Time) -> Normal:
        """Return q(x_{t−1} | x_t, x_0) for t ≥ 1 (eq. 6 and 7).

        Its mean is √ᾱ_{t−1} β_t/(1 − ᾱ_t) x_0 + √α_t (1 − ᾱ_{t−1})/(1 − ᾱ_t) x_t.

        Raises:
            ParameterError: t is a number outside 1 … T.
        """
        if isinstance(t, int | np.integer) and t < 1:
            raise ParameterError(f"Nothing comes before step {t}.", f"Ask for 1 to {self.T}.")
        a, noise = np.sqrt(self.alpha_bar), self.variance
        of_x_0 = np.append(0.0, a[:-1] * self.beta[1:] / noise[1:])
        of_x_t = np.append(0.0, np.sqrt(1 - self.beta[1:]) * noise[:-1] / noise[1:])
        mean = self.at(of_x_0, t, x_t) * x_0 + self.at(of_x_t, t, x_t) * x_t
        return Normal(mean, self.at(self.posterior_variance, t, x_t))

    def at(self, table: Sigmas, t: Time, like: Array) -> Any:
        """Look a table up at t: a number, or (B, 1, 1, 1) of the library and type of `like`.

        Raises:
            ParameterError: t is a number outside 0 … T.
        """
        if isinstance(t, int | np.integer):
            if not 0 <= t <= self.T:
                raise ParameterError(
                    f"This process has no step {t}.", f"Ask for one from 0 to {self.T}."
                )
            return float(table[t])
        xp = namespace(like)
        values = xp.take(as_like(table, like), t, axis=0)
        return xp.reshape(values, (-1,) + (1,) * (like.ndim - 1))
