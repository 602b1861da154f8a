"""RePaint: what is known is noised and pasted in, and time goes back so that the rest can fit."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from restore.diffusion.arrays import Array, namespace
from restore.diffusion.samplers import Callback, Denoise, Noise, ancestral_split, sigma_pairs, tell
from restore.errors import ParameterError
from restore.inverse.operators import LinearOperator, Mask

__all__ = ["repaint"]


def repaint(
    denoise: Denoise,
    operator: LinearOperator,
    y: Array,
    sigma_y: float,
    sigmas: Iterable[float],
    noise: Noise,
    *,
    jump: int = 10,
    repeats: int = 10,
    x: Array | None = None,
    callback: Callback | None = None,
) -> Array:
    """RePaint (Lugmayr et al. 2022, alg. 1, with the jumps of section 4.2), for masks alone.

    Args:
        denoise: D(x, σ) = E[x_0 | x_σ = x].
        operator: The mask.
        y: The known pixels, (B, C, H, W) in [-1, 1].
        sigma_y: 0; the method is not defined for noisy pixels.
        sigmas: Levels, from high to 0.
        noise: Draws noise like the result: noise(0), noise(1), …
        jump: Length of a stretch of steps, j; each is walked `repeats` times, with noise added in
            between.
        repeats: r.
        x: The state to start from at sigmas[0]; σ_0 · noise(0) if not given.
        callback: See `restore.diffusion.samplers`; counts every step walked.

    Raises:
        ParameterError: The operator is no mask, y is noisy, or jump or repeats is less than 1.
    """
    if sigma_y:
        raise ParameterError(
            "RePaint takes known pixels as free of noise.",
            "Use DDNM⁺ or ΠGDM for noisy ones.",
        )
    if not isinstance(operator, Mask):
        raise ParameterError("RePaint fills holes and nothing else.", "Give it a mask.")
    if jump < 1 or repeats < 1:
        raise ParameterError(
            f"Jumps of {jump} steps, {repeats} times, are no schedule.", "Take 1 or more of both."
        )
    steps = sigma_pairs(sigmas)
    draw = (noise(k) for k in count())
    x = steps[0][0] * next(draw) if x is None else x
    xp = namespace(x)
    keep = xp.asarray(operator.keep != 0, device=x.device)
    stretches = [steps[i : i + jump] for i in range(0, len(steps), jump)]
    walked, total = 0, len(steps) * repeats
    for stretch in stretches:
        for again in range(repeats):
            if again:
                (high, _), (_, low) = stretch[0], stretch[-1]
                x = x + (high**2 - low**2) ** 0.5 * next(draw)
            for sigma, sigma_next in stretch:
                denoised = denoise(x, sigma)
                tell(callback, walked, total, sigma, x, denoised)
                walked += 1
                down, up = ancestral_split(sigma, sigma_next)
                x = denoised + (down / sigma) * (x - denoised)
                if up:
                    x = x + up * next(draw)
                known = y + sigma_next * next(draw) if sigma_next else y
                x = xp.where(keep, known, x)
    return x
