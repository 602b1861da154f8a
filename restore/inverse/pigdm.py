"""ΠGDM: guided by the pseudo-inverse, through the denoiser's Jacobian."""

from __future__ import annotations

from collections.abc import Iterable

from restore.diffusion.arrays import Array
from restore.diffusion.flow import DenoiseVjp
from restore.diffusion.preconditioning import SIGMA_DATA
from restore.diffusion.samplers import Callback, Noise, sample_ddim
from restore.inverse.operators import LinearOperator

__all__ = ["pigdm"]


def pigdm(
    denoise: DenoiseVjp,
    operator: LinearOperator,
    y: Array,
    sigma_y: float,
    sigmas: Iterable[float],
    noise: Noise,
    *,
    eta: float = 1.0,
    sigma_data: float = SIGMA_DATA,
    x: Array | None = None,
    callback: Callback | None = None,
) -> Array:
    """ΠGDM (Song, Vahdat, Mardani & Kautz 2023, eq. 7 and alg. 1), written with σ.

    x_0 given x_σ is taken to be N(D, r² I) with r² = σ² σ_d²/(σ² + σ_d²), which is the paper's
    σ²/(1 + σ²) for data of another width. Then ∇ log p(y | x_σ) is
    Jᵀ Aᵀ (r² A Aᵀ + σ_y²)⁻¹ (y − A D) with J = ∂D/∂x, and D is moved by σ² of it.

    Args:
        denoise: The denoiser and its vector-Jacobian product.
        operator: A.
        y: The measurement, (B, C, *operator.size_y) in [-1, 1].
        sigma_y: Standard deviation of its noise, [-1, 1] units.
        sigmas: Levels, from high to 0.
        noise: Draws noise like the result: noise(0) for the start, noise(i + 1) in step i.
        eta: η of DDIM.
        sigma_data: σ_d, standard deviation of the clean data.
        x: The state to start from at sigmas[0]; σ_0 · noise(0) if not given.
        callback: Receives the denoised picture with the guidance.
    """
    levels = [float(sigma) for sigma in sigmas]

    def guided(x: Array, sigma: float) -> Array:
        denoised, vjp = denoise(x, sigma)
        r2 = sigma**2 * sigma_data**2 / (sigma**2 + sigma_data**2)
        pull = operator.pinv(y - operator(denoised), ridge=sigma_y**2 / r2)
        return denoised + sigma**2 / r2 * vjp(pull)

    start = levels[0] * noise(0) if x is None else x
    return sample_ddim(guided, start, levels, eta=eta, noise=noise, callback=callback)
