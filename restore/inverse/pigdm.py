"""ΠGDM: guided by the pseudo-inverse, through the denoiser's Jacobian."""

from __future__ import annotations

from collections.abc import Iterable

from restore.diffusion.arrays import Array
from restore.diffusion.flow import DenoiseVjp
from restore.diffusion.preconditioning import SIGMA_DATA
from restore.diffusion.samplers import Callback, Noise, ancestral_split, sigma_pairs, tell
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
    bayes: bool = False,
    x: Array | None = None,
    callback: Callback | None = None,
) -> Array:
    """ΠGDM (Song, Vahdat, Mardani & Kautz 2023, eq. 7 and alg. 1), written with σ.

    x_0 given x_σ is taken to be N(D, r² I) with r² = σ² σ_d²/(σ² + σ_d²), which is the paper's
    σ²/(1 + σ²) for data of another width. Then ∇ log p(y | x_σ) is r⁻² Jᵀ g with
    g = Aᵀ (A Aᵀ + σ_y²/r²)⁻¹ (y − A D) and J = ∂D/∂x, and Bayes' rule moves D by σ²/r² Jᵀ g. Where
    σ is high that multiplies a small Jacobian by a large number, and a network's errors with it.
    The paper's algorithm adds √ᾱ_t Jᵀ g to the state after each step instead, which is
    √(1 + σ_next²) Jᵀ g of x_σ_next, but far too much in short steps at low noise. Of both, the
    shorter way is taken, unless `bayes` asks for the first.

    Args:
        denoise: The denoiser and its vector-Jacobian product.
        operator: A.
        y: The measurement, (B, C, *operator.size_y) in [-1, 1].
        sigma_y: Standard deviation of its noise, [-1, 1] units.
        sigmas: Levels, from high to 0.
        noise: Draws noise like the result: noise(0) for the start, noise(i + 1) in step i.
        eta: η of DDIM.
        sigma_data: σ_d, standard deviation of the clean data.
        bayes: Guide as Bayes' rule says, however far: for priors whose Jacobian is exact.
        x: The state to start from at sigmas[0]; σ_0 · noise(0) if not given.
        callback: Receives the denoised picture with the guidance.
    """
    steps = sigma_pairs(sigmas)
    x = steps[0][0] * noise(0) if x is None else x
    for i, (sigma, sigma_next) in enumerate(steps):
        denoised, vjp = denoise(x, sigma)
        r2 = sigma**2 * sigma_data**2 / (sigma**2 + sigma_data**2)
        pull = vjp(operator.pinv(y - operator(denoised), ridge=sigma_y**2 / r2))
        down, up = ancestral_split(sigma, sigma_next, eta)
        moved = 1 - down / sigma  # the step's share of a move of D
        most = sigma**2 / r2 if bayes else (1 + sigma_next**2) ** 0.5 / moved
        guided = denoised + min(sigma**2 / r2, most) * pull
        tell(callback, i, len(steps), sigma, x, guided)
        x = guided + (down / sigma) * (x - guided)
        if up:
            x = x + up * noise(i + 1)
    return x
