"""Make docs/examples/digits.md: `python -m benchmarks.digits [STAGE …]`, or `make digits`.

What is trained lies in build/digits and is trained once; remove the folder to train anew. Without
a stage's name all of them are measured: networks, samplers, guidance, latent, likelihood.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from benchmarks.digits import guiding, latent, likelihood, page, sampling
from benchmarks.digits.data import part
from benchmarks.digits.drawing import curves, rows_of_digits
from benchmarks.digits.judge import Judge
from benchmarks.digits.networks import Networks, trained

IMAGES = page.DOCS / "images" / "digits"
FOLDER = Path("build").resolve() / "digits"

Figures = dict[str, Any]


def networks(made: Networks, judge: Judge) -> Figures:
    """What was trained, and how well classes are known without any sample."""
    rows = [
        {"name": name, "parameters": made.parameters[name], "seconds": made.seconds[name]}
        for name in made.seconds
    ]
    learnt, _ = part("learnt")
    about = {
        "accuracy": judge.accuracy,
        "digits": len(judge.real),
        "samples": sampling.N,
        "distance": judge.distance(learnt),
        "precision": judge.precision_and_recall(learnt)[0],
    }
    return {"networks": rows, "judge": about, "noisy": likelihood.noisy_accuracy(made, judge)}


def samplers(made: Networks, judge: Judge) -> Figures:
    """Every sampler."""
    rows, shown = sampling.by_every_sampler(made.prior, judge)
    rows_of_digits({"held out": judge.real[_ordered(judge)], **shown}, IMAGES / "samplers.png")
    return {"samplers": rows}


def guidance(made: Networks, judge: Judge) -> Figures:
    """Every guidance, at every scale."""
    rows, shown = guiding.by_every_scale(made, judge)
    curves(rows, IMAGES / "scales.png")
    wanted = ("classifier-free, ", "by a classifier, ")
    names = [
        f"{kind}{s:g}"
        for kind, scales in zip(wanted, ((0, 1, 2, 8), (0, 2, 8)), strict=True)
        for s in scales
    ]
    rows_of_digits({name: shown[name] for name in names}, IMAGES / "guidance.png")
    return {"guidance": rows}


def latents(made: Networks, judge: Judge) -> Figures:
    """Latent diffusion, and restoration through the decoder."""
    generators, shown = latent.generated(made, judge)
    rows_of_digits(shown, IMAGES / "latents.png")
    restored, shown = latent.restored(made, judge)
    rows_of_digits(shown, IMAGES / "restored.png")
    return {"generators": generators, "restored": restored, "coded": latent.coded(made, judge)}


def likelihoods(made: Networks, judge: Judge) -> Figures:
    """Bits a pixel, and the diffusion classifier."""
    return {
        "bits": likelihood.bits(made, judge),
        "classified": likelihood.classified(made, judge),
    }


STAGES: dict[str, Callable[[Networks, Judge], Figures]] = {
    "networks": networks,
    "samplers": samplers,
    "guidance": guidance,
    "latent": latents,
    "likelihood": likelihoods,
}


def main(names: list[str]) -> int:
    """Measure some stages or all."""
    if unknown := [name for name in names if name not in STAGES]:
        print(f"There is no stage {unknown[0]}; there are {', '.join(STAGES)}.")
        return 2
    torch.set_num_threads(1)
    IMAGES.mkdir(parents=True, exist_ok=True)
    figures = json.loads(page.FIGURES.read_text("utf-8")) if page.FIGURES.exists() else {}
    made, judge = trained(FOLDER), Judge()
    for name in names or STAGES:
        print(f"# {name}", flush=True)
        figures |= STAGES[name](made, judge)
        page.write(figures)
    return 0


def _ordered(judge: Judge) -> list[int]:
    """Return two held-out digits of each class, 0 to 9 and again."""
    places = [(judge.labels == k).nonzero()[:2, 0].tolist() for k in range(10)]
    return [place[i] for i in range(2) for place in places]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
