"""Latent diffusion: the same processes, in the space of an autoencoder (Rombach et al. 2022).

The forward process, schedules, samplers and guidance ask for nothing but an array (B, c, h, w).
What latents need is a scale: divided by their standard deviation they are as wide as the noise of
σ = 1, whatever the autoencoder's taste, so that one schedule fits all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from restore.diffusion.arrays import Array, namespace
from restore.diffusion.denoiser import VectorJacobian
from restore.diffusion.discrete import Normal
from restore.errors import ParameterError

__all__ = ["Coder", "LatentSpace", "scale_factor"]


class Coder(Protocol):
    """An autoencoder, of whatever make."""

    def encode(self, x: Array) -> Normal:
        """Return q(z | x), (B, c, h, w), for pictures (B, C, H, W) in [-1, 1]."""
        ...

    def decode(self, z: Array) -> Array:
        """Return the pictures of latents."""
        ...

    def decode_vjp(self, z: Array) -> tuple[Array, VectorJacobian]:
        """Return the pictures of latents, and v → vᵀ ∂x/∂z."""
        ...


def scale_factor(z: Array) -> float:
    """Return 1/std of all values of some latents together (Rombach et al. 2022, appendix G).

    Raises:
        ParameterError: The latents are all the same, or not finite.
    """
    xp = namespace(z)
    std = float(xp.mean((z - xp.mean(z)) ** 2) ** 0.5)
    if not 0 < std < float("inf"):
        raise ParameterError(
            f"Latents with a standard deviation of {std} cannot be scaled.",
            "Train the autoencoder, with a smaller share of the KL term if its latents collapsed.",
        )
    return 1 / std


@dataclass(frozen=True, eq=False)
class LatentSpace:
    """Latents of unit variance.

    Attributes:
        coder: The autoencoder.
        scale: What its latents are multiplied with; see `scale_factor`.
    """

    coder: Coder
    scale: float = 1.0

    @classmethod
    def fitted(cls, coder: Coder, x: Array, eps: Array | None = None) -> LatentSpace:
        """Return the space in which some pictures' latents have unit variance.

        Args:
            coder: The autoencoder.
            x: The pictures, (B, C, H, W) in [-1, 1].
            eps: Standard normal noise like their latents, as in `encode`.
        """
        return cls(coder, scale_factor(cls(coder).encode(x, eps)))

    def encode(self, x: Array, eps: Array | None = None) -> Array:
        """Return the latents of pictures, (B, c, h, w).

        Args:
            x: The pictures, (B, C, H, W) in [-1, 1].
            eps: Standard normal noise like the latents, for a draw from q(z | x); without it they
                are the means.
        """
        q = self.coder.encode(x)
        z = q.mean if eps is None else q.mean + q.variance**0.5 * eps
        return self.scale * z

    def decode(self, z: Array) -> Array:
        """Return the pictures of latents, (B, C, H, W), not clipped."""
        return self.coder.decode(z / self.scale)

    def decode_vjp(self, z: Array) -> tuple[Array, VectorJacobian]:
        """Return the pictures of latents, and v → vᵀ ∂x/∂z."""
        x, vjp = self.coder.decode_vjp(z / self.scale)
        return x, lambda v: vjp(v) / self.scale
