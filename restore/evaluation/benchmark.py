"""Measuring the toolkit through its public interface, beside other methods, in one run."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from restore.errors import ParameterError
from restore.evaluation import provenance
from restore.evaluation.calibration import LEAST_SAMPLES
from restore.evaluation.cost import Cost, measured
from restore.evaluation.degrade import (
    PROTOCOLS,
    TASKS,
    Case,
    Setting,
    degrade,
    pictures,
    read_rgb,
    settings,
)
from restore.evaluation.lpips import Lpips, fits, lpips_available
from restore.evaluation.metrics import psnr, ssim
from restore.evaluation.ours import runs
from restore.evaluation.peers import Method, peers, unchanged
from restore.evaluation.probes import samples_of, stability_of
from restore.evaluation.scores import Benchmark, Score
from restore.photo import Pixels

if TYPE_CHECKING:
    from restore.engine import Engine

__all__ = ["run_benchmark"]

SCORING = (
    "PSNR over all pixels of RGB and SSIM (Gaussian window, σ = 1.5, mean over RGB), on results "
    "clipped to [0, 1], data range 1; NFE are calls of the network, MFLOP/px its operations for a "
    "pixel of the result; seconds are wall-clock time of the method alone."
)
SCORING_LPIPS = "LPIPS 0.1 with AlexNet; lower is nearer."
SCORING_SAMPLES = (
    "Samples: {} posterior samples a picture; their mean distance; the result's deviation over as "
    "many seeds; error of the samples' mean over the deviation that they predict for it; share of "
    "values within ±1 and ±2 of it, in brackets what a calibrated Gaussian posterior has."
)
SCORING_STABILITY = (
    "Stability: root mean square and largest difference, in levels of 255, of results that should "
    "be the same: run again, in tiles of 192 pixels, and of two parts cut out and restored alone "
    "(48 pixels at the cut not counted)."
)


def run_benchmark(
    task: str,
    folder: Path,
    *,
    limit: int | None = None,
    engine: Engine | None = None,
    model: str = "base",
    steps: Sequence[int] = (1,),
    samples: int = 0,
    stability: bool = False,
    also: Callable[[Setting], Mapping[str, Method]] = lambda setting: {},
    progress: Callable[[int, int], None] | None = None,
) -> Benchmark:
    """Degrade every picture of a folder in known ways, restore it and measure.

    Args:
        task: One of `restore.evaluation.degrade.TASKS`.
        folder: Holds the undamaged pictures, for "camera" in pairs with noisy ones.
        limit: Use only so many pictures, the first by name.
        engine: Where our own method runs; by default a new one.
        model: Name of the model.
        steps: Numbers of steps with which our own method runs.
        samples: How many posterior samples to draw for each of its results; 0 or at least 4.
        stability: Whether to measure how much its results depend on what should not matter.
        also: Returns further methods to run beside it, by name.
        progress: Called with the number of steps done and the number of all steps.

    Raises:
        ParameterError: No such task, too few samples, or the folder holds no pictures.
        ModelError: The weights of LPIPS are installed but damaged.
    """
    if task not in TASKS:
        raise ParameterError(f"There is no benchmark “{task}”.", f"Choose from {', '.join(TASKS)}.")
    if 0 < samples < LEAST_SAMPLES:
        raise ParameterError(
            f"{samples} samples are too few to measure with.", f"Ask for {LEAST_SAMPLES} or more."
        )
    files = pictures(task, folder)[:limit]
    if not files:
        pairs = "Noisy photos end in _noisy, the means of many shots in _mean."
        raise ParameterError(
            f"{folder} holds no pictures to measure with.", pairs if task == "camera" else ""
        )
    bench = _Bench(engine, model, steps, samples, stability, also)
    scores: list[Score] = []
    with tempfile.TemporaryDirectory() as temporary:
        total = len(files) * len(settings(task))
        for path in files:
            truth = read_rgb(path)
            for setting in settings(task):
                case = degrade(truth, path, setting, Path(temporary))
                scores.extend(bench.scores(path.name, case, setting))
                if progress is not None:
                    progress(len({(s.file, s.setting) for s in scores}), total)
    return Benchmark(
        task=task,
        protocol=" ".join([PROTOCOLS[task], *bench.protocol()]),
        machine=provenance.machine(),
        versions=provenance.versions(),
        model=bench.model,
        scores=tuple(scores),
    )


class _Bench:
    """What stays the same from picture to picture."""

    def __init__(
        self,
        engine: Engine | None,
        model: str,
        steps: Sequence[int],
        samples: int,
        stability: bool,
        also: Callable[[Setting], Mapping[str, Method]],
    ) -> None:
        from restore.engine import Engine

        self.engine = engine or Engine()
        self.name, self.steps = model, tuple(steps)
        self.samples, self.stability, self.also = samples, stability, also
        self.lpips = Lpips.load() if lpips_available() else None
        self.model: dict[str, str] = {}

    def protocol(self) -> Iterator[str]:
        """Yield how everything is scored."""
        yield SCORING
        if self.lpips is not None:
            yield SCORING_LPIPS
        if self.samples:
            yield SCORING_SAMPLES.format(self.samples)
        if self.stability:
            yield SCORING_STABILITY

    def scores(self, file: str, case: Case, setting: Setting) -> Iterator[Score]:
        """Measure every method on one degraded picture."""
        truth = (case.truth / 255).astype(np.float32)

        def score(name: str, pixels: Pixels, cost: Cost, **further: Any) -> Score:
            values = np.clip(pixels, 0, 1).astype(np.float32)
            return Score(
                file=file,
                setting=setting.label,
                method=name,
                megapixels=truth.shape[0] * truth.shape[1] / 1e6,
                psnr=psnr(values, truth, mask=case.mask),
                ssim=ssim(values, truth),
                lpips=self._lpips(values, truth),
                cost=cost,
                **further,
            )

        yield score("input", *measured(lambda: unchanged(case, setting)))
        for name, run in runs(case, setting, self.engine, self.name, self.steps).items():
            if not self.model:  # the first run loads the model and is not timed
                self.model = provenance.model(run().report)
            result, cost = measured(run)
            yield score(
                name,
                result.photo.to_float(),
                cost.with_network(result.report),
                samples=samples_of(run, result, truth, self.samples) if self.samples else None,
                stability=stability_of(run) if self.stability else None,
            )
        for name, method in {**peers(setting.task), **self.also(setting)}.items():
            yield score(name, *measured(lambda m=method: m(case, setting)))  # type: ignore[misc]

    def _lpips(self, values: Pixels, truth: Pixels) -> float | None:
        return self.lpips(values, truth) if self.lpips and fits(truth) else None
