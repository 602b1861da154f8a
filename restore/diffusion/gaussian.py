"""Pictures drawn from a Gaussian: the one prior for which everything has a closed form.

With x_0 ~ N(μ, Σ), a diffusion model is linear algebra: the denoiser, its Jacobian, the
probability flow and the posterior given any linear measurement can be written down. These priors
are denoisers like a network; a sampler or an inverse method that does not reach the closed form
with them is wrong. They are also the shortest way to see what such a method does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from restore.diffusion.arrays import Array, as_like, namespace, to_numpy
from restore.diffusion.denoiser import Observation, VectorJacobian
from restore.diffusion.fusion import Fused, fuse

__all__ = ["GaussianPrior", "StationaryPrior", "fuse_views"]

Matrix = np.ndarray[Any, Any]


def fuse_views(x_t: Array | None, sigma: float, y: Observation | None) -> Fused:
    """Return what x_t and y say together, as one view; see `restore.diffusion.fusion`."""
    return fuse(x_t, sigma, None, 0.0) if y is None else fuse(x_t, sigma, y.y, y.noise)


@dataclass(frozen=True, eq=False)
class GaussianPrior:
    """x_0 ~ N(μ, Σ) with any covariance, for pictures of a few hundred values.

    Attributes:
        mean: μ, float64 numpy (C, H, W), in [-1, 1] units.
        covariance: Σ, float64 numpy (CHW, CHW), positive definite.
    """

    mean: Matrix
    covariance: Matrix

    @cached_property
    def _eigen(self) -> tuple[Matrix, Matrix]:
        values, vectors = np.linalg.eigh(self.covariance)
        return values, vectors

    def __call__(self, x_t: Array | None, sigma: float, y: Observation | None = None) -> Array:
        """Return E[x_0 | x_t, y] = μ + Σ (Σ + diag σ_eff²)⁻¹ (z − μ); see `Denoiser`.

        `y.noise` must be known; `y.scale` and `y.jpeg` are not part of this model.
        """
        z, sigma_eff = fuse_views(x_t, sigma, y)
        return self._apply(self._gains(sigma_eff), self._rows(z), z) + as_like(self.mean, z)

    def vjp(
        self, x_t: Array, sigma: float, y: Observation | None = None
    ) -> tuple[Array, VectorJacobian]:
        """Return E[x_0 | x_t, y] and v → vᵀ ∂E/∂x_t; see `DifferentiableDenoiser`."""
        _, sigma_eff = fuse_views(x_t, sigma, y)
        transposed = [gain.T for gain in self._gains(sigma_eff)]

        def jacobian(v: Array) -> Array:
            rows = namespace(v).reshape(v, (v.shape[0], -1))
            return self._apply(transposed, rows, v) * (sigma_eff / sigma) ** 2

        return self(x_t, sigma, y), jacobian

    def flow(self, x: Array, sigma: float, sigma_next: float) -> Array:
        """Carry x along the probability-flow ODE (Karras et al. 2022, eq. 1), exactly.

        Along an eigenvector of Σ with eigenvalue λ, (x − μ)/√(λ + σ²) stays constant.
        """
        values, vectors = self._eigen
        gain = vectors * np.sqrt((values + sigma_next**2) / (values + sigma**2)) @ vectors.T
        return self._apply([gain], self._rows(x), x) + as_like(self.mean, x)

    def sample(self, noise: Array) -> Array:
        """Turn standard normal noise (B, C, H, W) into pictures of the prior."""
        values, vectors = self._eigen
        root = vectors * np.sqrt(np.maximum(values, 0))
        rows = namespace(noise).reshape(noise, (noise.shape[0], -1))
        return self._apply([root], rows, noise) + as_like(self.mean, noise)

    def log_density(self, z: Array, sigma_eff: Array) -> Array:
        """Return log p(z), (B,) nats, of z = x_0 + σ_eff n; values with σ_eff = ∞ do not count.

        Args:
            z: (B, C, H, W).
            sigma_eff: (B, 1, H, W).
        """
        xp = namespace(z)
        precisions = self._precisions(sigma_eff)
        rows = self._rows(z)
        weighted = self._apply([P for P, _ in precisions], rows, rows)
        constants = as_like(np.array([constant for _, constant in precisions]), z)
        return constants - 0.5 * xp.sum(rows * weighted, axis=1)

    def log_slope(self, z: Array, sigma_eff: Array) -> Array:
        """Return ∂ log p(z)/∂z = −(Σ + diag σ_eff²)⁻¹ (z − μ), (B, C, H, W)."""
        return -self._apply([P for P, _ in self._precisions(sigma_eff)], self._rows(z), z)

    def posterior(self, A: Matrix, y: Matrix, sigma: float) -> tuple[Matrix, Matrix]:
        """Return the mean (CHW,) and covariance of x_0 given y = A x_0 + σ n.

        Args:
            A: float64 numpy (m, CHW); y: (m,); sigma: standard deviation ≥ 0 of the noise. With
                σ = 0 the rows of A must be independent.
            y: The measurement, (m,).
            sigma: Standard deviation of its noise.
        """
        mu, S = self.mean.ravel(), self.covariance
        gain = np.linalg.solve(A @ S @ A.T + sigma**2 * np.eye(len(A)), A @ S).T
        return mu + gain @ (y - A @ mu), S - gain @ A @ S

    def _rows(self, z: Array) -> Array:
        """Return z − μ with a row for each picture, (B, CHW)."""
        return namespace(z).reshape(z - as_like(self.mean, z), (z.shape[0], -1))

    def _gains(self, sigma_eff: Array) -> list[Matrix]:
        """Return Σ (Σ + diag σ_eff²)⁻¹ for each picture, or once if they share σ_eff."""
        return [self.covariance @ P for P, _ in self._precisions(sigma_eff)]

    def _precisions(self, sigma_eff: Array) -> list[tuple[Matrix, float]]:
        """Return P = (Σ + diag σ_eff²)⁻¹ and log √|P/2π| as `_gains` does.

        Values with σ_eff = ∞ are left out of the measurement, so that nothing overflows.
        """
        s = np.asarray(to_numpy(sigma_eff), np.float64)
        s = np.broadcast_to(s, (s.shape[0], *self.mean.shape)).reshape(s.shape[0], -1)
        if (s == s[:1]).all():
            s = s[:1]
        precisions = []
        for one in s:
            known = np.ix_(*2 * [np.flatnonzero(np.isfinite(one))])
            total = self.covariance[known] + np.diag(one[np.isfinite(one)] ** 2)
            P = np.zeros_like(self.covariance)
            P[known] = np.linalg.inv(total)
            constant = -0.5 * (np.linalg.slogdet(total)[1] + len(total) * np.log(2 * np.pi))
            precisions.append((P, float(constant)))
        return precisions

    @staticmethod
    def _apply(gains: list[Matrix], rows: Array, like: Array) -> Array:
        """Multiply each picture, a row of (B, CHW), by its own or the common matrix."""
        xp = namespace(rows)
        if len(gains) == 1:
            return xp.reshape(rows @ as_like(gains[0].T, rows), like.shape)
        stacked = as_like(np.stack(gains), rows)  # (B, CHW, CHW)
        return xp.reshape(xp.matmul(stacked, rows[:, :, None]), like.shape)


@dataclass(frozen=True, eq=False)
class StationaryPrior:
    """x_0 ~ N(μ, Σ) where Σ is stationary and periodic: a filter, given by its power spectrum.

    Natural photos have a spectrum close to 1/f². Works at any size; the noise of a view must be
    the same in every pixel.

    Attributes:
        mean: μ, a number in [-1, 1] units.
        spectrum: Eigenvalues of Σ, float64 numpy (H, W) > 0 in the order of `numpy.fft.fft2`, even
            (the same at −f as at f): the variance of x_0 at each frequency.
    """

    mean: float
    spectrum: Matrix

    def __call__(self, x_t: Array | None, sigma: float, y: Observation | None = None) -> Array:
        """Return E[x_0 | x_t, y]: Wiener's filter λ/(λ + σ_eff²) on the fused view.

        Raises:
            ValueError: If σ_eff is not the same in all pixels.
        """
        z, sigma_eff = fuse_views(x_t, sigma, y)
        return self._filter(z - self.mean, self._gain(sigma_eff)) + self.mean

    def vjp(
        self, x_t: Array, sigma: float, y: Observation | None = None
    ) -> tuple[Array, VectorJacobian]:
        """Return E[x_0 | x_t, y] and v → vᵀ ∂E/∂x_t; see `DifferentiableDenoiser`."""
        _, sigma_eff = fuse_views(x_t, sigma, y)
        gain = self._gain(sigma_eff)
        weight = (sigma_eff / sigma) ** 2
        return self(x_t, sigma, y), lambda v: self._filter(weight * v, gain)

    def sample(self, noise: Array) -> Array:
        """Turn standard normal noise (B, C, H, W) into pictures of the prior."""
        return self._filter(noise, np.sqrt(self.spectrum)) + self.mean

    def _gain(self, sigma_eff: Array) -> Matrix:
        s = float(sigma_eff[0, 0, 0, 0])
        if not bool(namespace(sigma_eff).all(sigma_eff == s)):
            raise ValueError("a stationary prior needs the same noise in all pixels")
        return np.asarray(self.spectrum / (self.spectrum + s**2))

    @staticmethod
    def _filter(x: Array, gain: Matrix) -> Array:
        """Multiply the spectrum of x (B, C, H, W) by `gain` (H, W)."""
        xp = namespace(x)
        half = as_like(gain[:, : x.shape[-1] // 2 + 1], x)
        return xp.fft.irfftn(xp.fft.rfftn(x, axes=(-2, -1)) * half, s=x.shape[-2:], axes=(-2, -1))
