"""Guidance: a denoiser bent toward what a classifier, a label or a loss asks for.

By Tweedie's formula D(x, σ) = x + σ² ∇ log p_σ(x), adding s ∇ log p(y | x) to the score adds
s σ² ∇ log p(y | x) to the denoised picture. Each function returns a denoiser, so that every sampler
takes it, and guidances can be put into one another.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from restore.diffusion.arrays import Array, namespace
from restore.diffusion.samplers import Denoise
from restore.errors import ParameterError

__all__ = ["Gradient", "classifier_free", "classifier_guided", "gradient_of"]

Gradient: TypeAlias = Callable[[Array, float], Array]
"""(x, σ) → ∇_x of something, (B, C, H, W)."""


def classifier_guided(denoise: Denoise, gradient: Gradient, scale: float = 1.0) -> Denoise:
    """Return D(x, σ) + s σ² ∇ log p(y | x_σ = x) (Dhariwal & Nichol 2021, eq. 13 and alg. 2).

    Args:
        denoise: The denoiser without y.
        gradient: (x, σ) → ∇_x log p(y | x_σ = x): of a classifier that knows noisy pictures, or of
            minus any loss; `gradient_of` makes it.
        scale: s; 1 is Bayes' rule, 0 no guidance, more sharpens p(y | x).

    Raises:
        ParameterError: There is no classifier, or the scale is not finite.
    """
    _expect(gradient, "Guidance by a classifier", "a classifier", scale)
    return lambda x, sigma: denoise(x, sigma) + scale * sigma**2 * gradient(x, sigma)


def gradient_of(log_p: Callable[[Array, float], Array]) -> Gradient:
    """Return the gradient of a function of torch tensors, (x, σ) → (B,), by backpropagation.

    Every picture's value is taken to depend on that picture alone.

    Raises:
        ParameterError: When it is called with an array that is no torch tensor.
    """

    def gradient(x: Array, sigma: float) -> Array:
        if isinstance(x, np.ndarray):
            raise ParameterError(
                "numpy arrays have no gradients.", "Guide torch tensors, or write the gradient."
            )
        import torch

        with torch.enable_grad():
            leaf = x.detach().requires_grad_()
            (found,) = torch.autograd.grad(log_p(leaf, sigma).sum(), leaf)
        return found

    return gradient


def classifier_free(
    conditional: Denoise,
    unconditional: Denoise,
    scale: float,
    *,
    rescale: float = 0.0,
    interval: tuple[float, float] = (0.0, float("inf")),
) -> Denoise:
    """Return D_∅ + s (D_y − D_∅) (Ho & Salimans 2022, eq. 6, where s is 1 + w).

    Args:
        conditional: D(x, σ; y).
        unconditional: D(x, σ).
        scale: s; 0 is without y, 1 with y and no guidance, more moves away from what y is not.
        rescale: φ in [0, 1]: by how much the result is brought back to the standard deviation of
            the conditional prediction (Lin et al. 2024, eq. 15 and 16).
        interval: The σ within which there is guidance at all; outside it the conditional denoiser
            alone is called (Kynkäänniemi et al. 2024).

    Raises:
        ParameterError: A denoiser is missing, the scale is not finite, `rescale` is not in [0, 1],
            or the interval goes down.
    """
    _expect(conditional, "Classifier-free guidance", "a conditional denoiser", scale)
    _expect(unconditional, "Classifier-free guidance", "an unconditional denoiser", scale)
    low, high = interval
    if not (0 <= rescale <= 1 and low <= high):
        raise ParameterError(
            f"Guidance cannot be rescaled by {rescale} within σ from {low} to {high}.",
            "Take 0 to 1, and an interval that goes from low to high.",
        )

    def denoise(x: Array, sigma: float) -> Array:
        told = conditional(x, sigma)
        if scale == 1 or not low <= sigma <= high:
            return told
        untold = unconditional(x, sigma)
        guided = untold + scale * (told - untold)
        if not rescale:
            return guided
        factor = _spread(told) / _spread(guided)
        return guided * (1 + rescale * (factor - 1))

    return denoise


def _expect(given: object, guidance: str, needed: str, scale: float) -> None:
    """Refuse guidance without what it needs, or of a scale that is none."""
    if not callable(given):
        raise ParameterError(
            f"{guidance} needs {needed}, and there is none.", "Give one, or sample unguided."
        )
    if not math.isfinite(scale):
        raise ParameterError(f"{guidance} has no scale {scale}.", "Take a finite number.")


def _spread(x: Array) -> Array:
    """Return the standard deviation of each picture, (B, 1, 1, 1)."""
    xp = namespace(x)
    mean = xp.mean(x, axis=(1, 2, 3), keepdims=True)
    return xp.mean((x - mean) ** 2, axis=(1, 2, 3), keepdims=True) ** 0.5
