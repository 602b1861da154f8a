"""Draws the figures of the chapters, by running what they show.

    python docs/theory/figures.py [FOLDER]

Needs matplotlib (`pip install 'restore[bench]'`). The same code gives the same files.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from restore.diffusion.gaussian import GaussianPrior
from restore.diffusion.guidance import classifier_free
from restore.diffusion.losses import loss_weight
from restore.diffusion.mixture import GaussianMixturePrior
from restore.diffusion.noise import gaussian
from restore.diffusion.samplers import sample_ddim, sample_dpmpp_2m, sample_heun
from restore.diffusion.schedule import SCHEDULES, karras
from restore.inverse import METHODS, Mask, solve

STYLE = {"svg.hashsalt": "restore", "svg.fonttype": "none"}

MASSES = tuple(GaussianPrior(np.full((1, 1, 1), m), np.array([[0.12**2]])) for m in (-0.5, 0.5))
BOTH = GaussianMixturePrior(np.array([0.5, 0.5]), MASSES)


def axes(title: str, x: str, y: str, height: float = 3.2) -> Any:
    """Return the axes of a new figure."""
    found = Figure((6.4, height), layout="constrained").subplots()
    found.set(title=title, xlabel=x, ylabel=y)
    found.spines[["top", "right"]].set_visible(False)
    return found


def schedules() -> Any:
    """σ along each schedule."""
    found = axes("Four schedules", "share of the way through, t/T", "log10 σ")
    for name, levels in (
        {n: make() for n, make in SCHEDULES.items()} | {"karras": karras(100)}
    ).items():
        rising = levels[::-1][1:]
        share = np.arange(1, len(rising) + 1) / len(rising)
        some = np.unique(np.linspace(0, len(rising) - 1, 120).round().astype(int))
        found.plot(share[some], np.log10(rising[some]), label=name)
    found.legend(frameon=False)
    return found


def weights() -> Any:
    """λ(σ) of each loss."""
    found = axes("What an error of the picture counts", "σ", "λ(σ)")
    sigma = np.geomspace(0.01, 80, 100)
    for name in ("eps", "v", "edm", "min_snr"):
        found.loglog(sigma, loss_weight(sigma, name), label=name)
    found.legend(frameon=False)
    return found


def flow() -> Any:
    """Curves of the probability flow, each scaled by the spread of its level."""
    found = axes("Probability flow to two masses", "σ", "x / √(σ² + 0.51²)", height=3.6)
    levels = karras(60, 0.01, 20.0)
    starts = 20.0 * np.linspace(-2, 2, 24).reshape(-1, 1, 1, 1)
    path = [(20.0, starts)]
    x = starts
    for high, low in pairwise(levels[:-1]):
        x = sample_heun(BOTH, x, [high, low])
        path.append((low, x))
    sigma = np.array([level for level, _ in path])
    curves = np.stack([x.ravel() for _, x in path]) / np.hypot(sigma, 0.51)[:, None]
    for curve in curves.T:
        found.plot(sigma, curve, color="C0" if curve[-1] < 0 else "C1", linewidth=1)
    found.set_xscale("log")
    found.invert_xaxis()
    return found


def samplers() -> Any:
    """Error against the exact flow of a Gaussian."""
    found = axes("Error of the path's end", "calls of the denoiser", "largest error")
    prior = GaussianPrior(np.zeros((1, 1, 4)), np.diag([0.02, 0.1, 0.5, 1.0]))
    x = 3.0 * gaussian(0, 0, (8, 1, 1, 4)).astype(float)
    exact = prior.flow(x, 3.0, 0.05)
    for name, sampler, calls in (
        ("DDIM (Euler)", sample_ddim, 1),
        ("DPM-Solver++(2M)", sample_dpmpp_2m, 1),
        ("Heun", sample_heun, 2),
    ):
        steps = [4, 8, 16, 32, 64, 128]
        paths = [karras(n + 1, 0.05, 3.0, rho=3)[:-1] for n in steps]
        errors = [float(abs(sampler(prior, x, path) - exact).max()) for path in paths]
        found.loglog([calls * n for n in steps], errors, marker="o", label=name)
    found.legend(frameon=False)
    return found


def guidance() -> Any:
    """Densities of draws with guidance toward the right mass."""
    found = axes("Classifier-free guidance toward the right mass", "x", "density")
    x = 20.0 * gaussian(1, 0, (1, 1, 1, 20_000)).astype(float).reshape(-1, 1, 1, 1)
    bins = np.linspace(-1.0, 1.5, 101)
    for scale in (0, 1, 2, 4):
        denoise = classifier_free(MASSES[1], BOTH, scale)
        drawn = sample_heun(denoise, x, karras(30, 0.01, 20.0)).ravel()
        density, _ = np.histogram(drawn, bins, density=True)
        found.plot((bins[1:] + bins[:-1]) / 2, density, label=f"s = {scale}")
    found.legend(frameon=False)
    return found


def posteriors() -> Any:
    """Draws of each method, of two pixels the first of which is measured."""
    turn = np.array([[0.9, -0.5], [0.5, 0.9]])
    modes = [
        ((-0.6, 0.6), turn @ np.diag([0.06, 0.005]) @ turn.T),
        ((0.1, 0.7), np.diag([0.03, 0.02])),
        ((0.2, -0.5), turn.T @ np.diag([0.08, 0.01]) @ turn),
    ]
    parts = tuple(GaussianPrior(np.array(m).reshape(1, 1, 2), S) for m, S in modes)
    prior = GaussianMixturePrior(np.array([0.3, 0.2, 0.5]), parts)
    mask, n = Mask(np.array([[[[1, 0]]]])), 400
    y = np.tile([0.15, 0.0], (n, 1)).reshape(n, 1, 1, 2)
    drawn = {"prior": prior.sample(n, 1)}
    drawn["p(x | y)"] = prior.posterior(np.array([[1.0, 0.0]]), np.array([0.15]), 0.1).sample(n, 1)
    for name in ("pigdm", "ddrm", "ddnm_plus", "diffpir", "dps", "split_gibbs"):
        calls = 1000 if name == "split_gibbs" else 100
        drawn[METHODS[name].title] = solve(prior, mask, y, 0.1, method=name, calls=calls)
    panels = Figure((8, 4.2), layout="constrained").subplots(2, 4, sharex=True, sharey=True)
    for panel, (title, x) in zip(panels.flat, drawn.items(), strict=True):
        panel.scatter(*x.reshape(n, 2).T, s=2, linewidths=0)
        panel.axvline(0.15, color="0.8", linewidth=1, zorder=0)
        panel.set_title(title, fontsize=10)
        panel.set(xlim=(-1.4, 1.1), ylim=(-1.4, 1.4), aspect="equal")
    return panels.flat[0]


FIGURES = (schedules, weights, flow, samplers, guidance, posteriors)


def main(folder: Path) -> None:
    """Draw all of them into a folder."""
    with mpl.rc_context(STYLE):
        for draw in FIGURES:
            target = folder / draw.__name__
            if draw is posteriors:  # thousands of dots
                draw().figure.savefig(target.with_suffix(".png"), dpi=90)
            else:
                draw().figure.savefig(target.with_suffix(".svg"), metadata={"Date": None})


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
