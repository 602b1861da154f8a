"""Figures of single pictures, and their means."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from restore.evaluation.cost import Cost
from restore.evaluation.probes import Samples, Stability

__all__ = ["Benchmark", "Score"]

Figures: TypeAlias = dict[str, float | None]


@dataclass(frozen=True)
class Score:
    """How one method did on one picture.

    Attributes:
        file: Name of the picture.
        setting: The degradation, such as "σ 25".
        method: Name of the method; "input" is the degraded picture itself.
        megapixels: Size of the result.
        psnr: In dB.
        ssim: At most 1.
        lpips: None where its weights are not installed, or of a picture smaller than 31×31.
        cost: What the result cost.
        samples: Of our own methods, if samples were asked for.
        stability: Of our own methods, if it was asked for.
    """

    file: str
    setting: str
    method: str
    megapixels: float
    psnr: float
    ssim: float
    lpips: float | None
    cost: Cost
    samples: Samples | None = None
    stability: Stability | None = None

    @property
    def figures(self) -> Figures:
        """All that a mean is taken of, by name."""
        figures: Figures = {"psnr": self.psnr, "ssim": self.ssim, "lpips": self.lpips}
        figures |= asdict(self.cost)
        if self.samples is not None:
            measured = asdict(self.samples)
            figures |= measured.pop("calibration") | measured
            figures.pop("curve")
            figures.pop("count")
        if self.stability is not None:
            for name, difference in asdict(self.stability).items():
                for kind in ("rms", "largest"):
                    figures[f"{name}_{kind}"] = None if difference is None else difference[kind]
        return figures


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
        """Return one row for each setting and method: the mean of each figure over the pictures.

        Pictures that lack a figure do not count in its mean; if all lack it, that is None.
        """
        groups: dict[tuple[str, str], list[Figures]] = {}
        for score in self.scores:
            groups.setdefault((score.setting, score.method), []).append(score.figures)
        return [
            {"setting": setting, "method": method, "pictures": len(figures)}
            | {name: _mean([each[name] for each in figures]) for name in figures[0]}
            for (setting, method), figures in groups.items()
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return everything as JSON values, the means before the single figures."""
        figures = asdict(self)
        return {"means": self.means()} | figures


def _mean(values: Sequence[float | None]) -> float | None:
    there = [value for value in values if value is not None]
    return statistics.fmean(there) if there else None
