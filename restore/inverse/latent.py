"""Restoration through an autoencoder: an operator that is applied to what a latent decodes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from restore.diffusion.arrays import Array
from restore.diffusion.denoiser import VectorJacobian
from restore.diffusion.latent import LatentSpace
from restore.errors import ParameterError
from restore.inverse.operators import Operator

__all__ = ["ThroughDecoder"]


@dataclass(frozen=True, eq=False)
class ThroughDecoder:
    """A ∘ D: latents (B, c, h, w) → pictures → measurements.

    It is differentiable and not linear: methods that ask for a pseudo-inverse are not defined for
    it, those that ask for a gradient, such as DPS, are.

    Attributes:
        operator: A, on pictures.
        space: D, with its scale.
        shape_z: (c, h, w) of a latent.
        colours: C of its picture.
    """

    operator: Operator
    space: LatentSpace
    shape_z: tuple[int, int, int]
    colours: int

    @property
    def size_x(self) -> tuple[int, int]:
        """(h, w) of the latent."""
        return self.shape_z[1:]

    @property
    def size_y(self) -> tuple[int, int]:
        """(H, W) of the measurement."""
        return self.operator.size_y

    @property
    def channels(self) -> tuple[int | None, int | None]:
        """C of the latent and of the measurement."""
        return self.shape_z[0], self.operator.channels[1] or self.colours

    @property
    def measured(self) -> float:
        """The fraction of y's values that measure anything."""
        return self.operator.measured

    def shape_y(self, shape_x: Sequence[int]) -> tuple[int, ...]:
        """Return the shape of the measurements of latents (B, c, h, w).

        Raises:
            ParameterError: Latents have another shape.
        """
        if tuple(shape_x[1:]) != self.shape_z or len(shape_x) != 4:
            c, h, w = self.shape_z
            raise ParameterError(
                f"ThroughDecoder expected latents (B, {c}, {h}, {w}), got {tuple(shape_x)}."
            )
        return self.operator.shape_y((shape_x[0], self.colours, *self.operator.size_x))

    def shape_x(self, shape_y: Sequence[int]) -> tuple[int, ...]:
        """Return the shape of the latents that measurements of a shape are of."""
        return self.operator.shape_x(shape_y)[0], *self.shape_z

    def __call__(self, x: Array) -> Array:
        """Return A(D(x)) of latents x."""
        self.shape_y(x.shape)
        return self.operator(self.space.decode(x))

    def vjp(self, x: Array) -> tuple[Array, VectorJacobian]:
        """Return A(D(x)), and v → vᵀ ∂A/∂D ∂D/∂x."""
        self.shape_y(x.shape)
        picture, through_decoder = self.space.decode_vjp(x)
        y, through_operator = self.operator.vjp(picture)
        return y, lambda v: through_decoder(through_operator(v))
