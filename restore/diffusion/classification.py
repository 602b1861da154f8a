"""The diffusion classifier: of which class a picture is, by how well each class explains it.

−log p(x_0 | c) is bounded for every class c with the same noise; by Bayes' rule with equal priors
p(c | x_0) ∝ exp(−bound_c) (Li et al. 2023, eq. 5 and 6, alg. 1). The errors that do not depend on
the class are shared, so that few draws tell classes apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from restore.diffusion.arrays import Array
from restore.diffusion.bound import LEVELS, variational_bound
from restore.diffusion.discrete import DiscreteProcess
from restore.diffusion.reverse import Reverse
from restore.diffusion.samplers import Noise

__all__ = ["class_bounds", "class_posterior"]


def class_bounds(
    process: DiscreteProcess,
    reverses: Sequence[Reverse],
    x_0: Array,
    noise: Noise,
    levels: int = LEVELS,
) -> np.ndarray[Any, Any]:
    """Return the bound on −log p(x_0 | c) for every class, (classes, B) nats.

    Args:
        process: The forward process; few steps will do.
        reverses: The model of each class.
        x_0: Pictures of 256 levels, (B, C, H, W) in [-1, 1].
        noise: Draws ε like x_0, the same for all classes; noise(t) goes into x_t.
        levels: How many levels, if not 256.
    """
    bounds = (variational_bound(process, reverse, x_0, noise, levels) for reverse in reverses)
    return np.stack([bound.nats for bound in bounds])


def class_posterior(bounds: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return p(c | x_0) ∝ exp(−bound_c), (classes, B), where all classes are as frequent."""
    weights = np.exp(bounds.min(axis=0) - bounds)
    return np.asarray(weights / weights.sum(axis=0))
