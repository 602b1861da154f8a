"""DDNM: the measurement fixes the range of A, the prior fills its null space."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from restore.diffusion.arrays import Array, namespace
from restore.diffusion.samplers import Callback, Denoise, Noise, ancestral_split, sigma_pairs
from restore.inverse.guarantees import project
from restore.inverse.operators import LinearOperator

__all__ = ["ddnm", "ddnm_plus"]


def ddnm(
    denoise: Denoise,
    operator: LinearOperator,
    y: Array,
    sigmas: Iterable[float],
    noise: Noise,
    *,
    travel: tuple[int, int] = (1, 1),
    x: Array | None = None,
    callback: Callback | None = None,
) -> Array:
    """DDNM (Wang, Yu & Zhang 2023, alg. 1), for a measurement without noise, written with σ.

    Every estimate of x_0 is projected onto A x_0 = y before the ancestral step; A x̂ = y holds
    for the result.

    Args:
        denoise: D(x, σ) = E[x_0 | x_σ = x].
        operator: A.
        y: The measurement, (B, C, *operator.size_y) in [-1, 1].
        sigmas: Levels, from high to 0.
        noise: Draws noise like the result: noise(0) for the start, then noise(1), noise(2), …
        travel: (length, repeats): each stretch of that many steps is walked that often, with
            noise added in between (time travel, alg. 2); (1, 1) walks once.
        x: The state to start from at sigmas[0]; σ_0 · noise(0) if not given.
        callback: Receives the denoised picture after the projection; counts every step walked.
    """
    return ddnm_plus(
        denoise, operator, y, 0.0, sigmas, noise, travel=travel, x=x, callback=callback
    )


def ddnm_plus(
    denoise: Denoise,
    operator: LinearOperator,
    y: Array,
    sigma_y: float,
    sigmas: Iterable[float],
    noise: Noise,
    *,
    travel: tuple[int, int] = (1, 1),
    x: Array | None = None,
    callback: Callback | None = None,
) -> Array:
    """DDNM⁺ (Wang, Yu & Zhang 2023, section 3.3), for a measurement with noise of σ_y.

    The noise A⁺n that the projection brings into the range of A is counted as part of what the
    ancestral step adds there. Once it is more than that, the projection is scaled down by
    Σ_t = λ_t I (eq. 18). A⁺n is taken to be white with standard deviation g σ_y; this is so
    where A Aᵀ is a multiple of the identity (mask, mean over areas) and an approximation
    elsewhere. The arguments are those of `ddnm`.
    """
    steps = sigma_pairs(sigmas)
    walk = list(_walk(len(steps), *travel))
    draw = (noise(k) for k in range(len(walk) * 2 + 1))
    start = next(draw)
    gain = _noise_gain(operator, start) if sigma_y else 0.0
    x = steps[0][0] * start if x is None else x
    for k, (i, back) in enumerate(walk):
        sigma, sigma_next = steps[i]
        if back is not None:
            x = x + (sigma**2 - steps[back][1] ** 2) ** 0.5 * next(draw)
        x_0 = denoise(x, sigma)
        down, up = ancestral_split(sigma, sigma_next)
        a = 1 - down / sigma  # what x_0 weighs in the mean of q(x_next | x_σ, x_0)
        brought = a * gain * sigma_y
        scale = min(1.0, up / brought) if brought else 1.0
        x_0 = x_0 + scale * (project(operator, x_0, y) - x_0)
        if callback:
            callback(k, len(walk), sigma, x, x_0)
        x = x_0 + (down / sigma) * (x - x_0)
        if up:
            eps = next(draw)
            x = x + up * eps
            if brought:
                rest = max(0.0, up**2 - (scale * brought) ** 2) ** 0.5
                x = x + (rest - up) * operator.pinv(operator(eps))
    return x


def _walk(n: int, length: int, repeats: int) -> Iterator[tuple[int, int | None]]:
    """Yield each step to take and, after a jump back in time, the step whose end it left."""
    for first in range(0, n, length):
        last = min(first + length, n) - 1
        for r in range(repeats):
            for i in range(first, last + 1):
                yield i, (last if r and i == first else None)


def _noise_gain(operator: LinearOperator, eps: Array) -> float:
    """Return g, the standard deviation of A⁺n in the range of Aᵀ for white n of σ = 1.

    Measured as ‖A⁺A ε‖/‖A ε‖, which is exact if A Aᵀ is a multiple of a projection.
    """
    xp = namespace(eps)
    seen = operator(eps)
    return float(xp.sqrt(xp.sum(operator.pinv(seen) ** 2) / xp.sum(seen**2)))
