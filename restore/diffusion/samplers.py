"""Reverse processes: from x_σ down a schedule to a picture.

Each sampler takes a denoiser D(x, σ) = E[x_0 | x_σ = x], a state x = x_0 + σ_0 n and the levels
σ_0 > σ_1 > … > σ_n, and returns the state at σ_n, which is 0 in every schedule of
`restore.diffusion.schedule`. A state keeps its library, dtype and device throughout.

Randomness comes from `noise`, a function k → standard normal noise like x; a process that draws
its own start takes it from noise(0), step i of any process draws noise(i + 1). The callback
receives (i, n, σ_i, x, D(x, σ_i)) in every step; what it raises ends the process.

Levels that do not fall are refused (`ParameterError`), and so are values that are not finite: at
the step that they appear in, with its number (`ResultError`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import TypeAlias

from restore.diffusion.arrays import Array, namespace
from restore.errors import ParameterError, ResultError

__all__ = [
    "Callback",
    "Denoise",
    "Noise",
    "ancestral_split",
    "expect_finite",
    "sample_ddim",
    "sample_dpmpp_2m",
    "sample_edm",
    "sample_euler_ancestral",
    "sample_heun",
    "sigma_pairs",
    "tell",
]

Denoise: TypeAlias = Callable[[Array, float], Array]
Noise: TypeAlias = Callable[[int], Array]
Callback: TypeAlias = Callable[[int, int, float, Array, Array], object]


def sigma_pairs(sigmas: Iterable[float]) -> list[tuple[float, float]]:
    """Return (σ_i, σ_{i+1}) as Python floats, which leave an array's dtype alone.

    Raises:
        ParameterError: There is no step, or the levels are not finite numbers ≥ 0 that fall.
    """
    steps = list(pairwise(float(sigma) for sigma in sigmas))
    if not steps:
        raise ParameterError("A schedule of 0 steps goes nowhere.", "Ask for at least one step.")
    for i, (sigma, sigma_next) in enumerate(steps):
        if not math.inf > sigma > sigma_next >= 0:
            raise ParameterError(
                f"The noise level does not fall in step {i + 1}: from σ = {sigma} to {sigma_next}.",
                "Give levels that fall strictly, such as `karras(20)`.",
            )
    return steps


def expect_finite(values: Array, i: int, n: int, sigma: float) -> None:
    """Refuse what is not finite in step i of n; one sum over the values.

    Raises:
        ResultError: With the number of the step, counted from 1.
    """
    if not math.isfinite(float(namespace(values).sum(values))):
        raise ResultError(
            f"Step {i + 1} of {n}, at σ = {sigma:.4g}, gave values that are not finite.",
            "Look for them in what was measured and in the model, or guide less.",
        )


def tell(
    callback: Callback | None, i: int, n: int, sigma: float, x: Array, denoised: Array
) -> None:
    """Do what every step does once it has its estimate: refuse what is not finite, tell the rest.

    Raises:
        ResultError: See `expect_finite`.
    """
    expect_finite(denoised, i, n, sigma)
    if callback:
        callback(i, n, sigma, x, denoised)


def ancestral_split(sigma: float, sigma_next: float, eta: float = 1.0) -> tuple[float, float]:
    """Split σ_next into noise that is kept and noise that is drawn anew.

    Returns:
        (σ_down, σ_up) with σ_down² + σ_up² = σ_next² and σ_up² = η² σ_next² (σ² − σ_next²)/σ²;
        σ_up is DDIM's σ_t(η) (Song et al. 2021, eq. 16) over √ᾱ, and with η = 1 the standard
        deviation of q(x_next | x_σ, x_0).
    """
    up = eta * sigma_next * math.sqrt(max(0.0, 1 - (sigma_next / sigma) ** 2))
    return math.sqrt(max(0.0, sigma_next**2 - up**2)), up


def _expect_eta(eta: float, most: float, noise: Noise | None) -> None:
    if not (0 <= eta <= most and eta < math.inf):
        reach = f"0 to {most:g}" if most < math.inf else "a finite number of 0 or more"
        raise ParameterError(f"A sampler with η = {eta} is not defined.", f"Take {reach}.")
    if eta and noise is None:
        raise ParameterError(
            f"A sampler with η = {eta} needs noise to draw.", "Give `noise`, or take η = 0."
        )


def sample_ddim(
    denoise: Denoise,
    x: Array,
    sigmas: Iterable[float],
    *,
    eta: float = 0.0,
    noise: Noise | None = None,
    callback: Callback | None = None,
) -> Array:
    """DDIM (Song, Meng & Ermon 2021, eq. 12), written with σ.

    η = 0 is Euler's method on the probability-flow ODE; η = 1 is ancestral sampling, the reverse
    process of Ho et al. 2020.

    Raises:
        ParameterError: η is not in [0, 1], or is not 0 and there is no noise to draw.
    """
    _expect_eta(eta, 1.0, noise)
    steps = sigma_pairs(sigmas)
    for i, (sigma, sigma_next) in enumerate(steps):
        denoised = denoise(x, sigma)
        tell(callback, i, len(steps), sigma, x, denoised)
        down, up = ancestral_split(sigma, sigma_next, eta)
        x = denoised + (down / sigma) * (x - denoised)
        if up and noise:
            x = x + up * noise(i + 1)
    return x


def sample_euler_ancestral(
    denoise: Denoise,
    x: Array,
    sigmas: Iterable[float],
    *,
    eta: float = 1.0,
    noise: Noise,
    callback: Callback | None = None,
) -> Array:
    """Euler's method down to σ_down, then noise up to σ_next (k-diffusion's "Euler ancestral").

    x + (σ_down − σ)(x − D)/σ is D + (σ_down/σ)(x − D): the same steps as `sample_ddim`'s.
    """
    return sample_ddim(denoise, x, sigmas, eta=eta, noise=noise, callback=callback)


def sample_heun(
    denoise: Denoise, x: Array, sigmas: Iterable[float], *, callback: Callback | None = None
) -> Array:
    """EDM's deterministic sampler: Heun's second-order method (Karras et al. 2022, alg. 1)."""
    steps = sigma_pairs(sigmas)
    for i, (sigma, sigma_next) in enumerate(steps):
        denoised = denoise(x, sigma)
        tell(callback, i, len(steps), sigma, x, denoised)
        x = _heun_step(denoise, x, denoised, sigma, sigma_next)
        expect_finite(x, i, len(steps), sigma)
    return x


def _heun_step(
    denoise: Denoise, x: Array, denoised: Array, sigma: float, sigma_next: float
) -> Array:
    """Lines 4 to 9 of EDM's alg. 1: a step of Euler, corrected by the trapezoidal rule."""
    d = (x - denoised) / sigma
    euler = x + (sigma_next - sigma) * d
    if sigma_next == 0:
        return denoised
    d_next = (euler - denoise(euler, sigma_next)) / sigma_next
    return x + (sigma_next - sigma) * (d + d_next) / 2


def sample_edm(
    denoise: Denoise,
    x: Array,
    sigmas: Iterable[float],
    *,
    noise: Noise,
    s_churn: float = 40.0,
    s_min: float = 0.05,
    s_max: float = 50.0,
    s_noise: float = 1.0,
    callback: Callback | None = None,
) -> Array:
    """EDM's stochastic sampler (Karras et al. 2022, alg. 2).

    Before each step noise is added, so that Heun's method starts from σ̂ = σ + γσ.

    Args:
        denoise: D(x, σ).
        x: State at sigmas[0].
        sigmas: Levels, from high to low.
        noise: Draws ε_i.
        s_churn: How much noise is added over all steps together; 0 is `sample_heun`.
        s_min: Noise is only added at levels from s_min …
        s_max: … to s_max.
        s_noise: Standard deviation of what is drawn; EDM uses up to 1.007 with a network.
        callback: See the module.

    Raises:
        ParameterError: s_churn or s_noise is negative or not finite.
    """
    if not (0 <= s_churn < math.inf and 0 <= s_noise < math.inf):
        raise ParameterError(
            f"Noise cannot be added with s_churn = {s_churn} and s_noise = {s_noise}.",
            "Take finite numbers of 0 or more.",
        )
    steps = sigma_pairs(sigmas)
    for i, (sigma, sigma_next) in enumerate(steps):
        gamma = min(s_churn / len(steps), math.sqrt(2) - 1) if s_min <= sigma <= s_max else 0.0
        sigma_hat = sigma + gamma * sigma
        if gamma:
            x = x + math.sqrt(sigma_hat**2 - sigma**2) * s_noise * noise(i + 1)
        denoised = denoise(x, sigma_hat)
        tell(callback, i, len(steps), sigma_hat, x, denoised)
        x = _heun_step(denoise, x, denoised, sigma_hat, sigma_next)
        expect_finite(x, i, len(steps), sigma_hat)
    return x


def sample_dpmpp_2m(
    denoise: Denoise,
    x: Array,
    sigmas: Iterable[float],
    *,
    eta: float = 0.0,
    noise: Noise | None = None,
    callback: Callback | None = None,
) -> Array:
    """DPM-Solver++(2M): second order at one call a step (Lu et al. 2022, alg. 2).

    With x_σ = x_t/√ᾱ the half log-SNR is λ = −ln σ, and ᾱ drops out of the paper's update. η > 0
    draws noise on the way; η = 1 is SDE-DPM-Solver++(2M) (section 5), the ancestral process of
    `sample_ddim` with an error of second order instead of first.

    Raises:
        ParameterError: η is negative or not finite, or is not 0 and there is no noise to draw.
    """
    _expect_eta(eta, math.inf, noise)
    steps = sigma_pairs(sigmas)
    previous, h_previous = None, 0.0
    for i, (sigma, sigma_next) in enumerate(steps):
        denoised = denoise(x, sigma)
        tell(callback, i, len(steps), sigma, x, denoised)
        if sigma_next == 0:
            return denoised
        h = math.log(sigma / sigma_next)
        extrapolated = denoised
        if previous is not None:
            extrapolated = denoised + (h / (2 * h_previous)) * (denoised - previous)
        left = -math.expm1(-(1 + eta) * h)
        x = (1 - left) * x + left * extrapolated
        if eta and noise:
            x = x + sigma_next * math.sqrt(-math.expm1(-2 * eta * h)) * noise(i + 1)
        previous, h_previous = denoised, h
    return x
