"""DDRM: the reverse process in the operator's own coordinates, where every value is alone."""

from __future__ import annotations

from collections.abc import Iterable

from restore.diffusion.arrays import Array, as_like, namespace
from restore.diffusion.samplers import Callback, Denoise, Noise, sigma_pairs, tell
from restore.inverse.operators import LinearOperator
from restore.inverse.spectrum import spectrum

__all__ = ["ddrm"]


def ddrm(
    denoise: Denoise,
    operator: LinearOperator,
    y: Array,
    sigma_y: float,
    sigmas: Iterable[float],
    noise: Noise,
    *,
    eta: float = 0.85,
    eta_b: float = 1.0,
    x: Array | None = None,
    callback: Callback | None = None,
) -> Array:
    """DDRM (Kawar et al. 2022, eq. 7 and 8).

    A value z_i of Vᵀ x is measured as ȳ_i = z_i + (σ_y/s_i) n. While the state is noisier than
    that, ȳ_i replaces the denoised value and the noise that it brings is not drawn again; once the
    state is less noisy, ȳ_i only takes the place of the old noise.

    Args:
        denoise: D(x, σ) = E[x_0 | x_σ = x].
        operator: A; an identity, a mask, a blur or a reduction.
        y: The measurement, (B, C, *operator.size_y) in [-1, 1].
        sigma_y: Standard deviation of its noise, [-1, 1] units.
        sigmas: Levels, from high to 0; the first well above σ_y/s.
        noise: Draws noise like the result: noise(0) for the start, noise(i + 1) in step i.
        eta: η, the share of noise drawn anew where y is not used.
        eta_b: η_b, how far a denoised value is moved to ȳ.
        x: The state to start from at sigmas[0]; drawn around ȳ if not given.
        callback: See `restore.diffusion.samplers`.

    Raises:
        ParameterError: The operator's singular values are not known.
    """
    space = spectrum(operator)
    steps = sigma_pairs(sigmas)
    eps = noise(0)
    xp = namespace(eps)
    singular = as_like(space.singular, eps) + 0 * eps
    seen = singular > 0
    sigma_seen = xp.where(seen, sigma_y / xp.where(seen, singular, 1.0), xp.inf)
    y_bar = space.measured(y)
    top = steps[0][0]
    if x is None:
        usable = sigma_seen <= top
        spread = xp.where(usable, top**2 - xp.where(usable, sigma_seen, 0.0) ** 2, top**2) ** 0.5
        z = xp.where(usable, y_bar, 0 * y_bar) + spread * space.to(eps)
    else:
        z = space.to(x)
    for i, (sigma, sigma_next) in enumerate(steps):
        state = space.back(z)
        denoised = denoise(state, sigma)
        tell(callback, i, len(steps), sigma, state, denoised)
        z_0, fresh = space.to(denoised), space.to(noise(i + 1))
        kept = (1 - eta**2) ** 0.5 * sigma_next
        unseen = z_0 + kept * (z - z_0) / sigma + eta * sigma_next * fresh
        loud = xp.where(seen & (sigma_seen > 0), sigma_seen, 1.0)
        noisy = z_0 + kept * (y_bar - z_0) / loud + eta * sigma_next * fresh
        drawn = xp.clip(sigma_next**2 - (eta_b * xp.where(seen, sigma_seen, 0.0)) ** 2, min=0)
        clear = (1 - eta_b) * z_0 + eta_b * y_bar + drawn**0.5 * fresh
        z = xp.where(seen, xp.where(sigma_seen > sigma_next, noisy, clear), unseen)
    return space.back(z)
