"""A small inverse problem whose answer is known in closed form."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from restore.diffusion import GaussianPrior
from restore.inverse import Blur, Downscale, Identity, LinearOperator, Mask
from tests.diffusion.libraries import random

SIZE = (4, 6)
SHAPE = (1, *SIZE)
D = math.prod(SHAPE)


def smooth_prior() -> GaussianPrior:
    """Neighbours correlate, as in a photo; standard deviation 0.5 in [-1, 1] units."""
    rows, columns = np.divmod(np.arange(D), SIZE[1])
    distance = np.hypot(rows[:, None] - rows, columns[:, None] - columns)
    return GaussianPrior(0.2 * random(0, *SHAPE), 0.25 * np.exp(-distance / 3))


OPERATORS: dict[str, LinearOperator] = {
    "identity": Identity(SIZE),
    "mask": Mask(random(1, 1, 1, *SIZE) > 0),
    "area": Downscale(2, SIZE, kernel="area"),
    "bicubic": Downscale(2, SIZE),
    "blur": Blur(np.array([[0.1, 0.1, 0.1], [0.1, 0.3, 0.1], [0.1, 0.1, 0.0]]), SIZE),
}


@dataclass(frozen=True)
class Problem:
    """One measurement y of one picture, and the posterior of that picture."""

    operator: LinearOperator
    y: np.ndarray[Any, Any]
    sigma_y: float
    mean: np.ndarray[Any, Any]
    covariance: np.ndarray[Any, Any]

    @classmethod
    def of(cls, name: str, sigma_y: float) -> Problem:
        operator, prior = OPERATORS[name], smooth_prior()
        x_0 = prior.mean.ravel() + np.linalg.cholesky(prior.covariance) @ random(2, D)
        A = operator(np.eye(D).reshape(D, *SHAPE)).reshape(D, -1).T
        y = operator(x_0.reshape(1, *SHAPE))
        y = y + sigma_y * random(3, *y.shape)
        if isinstance(operator, Mask):
            y = operator(y)
        rows = np.abs(A).sum(1) > 0  # a mask's rows of zeros measure nothing
        return cls(operator, y, sigma_y, *prior.posterior(A[rows], y.ravel()[rows], sigma_y))

    def batch(self, n: int) -> np.ndarray[Any, Any]:
        """The measurement n times over."""
        return np.repeat(self.y, n, axis=0)
