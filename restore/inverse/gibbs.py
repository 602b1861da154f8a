"""Split Gibbs sampling: as exact as one has patience for, to hold the others against."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from restore.diffusion.arrays import Array
from restore.diffusion.samplers import Callback, Denoise, Noise, sample_dpmpp_2m, tell
from restore.diffusion.schedule import SIGMA_MIN, karras
from restore.inverse.operators import LinearOperator

__all__ = ["split_gibbs"]


def split_gibbs(
    denoise: Denoise,
    operator: LinearOperator,
    y: Array,
    sigma_y: float,
    rhos: Iterable[float],
    noise: Noise,
    *,
    inner: int = 20,
    x: Array | None = None,
    callback: Callback | None = None,
) -> Array:
    """Alternate between the measurement and the prior (Vono et al. 2019; Xu & Chi 2024, alg. 1).

    z copies x up to noise of ρ. Given x and y, z is Gaussian and is drawn exactly; given z, x is
    what a picture is whose noisy state at σ = ρ is z, and is drawn by the reverse process from
    there. The chain at one ρ ends in the posterior of y = A x + √(σ_y² + ρ² A Aᵀ) n, which is the
    true one as ρ → 0.

    Args:
        denoise: D(x, σ) = E[x_0 | x_σ = x].
        operator: A.
        y: The measurement, (B, C, *operator.size_y) in [-1, 1].
        sigma_y: Standard deviation of its noise, [-1, 1] units.
        rhos: ρ of each round, in general from high to low.
        noise: Draws noise like the result: noise(0), noise(1), …
        inner: Steps of each reverse process; its error falls with their number.
        x: The picture to start from; ρ_0 · noise(0) if not given.
        callback: See `restore.diffusion.samplers`; counts the steps of all rounds, and σ goes up
            again at the start of each.
    """
    levels = [float(rho) for rho in rhos]
    draw, done = (noise(k) for k in count()), count()

    def told(state: Array, sigma: float) -> Array:
        denoised = denoise(state, sigma)
        tell(callback, next(done), len(levels) * inner, sigma, state, denoised)
        return denoised

    x = levels[0] * next(draw) if x is None else x
    _, channels, height, width = operator.shape_y(x.shape)
    for rho in levels:
        # Matheron's rule: a draw from the prior of z, corrected by what it measures wrongly.
        z = x + rho * next(draw)
        simulated = operator(z) + sigma_y * next(draw)[:, :channels, :height, :width]
        z = z + operator.pinv(y - simulated, ridge=(sigma_y / rho) ** 2)
        start = min(SIGMA_MIN, rho / 10)
        x = sample_dpmpp_2m(told, z, karras(inner, start, rho), eta=1.0, noise=_counted(draw))
    return x


def _counted(draw: Iterable[Array]) -> Noise:
    """Return a noise that takes the next draw, whichever step asks."""
    steps = iter(draw)
    return lambda step: next(steps)
