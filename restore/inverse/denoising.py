"""Gaussian denoising is exact in a diffusion model: y is a state of the process.

y = x_0 + σ_y n is x_σ at σ = σ_y. The reverse process that starts there, from y itself, ends in a
draw from p(x_0 | y).
"""

from __future__ import annotations

from restore.diffusion.arrays import Array
from restore.diffusion.samplers import Callback, Denoise, Noise, sample_ddim
from restore.diffusion.schedule import SIGMA_MIN, karras
from restore.errors import ParameterError

__all__ = ["denoise_gaussian"]


def denoise_gaussian(
    denoise: Denoise,
    y: Array,
    sigma_y: float,
    *,
    steps: int = 1,
    noise: Noise | None = None,
    callback: Callback | None = None,
) -> Array:
    """Walk the reverse process from y at σ_y down to 0 (ancestral sampling).

    One step is the posterior mean E[x_0 | y], the estimate of least squared error. More steps
    approach a draw from the posterior p(x_0 | y): grain and texture as the prior has them, at a
    squared error of up to twice the mean's.

    Args:
        denoise: D(x, σ) = E[x_0 | x_σ = x].
        y: Noisy pictures, (B, C, H, W) in [-1, 1].
        sigma_y: Standard deviation of their noise, [-1, 1] units; with 0, y is returned.
        steps: How many times the denoiser is called.
        noise: Draws what each step adds; needed for more than one step.
        callback: See `restore.diffusion.samplers`.

    Raises:
        ParameterError: If sigma_y is negative or not finite, steps is less than 1, or there is no
            noise for more than one step.
    """
    if not 0 <= sigma_y < float("inf"):
        raise ParameterError(f"noise of standard deviation {sigma_y}", "Give a σ of 0 or more.")
    if sigma_y == 0:
        return y
    sigmas = karras(steps, min(SIGMA_MIN, sigma_y / 10), sigma_y)
    eta = 1.0 if steps > 1 else 0.0
    return sample_ddim(denoise, y, sigmas, eta=eta, noise=noise, callback=callback)
