"""Measuring the toolkit through its public interface, beside other methods, in one run."""

from __future__ import annotations

import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from restore.errors import ParameterError
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
from restore.evaluation.metrics import psnr, ssim
from restore.evaluation.peers import peers, unchanged
from restore.hooks import Report
from restore.photo import Pixels

if TYPE_CHECKING:
    from restore.engine import Engine

__all__ = ["Benchmark", "Score", "run_benchmark"]

SCORING = (
    "PSNR over all pixels of RGB and SSIM (Gaussian window, σ = 1.5, mean over RGB), on results "
    "clipped to [0, 1], data range 1; seconds are wall-clock time of the method alone."
)
PACKAGES = ("restore", "numpy", "scipy", "pillow", "scikit-image", "onnxruntime-gpu", "torch")


@dataclass(frozen=True)
class Score:
    """How one method did on one picture.

    Attributes:
        file: Name of the picture.
        setting: The degradation, such as "σ 25".
        method: Name of the method; "input" is the degraded picture itself.
        psnr: In dB.
        ssim: At most 1.
        seconds: Wall-clock time.
        megapixels: Size of the result.
    """

    file: str
    setting: str
    method: str
    psnr: float
    ssim: float
    seconds: float
    megapixels: float


@dataclass(frozen=True)
class Benchmark:
    """Figures with everything that is needed to obtain them again."""

    task: str
    protocol: str
    machine: dict[str, str]
    versions: dict[str, str]
    model: dict[str, str]
    scores: tuple[Score, ...]

    def means(self) -> list[dict[str, Any]]:
        """Return one row for each setting and method: mean PSNR, SSIM and seconds."""
        groups: dict[tuple[str, str], list[Score]] = {}
        for score in self.scores:
            groups.setdefault((score.setting, score.method), []).append(score)
        return [
            {
                "setting": setting,
                "method": method,
                "pictures": len(scores),
                "psnr": statistics.fmean(s.psnr for s in scores),
                "ssim": statistics.fmean(s.ssim for s in scores),
                "seconds": statistics.fmean(s.seconds for s in scores),
            }
            for (setting, method), scores in groups.items()
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return everything as JSON values, the means before the single figures."""
        figures = asdict(self)
        return {"means": self.means()} | figures


def run_benchmark(
    task: str,
    folder: Path,
    *,
    limit: int | None = None,
    engine: Engine | None = None,
    model: str = "base",
    progress: Callable[[int, int], None] | None = None,
) -> Benchmark:
    """Degrade every picture of a folder in known ways, restore it and measure.

    Args:
        task: "denoise", "upscale", "inpaint", "clean" or "camera".
        folder: Holds the undamaged pictures, for "camera" in pairs with noisy ones.
        limit: Use only so many pictures, the first by name.
        engine: Where our own method runs; by default a new one.
        model: Name of the model.
        progress: Called with the number of steps done and the number of all steps.

    Raises:
        ParameterError: No such task, or the folder holds no pictures.
    """
    if task not in TASKS:
        raise ParameterError(f"There is no benchmark “{task}”.", f"Choose from {', '.join(TASKS)}.")
    files = pictures(task, folder)[:limit]
    if not files:
        pairs = "Noisy photos end in _noisy, the means of many shots in _mean."
        raise ParameterError(
            f"{folder} holds no pictures to measure with.", pairs if task == "camera" else ""
        )
    ours = _Ours(engine, model)
    scores: list[Score] = []
    with tempfile.TemporaryDirectory() as temporary:
        total = len(files) * len(settings(task))
        for path in files:
            truth = read_rgb(path)
            for setting in settings(task):
                case = degrade(truth, path, setting, Path(temporary))
                scores.extend(_measure(path.name, case, setting, ours))
                if progress is not None:
                    progress(len({(s.file, s.setting) for s in scores}), total)
    return Benchmark(
        task=task,
        protocol=f"{PROTOCOLS[task]} {SCORING}",
        machine=_machine(),
        versions=_versions(),
        model=ours.model,
        scores=tuple(scores),
    )


class _Ours:
    """The toolkit as a method, by the route that every user takes."""

    def __init__(self, engine: Engine | None, model: str) -> None:
        from restore.engine import Engine

        self.engine = engine or Engine()
        self.name = model
        self.model: dict[str, str] = {}
        self._warm = False

    def methods(self, setting: Setting) -> dict[str, Callable[[Case, Setting], Pixels]]:
        """Return what to run: with the noise level measured and, for `denoise`, also given."""
        if setting.task == "denoise":
            given = setting.parameters(blind=False)
            return {"restore": self.run, "restore, σ given": lambda c, s: self.run(c, s, **given)}
        return {"restore": self.run}

    def run(self, case: Case, setting: Setting, **parameters: Any) -> Pixels:
        """Run the action; what it reports of its model is kept."""
        from restore.api import run

        parameters |= setting.parameters()
        if case.mask is not None:
            parameters["mask"] = case.mask
        result = run(setting.action, case.photo, engine=self.engine, model=self.name, **parameters)
        self.model = _model(result.report)
        return result.photo.to_float()

    def warm_up(self, case: Case, setting: Setting) -> None:
        """Load the model before the first time is taken."""
        if not self._warm:
            self.run(case, setting)
            self._warm = True


def _measure(file: str, case: Case, setting: Setting, ours: _Ours) -> Iterator[Score]:
    ours.warm_up(case, setting)
    truth = (case.truth / 255).astype(np.float32)
    methods = {"input": unchanged} | ours.methods(setting) | peers(setting.task)
    for name, method in methods.items():
        start = time.perf_counter()
        result = method(case, setting)
        seconds = time.perf_counter() - start
        result = np.clip(result, 0, 1).astype(np.float32)
        yield Score(
            file=file,
            setting=setting.label,
            method=name,
            psnr=psnr(result, truth, mask=case.mask),
            ssim=ssim(result, truth),
            seconds=seconds,
            megapixels=truth.shape[0] * truth.shape[1] / 1e6,
        )


def _model(report: Report) -> dict[str, str]:
    return {
        "name": report.model,
        "sha256": report.model_sha256,
        "backend": report.backend,
        "provider": report.provider,
    }


def _machine() -> dict[str, str]:
    return {
        "system": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": str(os.cpu_count()),
        "date": time.strftime("%Y-%m-%d"),
    }


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except ModuleNotFoundError:
            continue
    return found
