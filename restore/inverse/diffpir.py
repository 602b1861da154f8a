"""DiffPIR: the prior proposes, the measurement corrects, by its proximal step."""

from __future__ import annotations

from collections.abc import Iterable

from restore.diffusion.arrays import Array
from restore.diffusion.samplers import Callback, Denoise, Noise, sigma_pairs, tell
from restore.inverse.operators import LinearOperator

__all__ = ["diffpir", "proximal"]


def proximal(operator: LinearOperator, x: Array, y: Array, rho: float) -> Array:
    """Return argmin_v ‖y − A v‖² + ρ ‖v − x‖², in closed form.

    It is x + Aᵀ (A Aᵀ + ρ I)⁻¹ (y − A x); ρ = 0 stands for its limit, the projection onto
    A v = y.
    """
    return x + operator.pinv(y - operator(x), ridge=rho)


def diffpir(
    denoise: Denoise,
    operator: LinearOperator,
    y: Array,
    sigma_y: float,
    sigmas: Iterable[float],
    noise: Noise,
    *,
    lam: float = 1.0,
    zeta: float = 1.0,
    x: Array | None = None,
    callback: Callback | None = None,
) -> Array:
    """DiffPIR (Zhu et al. 2023, alg. 1), written with σ.

    Args:
        denoise: D(x, σ) = E[x_0 | x_σ = x].
        operator: A.
        y: The measurement, (B, C, *operator.size_y) in [-1, 1].
        sigma_y: Standard deviation of its noise, [-1, 1] units.
        sigmas: Levels, from high to 0.
        noise: Draws noise like the result: noise(0) for the start, noise(i + 1) in step i.
        lam: λ, how much the prior counts against the measurement, ρ = λ σ_y²/σ²; with 1
            a Gaussian prior comes closest to the exact posterior mean.
        zeta: ζ, the share of the noise that is drawn anew in each step; 0 is deterministic.
        x: The state to start from at sigmas[0]; σ_0 · noise(0) if not given.
        callback: Receives the denoised picture after the proximal step.
    """
    steps = sigma_pairs(sigmas)
    x = steps[0][0] * noise(0) if x is None else x
    for i, (sigma, sigma_next) in enumerate(steps):
        x_0 = denoise(x, sigma)
        x_0 = proximal(operator, x_0, y, lam * (sigma_y / sigma) ** 2)
        tell(callback, i, len(steps), sigma, x, x_0)
        eps = (x - x_0) / sigma
        x = x_0 + sigma_next * (1 - zeta) ** 0.5 * eps
        if zeta and sigma_next:
            x = x + sigma_next * zeta**0.5 * noise(i + 1)
    return x
