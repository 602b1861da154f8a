"""Distortion against perception: what steps and samplers do to PSNR and LPIPS.

    python benchmarks/perception.py FOLDER [--steps 1 2 4] [--walks heun] [--samples 8]

The pictures in FOLDER, which must not have been trained on, are reduced to a quarter, made noisy
with σ = 50/255 and saved as JPEGs of quality 10 by the protocols of `restore benchmark`. Every walk
restores each of them in each number of steps; one step is the same for all, the posterior mean.
With --samples N, that many are drawn in each way too, and the error of their mean is compared with
what their spread predicts: 1 is a true uncertainty, 2 one that is half of what it should be.
Writes perception.json after each picture, and perception.png at the end. Needs the weights of LPIPS
(`lpips_weights.py`) and matplotlib.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from restore.diffusion import SIGMA_MIN, Denoiser, Observation, noise_like
from restore.diffusion.arrays import sigma_to_signed
from restore.engine import Engine
from restore.evaluation import provenance
from restore.evaluation.calibration import calibration_of_samples
from restore.evaluation.degrade import Case, Setting, degrade, read_rgb
from restore.evaluation.lpips import Lpips
from restore.evaluation.metrics import psnr
from restore.evaluation.peers import peers, unchanged
from restore.inverse import Downscale, enlarge
from restore.photo import Pixels, suffixes
from restore.photo.atomic import write_bytes
from restore.tasks.found import look
from restore.tasks.gaussian import estimate
from restore.tasks.posterior import Posterior, seen_by_prior, to_photo
from restore.tasks.upscale import consistent
from restore.tasks.walk import Walk

STEPS = (1, 2, 3, 4, 6, 8, 12, 16)
SETTINGS = (
    Setting("upscale", 4, "×4"),
    Setting("denoise", 50 / 255, "σ 50"),
    Setting("clean", 10, "JPEG 10"),
)
WALKS = {
    "ancestral": Walk(),
    "ddim, η 0": Walk(eta=0.0),
    "ddim, η 0.5": Walk(eta=0.5),
    "heun": Walk(sampler="heun"),
    "dpmpp_2m, η 0": Walk(sampler="dpmpp_2m", eta=0.0),
    "dpmpp_2m, η 1": Walk(sampler="dpmpp_2m"),
    "start 0.25": Walk(start=0.25),
    "start 0.5": Walk(start=0.5),
    "start 2": Walk(start=2.0),
    "ρ 3": Walk(rho=3.0),
    "ρ 1": Walk(rho=1.0),
    "last 0.05": Walk(last=0.05),
}
"""The first is what the actions do."""
OWN = "DDRM"
"""Noise alone is walked down from just above where it is; that is what `denoise` does."""
FROM_PHOTO = "from the photo, "
"""From where it is, it is walked down exactly: a sample of the posterior."""

Draw = Callable[[Walk, int, int], Pixels]
"""(walk, steps, seed) → (H, W, 3) in [0, 1]."""


@dataclass(frozen=True)
class Row:
    """Means over the pictures, or the figures of one."""

    setting: str
    walk: str
    steps: int
    psnr: float
    lpips: float
    error_over_sigma: float | None = None


def upscaling(prior: Denoiser, case: Case, setting: Setting) -> dict[str, Draw]:
    scale = int(setting.value)
    low = seen_by_prior(case.photo.to_float())
    operator = Downscale(scale, case.truth.shape[:2], size_y=low.shape[2:])
    posterior = Posterior(prior, Observation(enlarge(low, scale), scale=float(scale)))

    def draw(walk: Walk, steps: int, seed: int) -> Pixels:
        x = replace(posterior, walk=walk).estimate(steps, seed)
        return to_photo(consistent(operator, x, low, 1.0), 3)

    return {"": draw}


def denoising(prior: Denoiser, case: Case, setting: Setting) -> dict[str, Draw]:
    sigma_y = sigma_to_signed(setting.value)
    y = seen_by_prior(case.photo.to_float())
    posterior = Posterior(prior, Observation(y, sigma_y))

    def draw(walk: Walk, steps: int, seed: int) -> Pixels:
        return to_photo(replace(posterior, walk=walk).estimate(steps, seed), 3)

    def from_photo(walk: Walk, steps: int, seed: int) -> Pixels:
        own = replace(walk, start=sigma_y, last=SIGMA_MIN)
        return to_photo(own(prior, y, steps, noise_like(y, seed)), 3)

    def as_denoise(walk: Walk, steps: int, seed: int) -> Pixels:
        return to_photo(estimate(prior, y, sigma_y, steps, seed), 3)

    return {"": draw, FROM_PHOTO: from_photo, OWN: as_denoise}


def cleaning(prior: Denoiser, case: Case, setting: Setting) -> dict[str, Draw]:
    image = case.photo.to_float()
    posterior = Posterior(prior, look(case.photo, image).observation(image, None))

    def draw(walk: Walk, steps: int, seed: int) -> Pixels:
        return to_photo(replace(posterior, walk=walk).estimate(steps, seed), 3)

    return {"": draw}


PROBLEMS = {"upscale": upscaling, "denoise": denoising, "clean": cleaning}


def figures(
    prior: Denoiser, metric: Lpips, case: Case, setting: Setting, options: Any
) -> list[Row]:
    """Return the figures of one degraded picture: peers, then every walk."""
    truth = (case.truth / 255).astype(np.float32)

    def row(name: str, n: int, pixels: Pixels) -> Row:
        values = np.clip(pixels, 0, 1).astype(np.float32)
        return Row(setting.label, name, n, psnr(values, truth), metric(values, truth))

    others = {"input": unchanged} | peers(setting.task)
    rows = [row(name, 0, method(case, setting)) for name, method in others.items()]
    for way, draw in PROBLEMS[setting.task](prior, case, setting).items():
        for name, n in itertools.product(options.walks, options.steps):
            walk = WALKS[name]
            if way == OWN and walk != Walk():
                continue  # it has a walk of its own
            if way == FROM_PHOTO and (walk.start, walk.last) != (Walk().start, Walk().last):
                continue  # what it varies is given by the photo
            drawn = [draw(walk, n, seed) for seed in range(max(1, options.samples * (n > 1)))]
            found = row(way if way == OWN else way + name, n, drawn[0])
            if len(drawn) > 1 and not np.array_equal(drawn[0], drawn[1]):
                ratio = calibration_of_samples(drawn, truth).error_over_sigma
                found = replace(found, error_over_sigma=ratio)
            rows.append(found)
    return rows


def means(rows: list[Row]) -> list[Row]:
    groups: dict[tuple[str, str, int], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.setting, row.walk, row.steps), []).append(row)
    return [
        replace(
            group[0],
            psnr=statistics.fmean(row.psnr for row in group),
            lpips=statistics.fmean(row.lpips for row in group),
            error_over_sigma=_mean([row.error_over_sigma for row in group]),
        )
        for group in groups.values()
    ]


def _mean(values: list[float | None]) -> float | None:
    there = [value for value in values if value is not None]
    return statistics.fmean(there) if there else None


def plot(rows: list[Row], target: Path) -> None:
    """Draw LPIPS against PSNR: a panel a setting, a curve a walk with its steps, a dot a peer.

    A panel shows the curve of the usual walk and half as much again around it.
    """
    from matplotlib.figure import Figure

    settings = list(dict.fromkeys(row.setting for row in rows))
    figure = Figure((6 * len(settings), 6), layout="constrained")
    panels = figure.subplots(1, len(settings), squeeze=False)[0]
    for axes, setting in zip(panels, settings, strict=True):
        here = [row for row in rows if row.setting == setting]
        for name in dict.fromkeys(row.walk for row in here):
            curve = [row for row in here if row.walk == name]
            x, y = [row.psnr for row in curve], [row.lpips for row in curve]
            if not curve[0].steps:
                axes.plot(x, y, "o", color="gray")
                axes.annotate(name, (x[0], y[0]), fontsize=7, color="gray", clip_on=True)
                continue
            axes.plot(x, y, ".-", label=name, linewidth=0.8)
            for row in curve:
                axes.annotate(str(row.steps), (row.psnr, row.lpips), fontsize=7, clip_on=True)
        usual = next(row.walk for row in here if row.steps)
        curve = [row for row in here if row.walk == usual]
        axes.set_xlim(_around([row.psnr for row in curve]))
        axes.set_ylim(_around([row.lpips for row in curve]))
        axes.set(title=setting, xlabel="PSNR, dB (nearer: right)", ylabel="LPIPS (nearer: down)")
        axes.legend(fontsize=7)
    figure.savefig(target, dpi=100)


def _around(values: list[float]) -> tuple[float, float]:
    half = (max(values) - min(values)) / 2
    return min(values) - half, max(values) + half


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="base")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--steps", nargs="+", type=int, default=STEPS)
    parser.add_argument("--walks", nargs="+", choices=WALKS, default=tuple(WALKS))
    parser.add_argument("--samples", type=int, default=0)
    parser.add_argument("--output", type=Path, default=Path("out"))
    options = parser.parse_args()
    files = sorted(p for p in options.folder.glob("*") if p.suffix in suffixes())[: options.limit]
    prior, metric = Engine().prior(options.model), Lpips.load()
    options.output.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as temporary:
        for done, path in enumerate(files, 1):
            truth = read_rgb(path)
            for setting in SETTINGS:
                case = degrade(truth, path, setting, Path(temporary))
                rows += figures(prior, metric, case, setting, options)
            table: dict[str, Any] = {
                "pictures": [file.name for file in files[:done]],
                "model": asdict(prior.info),
                "machine": provenance.machine(),
                "versions": provenance.versions(),
                "walks": {name: asdict(WALKS[name]) for name in options.walks},
                "means": [asdict(row) for row in means(rows)],
            }
            text = json.dumps(table, indent=1, ensure_ascii=False)
            write_bytes(options.output / "perception.json", text.encode(), overwrite=True)
            print(f"{done} of {len(files)}", file=sys.stderr)
    for row in means(rows):
        ratio = "" if row.error_over_sigma is None else f"{row.error_over_sigma:.2f}"
        named = f"{row.setting:8} {row.walk:28} {row.steps:3}"
        print(f"{named}  {row.psnr:6.2f}  {row.lpips:.4f}  {ratio}")
    plot(means(rows), options.output / "perception.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
