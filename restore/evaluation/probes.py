"""What is measured of our own runs beyond one result: posterior samples, and stability."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from restore.evaluation.calibration import Calibration, calibration_of_samples
from restore.evaluation.metrics import diversity
from restore.evaluation.ours import Run
from restore.evaluation.stability import (
    MARGIN,
    Difference,
    Window,
    over_crops,
    over_runs,
    over_seeds,
    over_tiles,
)
from restore.hooks import Result
from restore.photo import Pixels

__all__ = ["Samples", "Stability", "samples_of", "stability_of"]

OTHER_TILE = 192
CROP_GRID = 16


@dataclass(frozen=True)
class Samples:
    """Posterior samples of one result, in [0, 1] units.

    Attributes:
        count: How many were drawn.
        diversity: Mean distance between two of them.
        over_seeds: Standard deviation of the result itself over as many seeds; 0 for one step.
        calibration: Their spread beside the true error.
    """

    count: int
    diversity: float
    over_seeds: float
    calibration: Calibration


@dataclass(frozen=True)
class Stability:
    """Differences between results that should be the same, in [0, 1] units.

    Attributes:
        runs: The same again; must be 0.
        tiles: In small tiles instead of large ones.
        crops: A part alone instead of the whole; None with a mask, or of a photo too small.
    """

    runs: Difference
    tiles: Difference
    crops: Difference | None


def samples_of(run: Run, result: Result, truth: Pixels, count: int) -> Samples:
    """Draw samples of a result, and compare them with each other and with the truth.

    Args:
        run: What led to the result.
        result: An action's result that can be sampled.
        truth: (H, W, 3) in [0, 1].
        count: How many samples, at least 4.
    """
    assert result.sample is not None
    drawn = [np.clip(result.sample(seed), 0, 1) for seed in range(count)]
    return Samples(
        count=count,
        diversity=diversity(drawn),
        over_seeds=over_seeds(lambda seed: run.pixels(seed=seed), range(count)),
        calibration=calibration_of_samples(drawn, truth, mask=run.case.mask),
    )


def stability_of(run: Run) -> Stability:
    """Repeat a run in the same way, in other tiles, and on two parts of the photo."""
    height, width = run.case.photo.pixels.shape[:2]
    windows = _windows(height, width) if run.case.mask is None else []
    crops = None
    if windows:
        crops = over_crops(
            lambda window: run.on(window).pixels(), (height, width), windows, scale=run.scale
        )
    return Stability(
        runs=over_runs(run.pixels),
        tiles=over_tiles(lambda size: run.in_tiles(size).pixels(), (0, OTHER_TILE)),
        crops=crops,
    )


def _windows(height: int, width: int) -> list[Window]:
    """Return two corners of three quarters of a photo, one of them of odd sides; none if small.

    They start at multiples of 16, as tiles do, so that the blocks of a JPEG stay where they are.
    """
    if min(height, width) < 4 * MARGIN:
        return []
    top, left = (side // 4 // CROP_GRID * CROP_GRID for side in (height, width))
    first = slice(0, height * 3 // 4 | 1), slice(0, width * 3 // 4 | 1)
    return [first, (slice(top, height), slice(left, width))]
