"""Pictures drawn from a mixture of Gaussians: several modes, and still a closed form for all.

A Gaussian's denoiser is affine; a mixture's is not, and its posterior may have modes that a
method misses. With x_0 ~ Σ_k w_k N(μ_k, Σ_k), given any linear view of it x_0 is again a mixture:
each component's own posterior, weighted by how well it explains the view.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from restore.diffusion.arrays import Array, as_like, namespace
from restore.diffusion.denoiser import Observation, VectorJacobian
from restore.diffusion.fusion import Fused
from restore.diffusion.gaussian import GaussianPrior, fuse_views

__all__ = ["GaussianMixturePrior"]

Matrix = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class GaussianMixturePrior:
    """x_0 ~ Σ_k w_k N(μ_k, Σ_k), for pictures of a few hundred values.

    Attributes:
        weights: w, float64 numpy (K,), positive, of sum 1.
        components: The K Gaussians, all of one shape.
    """

    weights: Matrix
    components: tuple[GaussianPrior, ...]

    def __call__(self, x_t: Array | None, sigma: float, y: Observation | None = None) -> Array:
        """Return E[x_0 | x_t, y] = Σ_k r_k E_k[x_0 | x_t, y]; see `GaussianPrior`."""
        shares = self._shares(fuse_views(x_t, sigma, y))
        return sum(r * g(x_t, sigma, y) for r, g in zip(shares, self.components, strict=True))

    def vjp(
        self, x_t: Array, sigma: float, y: Observation | None = None
    ) -> tuple[Array, VectorJacobian]:
        """Return E[x_0 | x_t, y] and v → vᵀ ∂E/∂x_t; see `DifferentiableDenoiser`.

        The shares move with the view too: ∂r_k/∂z = r_k (g_k − Σ_j r_j g_j), where g_k is the
        slope of component k's log-density.
        """
        view = fuse_views(x_t, sigma, y)
        shares = self._shares(view)
        slopes = [g.log_slope(*view) for g in self.components]
        own = [g.vjp(x_t, sigma, y) for g in self.components]
        mean_slope = sum(r * slope for r, slope in zip(shares, slopes, strict=True))
        to_x_t = (view.sigma_eff / sigma) ** 2

        def jacobian(v: Array) -> Array:
            total = 0.0
            for r, slope, (mean, of_mean) in zip(shares, slopes, own, strict=True):
                along = namespace(v).sum(v * mean, axis=(1, 2, 3), keepdims=True)
                total = total + r * (of_mean(v) + along * (slope - mean_slope) * to_x_t)
            return total

        return sum(r * mean for r, (mean, _) in zip(shares, own, strict=True)), jacobian

    def sample(self, n: int, seed: int) -> Matrix:
        """Draw n pictures, float64 numpy (n, C, H, W)."""
        rng = np.random.default_rng(seed)
        noise = rng.standard_normal((n, *self.components[0].mean.shape))
        of = rng.choice(len(self.weights), n, p=self.weights)
        draws = np.stack([g.sample(noise) for g in self.components])
        return np.asarray(draws[of, np.arange(n)])

    def posterior(self, A: Matrix, y: Matrix, sigma: float) -> GaussianMixturePrior:
        """Return the mixture that x_0 has given y = A x_0 + σ n; see `GaussianPrior.posterior`."""
        log_p, shape, posteriors = np.log(self.weights), self.components[0].mean.shape, []
        for k, g in enumerate(self.components):
            mean, covariance = g.posterior(A, y, sigma)
            posteriors.append(GaussianPrior(mean.reshape(shape), covariance))
            seen = GaussianPrior((A @ g.mean.ravel())[None, None], A @ g.covariance @ A.T)
            noise = np.full((1, 1, 1, len(A)), sigma)
            log_p[k] += seen.log_density(y.reshape(1, 1, 1, -1), noise)[0]
        weights = np.exp(log_p - log_p.max())
        return GaussianMixturePrior(weights / weights.sum(), tuple(posteriors))

    @property
    def moments(self) -> tuple[Matrix, Matrix]:
        """Mean (CHW,) and covariance (CHW, CHW) of the whole mixture."""
        means = np.stack([g.mean.ravel() for g in self.components])
        within = np.stack([g.covariance for g in self.components])
        mean = self.weights @ means
        apart = means - mean
        return mean, np.tensordot(self.weights, within, 1) + (apart.T * self.weights) @ apart

    def shares(self, x: Array, sigma: float) -> Array:
        """Return p(k | x_σ = x), (K, B): how likely each component is to have made a picture."""
        return namespace(x).stack([r[:, 0, 0, 0] for r in self._shares(fuse_views(x, sigma, None))])

    def _shares(self, view: Fused) -> list[Array]:
        """Return r_k = p(k | z), each (B, 1, 1, 1)."""
        xp = namespace(view.z)
        log_p = xp.stack([g.log_density(*view) for g in self.components])
        log_p = log_p + as_like(np.log(self.weights), log_p)[:, None]
        p = xp.exp(log_p - xp.max(log_p, axis=0, keepdims=True))
        p = p / xp.sum(p, axis=0, keepdims=True)
        return [p[k][:, None, None, None] for k in range(len(self.weights))]
