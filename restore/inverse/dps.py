"""DPS: the gradient of the measurement's error, taken through the denoiser, pulls on every step."""

from __future__ import annotations

from collections.abc import Iterable

from restore.diffusion.arrays import Array, namespace
from restore.diffusion.flow import DenoiseVjp
from restore.diffusion.samplers import (
    Callback,
    Noise,
    ancestral_split,
    expect_finite,
    sigma_pairs,
    tell,
)
from restore.inverse.operators import Operator

__all__ = ["dps"]


def dps(
    denoise: DenoiseVjp,
    operator: Operator,
    y: Array,
    sigma_y: float,
    sigmas: Iterable[float],
    noise: Noise,
    *,
    zeta: float = 1.0,
    eta: float = 1.0,
    x: Array | None = None,
    callback: Callback | None = None,
) -> Array:
    """DPS (Chung et al. 2023, alg. 1), written with σ.

    After each ancestral step x_t moves by −ζ ∇ ‖y − A D‖, a step whose length does not depend on
    how large the error is. In x_σ = x_t/√ᾱ that is (1 + σ²) times as far. σ_y does not enter.

    Args:
        denoise: The denoiser and its vector-Jacobian product.
        operator: A; it need not be linear.
        y: The measurement, (B, C, *operator.size_y) in [-1, 1].
        sigma_y: Not used by this method; the paper's step is the same for every noise.
        sigmas: Levels, from high to 0.
        noise: Draws noise like the result: noise(0) for the start, noise(i + 1) in step i.
        zeta: ζ, length of the gradient step; the paper takes 0.1 to 1.
        eta: η of the ancestral step.
        x: The state to start from at sigmas[0]; σ_0 · noise(0) if not given.
        callback: See `restore.diffusion.samplers`.
    """
    del sigma_y
    steps = sigma_pairs(sigmas)
    x = steps[0][0] * noise(0) if x is None else x
    xp = namespace(x)
    for i, (sigma, sigma_next) in enumerate(steps):
        denoised, vjp = denoise(x, sigma)
        tell(callback, i, len(steps), sigma, x, denoised)
        measured, operator_vjp = operator.vjp(denoised)
        error = y - measured
        norm = xp.sum(error**2, axis=(1, 2, 3), keepdims=True) ** 0.5
        pull = vjp(operator_vjp(error)) / xp.clip(norm, min=1e-12)
        expect_finite(pull, i, len(steps), sigma)
        down, up = ancestral_split(sigma, sigma_next, eta)
        x = denoised + (down / sigma) * (x - denoised)
        if up:
            x = x + up * noise(i + 1)
        x = x + zeta * ((1 + sigma**2) * (1 + sigma_next**2)) ** 0.5 * pull
    return x
