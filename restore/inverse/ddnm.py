"""DDNM: the measurement fixes the range of A, the prior fills its null space."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count

from restore.diffusion.arrays import Array, namespace
from restore.diffusion.samplers import Callback, Denoise, Noise, ancestral_split, sigma_pairs, tell
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
            noise added in between (time travel, section 3.3); (1, 1) walks once.
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

    The projection brings A⁺n into the range of A. As in the paper, this counts as part of the
    noise that the state has to carry, and less is drawn there. Unlike in the paper,
    which takes what is brought in one step as independent of the steps before, it is counted as
    what it is, one and the same n: the state holds c A⁺n, and a step to σ_next projects as
    long as the total does not exceed σ_next. Once that is below A⁺n, y has nothing to add and
    the process goes on from the state alone, as in `denoise_gaussian`.

    A⁺n is taken to be white with standard deviation g σ_y in the range of A; this is so where
    A Aᵀ is a multiple of a projection (mask, mean over blocks) and an approximation elsewhere.
    The levels have to begin well above g σ_y, or y is never looked at; the lowest one above it is
    moved onto it, where the state is all that y says. The arguments are those of `ddnm`.
    """
    draw = (noise(k) for k in count())
    eps = next(draw)
    sigma_n = sigma_y * _noise_gain(operator, eps) if sigma_y else 0.0
    steps = sigma_pairs(_through(sigma_n, sigmas))
    walk = list(_walk(len(steps), sum(low >= sigma_n for _, low in steps), *travel))
    x = steps[0][0] * eps if x is None else x
    c = 0.0
    for k, (i, back) in enumerate(walk):
        sigma, sigma_next = steps[i]
        if back is not None:
            x = x + (sigma**2 - steps[back][1] ** 2) ** 0.5 * next(draw)
        x_0 = denoise(x, sigma)

        # q(x_next | x_σ, x_0) = N(a x_0 + (1 − a) x_σ, σ_up²)
        down, up = ancestral_split(sigma, sigma_next)
        if sigma_next == sigma_n:
            down, up = 0.0, sigma_next  # all that the state holds of A x_0 is y
        a = 1 - down / sigma
        kept = (1 - a) ** 2 * (sigma**2 - (c * sigma_n) ** 2)  # variance of earlier draws
        scale = 1.0
        if sigma_n:
            most = max(0.0, sigma_next**2 - kept) ** 0.5 / sigma_n
            scale = min(1.0, (most - (1 - a) * c) / a) if sigma_next >= sigma_n else 0.0
        c = (1 - a) * c + a * scale
        drawn = max(0.0, sigma_next**2 - kept - (c * sigma_n) ** 2) ** 0.5

        x_0 = x_0 + scale * (project(operator, x_0, y) - x_0) if scale else x_0
        tell(callback, k, len(walk), sigma, x, x_0)
        x = a * x_0 + (1 - a) * x
        if sigma_next:
            eps = next(draw)
            x = x + up * eps
            if sigma_n and drawn < up:
                x = x + (drawn - up) * operator.pinv(operator(eps))
    return x


def _through(sigma_n: float, sigmas: Iterable[float]) -> list[float]:
    """Return the levels with the lowest one above σ_n moved onto it; the first stays."""
    levels = [float(sigma) for sigma in sigmas]
    above = sum(sigma >= sigma_n for sigma in levels)
    if sigma_n and above > 1:
        levels[above - 1] = sigma_n
    return levels


def _walk(n: int, above: int, length: int, repeats: int) -> Iterator[tuple[int, int | None]]:
    """Yield each step to take and, after a jump back in time, the step whose end it left.

    Only the first `above` steps, which look at y, are repeated.
    """
    for first in range(0, above, length):
        last = min(first + length, above) - 1
        for r in range(repeats):
            for i in range(first, last + 1):
                yield i, (last if r and i == first else None)
    yield from ((i, None) for i in range(above, n))


def _noise_gain(operator: LinearOperator, eps: Array) -> float:
    """Return g, the standard deviation of A⁺n in the range of Aᵀ for white n of σ = 1.

    Measured as ‖A⁺A ε‖/‖A ε‖, which is exact if A Aᵀ is a multiple of a projection.
    """
    xp = namespace(eps)
    seen = operator(eps)
    power = float(xp.sum(seen**2))
    return (float(xp.sum(operator.pinv(seen) ** 2)) / power) ** 0.5 if power else 0.0
