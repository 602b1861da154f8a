"""Small inverse problems whose answers are known in closed form, and how far a method is off."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from restore.diffusion import GaussianMixturePrior, GaussianPrior
from restore.inverse import Blur, Downscale, Identity, LinearOperator, Mask, solve
from tests.diffusion.libraries import random

SIZE = (4, 6)
SHAPE = (1, *SIZE)
D = math.prod(SHAPE)


def smooth_prior() -> GaussianPrior:
    """Neighbours correlate, as in a photo; standard deviation 0.5 in [-1, 1] units."""
    rows, columns = np.divmod(np.arange(D), SIZE[1])
    distance = np.hypot(rows[:, None] - rows, columns[:, None] - columns)
    return GaussianPrior(0.2 * random(0, *SHAPE), 0.25 * np.exp(-distance / 3))


def two_textures() -> GaussianMixturePrior:
    """Checks of either sign, which what is measured tells apart well, badly or not at all."""
    rows, columns = np.divmod(np.arange(D), SIZE[1])
    distance = np.hypot(rows[:, None] - rows, columns[:, None] - columns)
    checks = 0.4 * (-1.0) ** (rows + columns).reshape(SHAPE)
    textures = (GaussianPrior(sign * checks, 0.09 * np.exp(-distance / 3)) for sign in (-1, 1))
    return GaussianMixturePrior(np.array([0.3, 0.7]), tuple(textures))


PRIORS = {"gaussian": smooth_prior, "mixture": two_textures}

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
    prior: GaussianPrior | GaussianMixturePrior

    @classmethod
    def of(cls, name: str, sigma_y: float, prior: str = "gaussian") -> Problem:
        operator, model = OPERATORS[name], PRIORS[prior]()
        if isinstance(model, GaussianPrior):
            x_0 = model.mean.ravel() + np.linalg.cholesky(model.covariance) @ random(2, D)
        else:
            x_0 = model.sample(1, seed=2)
        y = observed(operator, x_0.reshape(1, *SHAPE), sigma_y)
        A = matrix(operator)
        posterior = model.posterior(A, y[seen(operator, y)], sigma_y)
        if isinstance(posterior, GaussianMixturePrior):
            posterior = posterior.moments
        return cls(operator, y, sigma_y, *posterior, model)

    def batch(self, n: int) -> np.ndarray[Any, Any]:
        """The measurement n times over."""
        return np.repeat(self.y, n, axis=0)


def matrix(operator: LinearOperator) -> np.ndarray[Any, Any]:
    """A without the rows of zeros, which measure nothing."""
    A = operator(np.eye(D).reshape(D, *SHAPE)).reshape(D, -1).T
    return A[np.abs(A).sum(1) > 0]


def seen(operator: LinearOperator, y: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Which values of y measure anything, shaped like y."""
    keep = operator.keep != 0 if isinstance(operator, Mask) else True
    return np.broadcast_to(keep, y.shape)


def observed(
    operator: LinearOperator, x_0: np.ndarray[Any, Any], sigma_y: float
) -> np.ndarray[Any, Any]:
    """y = A x_0 + n, with 0 where a mask knows nothing."""
    y = operator(x_0)
    return np.where(seen(operator, y), y + sigma_y * random(3, *y.shape), 0.0)


def rms(error: Any) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(np.asarray(error) ** 2)))


@dataclass(frozen=True)
class Off:
    """How far draws are off.

    Attributes:
        mean: Error of their mean for one y, in posterior standard deviations (rms over pixels).
        spread: Their standard deviation for one y over the posterior's.
        misfit: ‖y − A x̂‖² over what it is for a draw from the posterior, on pictures of the
            prior, each with a y of its own: m σ_y², m the number of values measured. Where σ_y is
            0, ‖y − A x̂‖/√m itself.
    """

    mean: float
    spread: float
    misfit: float

    @classmethod
    def of(cls, method: str, name: str, sigma_y: float, prior: str, calls: int, n: int) -> Off:
        """Measure a method."""
        problem = Problem.of(name, sigma_y, prior)
        operator, model = problem.operator, problem.prior

        def draws(y: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
            return solve(model, operator, y, sigma_y, method=method, calls=calls, seed=1)

        x = draws(problem.batch(n)).reshape(n, D)
        exact = rms(np.sqrt(np.maximum(np.diag(problem.covariance), 0)))
        truths = model.sample(random(4, n, *SHAPE)) if prior == "gaussian" else model.sample(n, 4)
        y = observed(operator, truths, sigma_y)
        misfit = rms((operator(draws(y)) - y)[seen(operator, y)])
        return cls(
            rms(x.mean(0) - problem.mean) / exact,
            rms(x.std(0)) / exact,
            (misfit / sigma_y) ** 2 if sigma_y else misfit,
        )
