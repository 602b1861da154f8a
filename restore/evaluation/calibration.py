"""Whether an uncertainty map tells the truth: as large as the error, wherever the error is large.

A map σ is calibrated if the error, over all pixels to which it gives one σ, is of this standard
deviation. What can be measured is the curve of root mean square error against σ in bins (the
reliability diagram of Levi, Gispan, Giladi & Fetaya, “Evaluating and calibrating uncertainty
prediction in regression tasks”, 2022), and how often the truth lies within ±kσ.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from restore.errors import ParameterError

__all__ = ["Bin", "Calibration", "calibration", "calibration_of_samples"]

Image = np.ndarray[Any, Any]

BINS = 10
LEAST_SAMPLES = 4


@dataclass(frozen=True)
class Bin:
    """Pixels to which the map gives about the same σ.

    Attributes:
        predicted: Root mean square of σ.
        observed: Root mean square error.
        count: How many values they are.
    """

    predicted: float
    observed: float
    count: int


@dataclass(frozen=True)
class Calibration:
    """How an uncertainty map compares with the true error, all in the units of the pictures.

    Attributes:
        curve: Bins of equally many values, by rising σ; a calibrated map lies on the diagonal.
        ece: Expected calibration error, the mean of |observed − predicted| over all values.
        error_over_sigma: Root mean square error over root mean square σ: 1 if calibrated, above
            1 if the map claims to be surer than it may.
        within_1, within_2: Share of values whose error is at most σ and 2σ.
        expected_1, expected_2: What these are for a calibrated map and Gaussian errors.
    """

    curve: tuple[Bin, ...]
    ece: float
    error_over_sigma: float
    within_1: float
    within_2: float
    expected_1: float
    expected_2: float


def calibration(
    error: Image,
    sigma: Image,
    *,
    bins: int = BINS,
    samples: int | None = None,
    binned_by: tuple[Image, Image] | None = None,
) -> Calibration:
    """Compare an error with the standard deviation that was predicted for it.

    Args:
        error: Result minus truth, any shape.
        sigma: Its predicted standard deviation ≥ 0, of the same shape.
        bins: Of the curve.
        samples: From how many draws σ was estimated, for the coverage that is to be expected:
            error/σ is then Student's t with one degree of freedom less. None if σ is exact.
        binned_by: (values to bin by, σ within the bins) instead of σ itself for both: an estimate
            that happens to be low would be found among the low ones, and the curve be flattened.

    Raises:
        ParameterError: The shapes differ, or there are fewer values than bins.
    """
    if error.shape != sigma.shape:
        raise ParameterError(f"The error is {error.shape}, the uncertainty {sigma.shape}.")
    if error.size < bins:
        raise ParameterError(f"{error.size} values are too few for {bins} bins.")
    e, s = (np.asarray(a, np.float64).ravel() for a in (error, sigma))
    by, within = (np.asarray(a, np.float64).ravel() for a in binned_by or (s, s))
    order = np.argsort(by, kind="stable")
    curve = tuple(
        Bin(_rms(within[part]), _rms(e[part]), len(part)) for part in np.array_split(order, bins)
    )
    size = np.abs(e)
    expected = [_expected(k, samples) for k in (1, 2)]
    return Calibration(
        curve=curve,
        ece=sum(b.count * abs(b.observed - b.predicted) for b in curve) / e.size,
        error_over_sigma=_rms(e) / _rms(s) if s.any() else (math.inf if e.any() else 1.0),
        within_1=float(np.mean(size <= s)),
        within_2=float(np.mean(size <= 2 * s)),
        expected_1=expected[0],
        expected_2=expected[1],
    )


def calibration_of_samples(
    samples: Sequence[Image], truth: Image, *, mask: Image | None = None, bins: int = BINS
) -> Calibration:
    """Compare the spread of posterior samples with the error of their mean.

    If the truth is just another draw, it differs from the mean of N samples by a standard
    deviation of √(1 + 1/N) σ; this factor is applied. Bins are made by the spread of every other
    sample and filled with that of the rest.

    Args:
        samples: At least 4 draws given the same observation, (H, W, C).
        truth: The picture itself.
        mask: (H, W); where given, only its non-zero pixels count.
        bins: Of the curve.

    Raises:
        ParameterError: Fewer than 4 samples, or their shape is not that of the truth.
    """
    if len(samples) < LEAST_SAMPLES:
        raise ParameterError(
            f"{len(samples)} samples are too few to compare their spread with an error.",
            f"Draw at least {LEAST_SAMPLES}.",
        )
    if any(sample.shape != truth.shape for sample in samples):
        raise ParameterError("The samples and the truth differ in size.")
    drawn = np.stack([np.asarray(sample, np.float64) for sample in samples])
    where = np.ones(truth.shape[:2], bool) if mask is None else mask != 0
    drawn, actual = drawn[:, where], truth[where].astype(np.float64)
    factor = math.sqrt(1 + 1 / len(drawn))
    halves = (factor * drawn[i::2].std(0, ddof=1) for i in (0, 1))
    return calibration(
        drawn.mean(0) - actual,
        factor * drawn.std(0, ddof=1),
        bins=bins,
        samples=len(drawn),
        binned_by=(next(halves), next(halves)),
    )


def _expected(k: int, samples: int | None) -> float:
    if samples is None:
        return math.erf(k / math.sqrt(2))
    from scipy.special import stdtr

    return float(1 - 2 * stdtr(samples - 1, -k))


def _rms(values: Image) -> float:
    return float(np.sqrt(np.mean(np.square(values))))
