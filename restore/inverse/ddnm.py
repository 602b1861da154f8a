"""DDNM: the measurement fixes the range of A, the prior fills its null space."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count

import numpy as np

from restore.diffusion.arrays import Array, as_like
from restore.diffusion.samplers import Callback, Denoise, Noise, ancestral_split, sigma_pairs, tell
from restore.inverse.guarantees import project
from restore.inverse.operators import LinearOperator
from restore.inverse.spectrum import spectrum

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
    steps, draw = sigma_pairs(sigmas), (noise(k) for k in count())
    walk = list(_walk(len(steps), len(steps), *travel))
    x = steps[0][0] * next(draw) if x is None else x
    for k, (i, back) in enumerate(walk):
        sigma, sigma_next = steps[i]
        if back is not None:
            x = x + (sigma**2 - steps[back][1] ** 2) ** 0.5 * next(draw)
        x_0 = project(operator, denoise(x, sigma), y)
        tell(callback, k, len(walk), sigma, x, x_0)
        down, up = ancestral_split(sigma, sigma_next)
        x = x_0 + (down / sigma) * (x - x_0)
        if up:
            x = x + up * next(draw)
    return x


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

    In the coordinates z = Vᵀ x of the operator's singular values s, the projection brings noise of
    σ_y/s into every value that is measured. As in the paper, this counts as part of the noise that
    the state has to carry, and less is drawn there. Unlike in the paper, which takes what is
    brought in one step as independent of the steps before, it is counted as what it is, one and
    the same n: a value of the state holds c n σ_y/s, and a step to σ_next projects as long as the
    total does not exceed σ_next. Once that is below σ_y/s, y has nothing to add to the value and
    the process goes on from the state alone, as in `denoise_gaussian`.

    The levels have to begin well above σ_y/s, or y is never looked at. Where one σ_y/s is that of
    all values (mask, mean over blocks), the lowest level above it is moved onto it, and there the
    state is all that y says. The arguments are those of `ddnm`.

    Raises:
        ParameterError: The operator's singular values are not known.
    """
    if not sigma_y:
        return ddnm(denoise, operator, y, sigmas, noise, travel=travel, x=x, callback=callback)
    space = spectrum(operator)
    seen = space.singular > 0
    loud = np.where(seen, sigma_y / np.where(seen, space.singular, 1.0), 0.0)  # σ_y/s
    least, most = loud[seen].min(initial=np.inf), loud.max()
    alone = least if most < 1.0001 * least else 0.0
    steps, draw = sigma_pairs(_through(alone, sigmas)), (noise(k) for k in count())
    walk = list(_walk(len(steps), sum(low >= least for _, low in steps), *travel))
    x = steps[0][0] * next(draw) if x is None else x
    y_bar, c = space.measured(y), 0 * loud
    for k, (i, back) in enumerate(walk):
        sigma, sigma_next = steps[i]
        if back is not None:
            x = x + (sigma**2 - steps[back][1] ** 2) ** 0.5 * next(draw)
        x_0 = denoise(x, sigma)

        # q(x_next | x_σ, x_0) = N(a x_0 + (1 − a) x_σ, σ_up²)
        down, _ = ancestral_split(sigma, sigma_next)
        a = 1 - down / sigma if sigma_next != alone else 1.0
        kept = (1 - a) ** 2 * (sigma**2 - (c * loud) ** 2)  # variance of earlier draws
        room = np.sqrt(np.maximum(0, sigma_next**2 - kept))
        scale = (room / np.where(seen, loud, 1) - (1 - a) * c) / a
        scale = np.where(seen & (sigma_next >= loud), np.clip(scale, 0, 1), 0)
        c = (1 - a) * c + a * scale
        drawn = np.sqrt(np.maximum(0, sigma_next**2 - kept - (c * loud) ** 2))

        if scale.any():
            z_0 = space.to(x_0)
            x_0 = x_0 + space.back(as_like(scale, z_0) * (y_bar - z_0))
        tell(callback, k, len(walk), sigma, x, x_0)
        x = a * x_0 + (1 - a) * x
        if sigma_next:
            z = space.to(next(draw))
            x = x + space.back(as_like(drawn, z) * z)
    return x


def _through(one: float, sigmas: Iterable[float]) -> list[float]:
    """Return the levels with the lowest one above σ = `one` > 0 moved onto it; the first stays."""
    levels = [float(sigma) for sigma in sigmas]
    above = sum(sigma >= one for sigma in levels)
    if one and above > 1:
        levels[above - 1] = one
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
