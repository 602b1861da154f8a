"""The probability flow: a picture and its noise are two ends of one deterministic path.

dx = −σ̇ σ ∇ log p_σ(x) dt carries p_σ to p_σ' (Song et al. 2021, "Score-based generative modeling";
with σ as time dx/dσ = (x − D(x, σ))/σ, Karras et al. 2022, eq. 1 and 3). Walked up it encodes a
picture, walked down it decodes it, and the change of variables along it is the likelihood.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TypeAlias

from restore.diffusion.arrays import Array, namespace
from restore.diffusion.denoiser import VectorJacobian
from restore.diffusion.samplers import Denoise, Noise, sigma_pairs

__all__ = ["DenoiseVjp", "encode", "log_likelihood"]

DenoiseVjp: TypeAlias = Callable[[Array, float], tuple[Array, VectorJacobian]]
"""(x, σ) → D(x, σ), and v → vᵀ ∂D/∂x."""


def encode(denoise: Denoise, x: Array, sigmas: Iterable[float]) -> Array:
    """Walk the probability flow upward by Heun's method: the inverse of `sample_heun`.

    Args:
        denoise: D(x, σ) = E[x_0 | x_σ = x].
        x: State at sigmas[-1] > 0, (B, C, H, W).
        sigmas: Levels from high to low, as for sampling, the last of them positive.

    Returns:
        The state at sigmas[0], which is about N(0, σ_0²) if that is large.
    """
    for low, high in reversed([(low, high) for high, low in sigma_pairs(sigmas)]):
        d = (x - denoise(x, low)) / low
        ahead = x + (high - low) * d
        d_ahead = (ahead - denoise(ahead, high)) / high
        x = x + (high - low) * (d + d_ahead) / 2
    return x


def log_likelihood(
    denoise: DenoiseVjp, x: Array, sigmas: Iterable[float], noise: Noise, *, probes: int = 1
) -> Array:
    """Return log p_σ(x) at σ = sigmas[-1] > 0, (B,) nats, by the change of variables.

    log p_σ(x) = log N(x_end; 0, σ_0²) + ∫ div((x − D(x, σ))/σ) dσ along the path (Song et al. 2021,
    eq. 39), its divergence estimated with random signs (Hutchinson 1989; Grathwohl et al. 2019)
    that stay the same along the path, and integrated over ln σ by the trapezoidal rule.

    Args:
        denoise: The denoiser and its vector-Jacobian product.
        x: State at sigmas[-1], (B, C, H, W).
        sigmas: Levels from high to low; the first large against the pictures' spread.
        noise: noise(k) gives the signs of the k-th probe.
        probes: How many probes are averaged; the estimate is unbiased with any number.
    """
    xp = namespace(x)
    signs = [xp.where(noise(k) < 0, -xp.ones_like(x), xp.ones_like(x)) for k in range(probes)]

    def slope(state: Array, sigma: float) -> tuple[Array, Array]:
        """Return dx/dσ, and its divergence times σ."""
        denoised, vjp = denoise(state, sigma)
        traces = [xp.sum(v * vjp(v), axis=(1, 2, 3)) for v in signs]
        trace = sum(traces[1:], start=traces[0]) / probes
        return (state - denoised) / sigma, math.prod(x.shape[1:]) - trace

    levels = [float(sigma) for sigma in sigmas]
    total = 0 * xp.sum(x, axis=(1, 2, 3))
    for high, low in reversed(sigma_pairs(levels)):
        d, divergence = slope(x, low)
        ahead = x + (high - low) * d
        d_ahead, divergence_ahead = slope(ahead, high)
        x = x + (high - low) * (d + d_ahead) / 2
        total = total + math.log(high / low) * (divergence + divergence_ahead) / 2
    n, top = math.prod(x.shape[1:]), levels[0]
    last = -0.5 * xp.sum(x**2, axis=(1, 2, 3)) / top**2 - n * math.log(top * math.sqrt(2 * math.pi))
    return last + total
