"""What conditioned reverse processes must beat: plain methods, and the network told outright."""

from __future__ import annotations

import numpy as np

from restore.diffusion import Denoiser, Observation, noise_like
from restore.diffusion.preconditioning import SIGMA_DATA
from restore.evaluation.problems import Problem
from restore.inverse import (
    Blur,
    Composition,
    Downscale,
    Identity,
    Mask,
    denoise_gaussian,
    enlarge,
    project,
)
from restore.photo import Pixels
from restore.tasks.fill import smooth_fill
from restore.tasks.filling import error_of_filling
from restore.tasks.posterior import Posterior

__all__ = ["network", "network_knows", "plain"]


def plain(problem: Problem) -> tuple[str, Pixels]:
    """Return what can be had without a model, (B, 3, H, W) in [-1, 1], and its name."""
    operator, y = problem.operator, problem.y
    if isinstance(operator, Identity):
        return "input", y
    if isinstance(operator, Mask):
        return "spline", _filled(problem)
    if isinstance(operator, Blur):
        return "Wiener", operator.pinv(y, ridge=(problem.sigma_y / SIGMA_DATA) ** 2)
    if isinstance(operator, Downscale | Composition):
        return "bicubic", enlarge(y, _factor(problem))
    return "gray", np.broadcast_to(y, problem.x.shape)


def network_knows(problem: Problem) -> bool:
    """Whether the network can be told of this measurement; of a blur it cannot."""
    return isinstance(problem.operator, Identity | Mask | Downscale | Composition)


def network(problem: Problem, prior: Denoiser, calls: int, seed: int) -> Pixels:
    """Return what the network makes of y, told of the degradation in its own way.

    One call is the mean, more are a sample, as in the actions. What y fixes is then set: known
    pixels, or the reduction.

    Args:
        problem: One that it can be told of.
        prior: The network.
        calls: How often it is called.
        seed: Of the noise.
    """
    operator, y = problem.operator, problem.y
    if isinstance(operator, Identity):
        noise = noise_like(y, seed)
        x = denoise_gaussian(prior, y, problem.sigma_y, steps=calls, noise=noise)
        return np.asarray(x)
    hole = problem.hole
    if hole is not None:
        error = error_of_filling(hole, calls)[None, None]
        x = Posterior(prior, Observation(_filled(problem), error)).estimate(calls, seed)
        return np.asarray(np.where(hole, x, y))
    factor = _factor(problem)
    view = Observation(enlarge(y, factor), problem.sigma_y, scale=factor)
    x = Posterior(prior, view).estimate(calls, seed)
    return np.asarray(project(operator, x, y) if isinstance(operator, Downscale) else x)


def _factor(problem: Problem) -> float:
    return problem.operator.size_x[0] / problem.operator.size_y[0]


def _filled(problem: Problem) -> Pixels:
    """Return y with its hole filled smoothly, all pictures at once as channels of one."""
    batch, channels, height, width = problem.y.shape
    planes = problem.y.reshape(batch * channels, height, width).transpose(1, 2, 0)
    assert problem.hole is not None
    filled = smooth_fill(planes, problem.hole).transpose(2, 0, 1)
    return np.asarray(filled.reshape(problem.y.shape))
