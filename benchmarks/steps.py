"""How many steps a sample needs: PSNR of posterior samples against the number of steps.

    python benchmarks/steps.py FOLDER [PICTURES] [PRECISION]

The middle 128² of PICTURES pictures (12), evenly spread by name, with noise of σ = 25/255; every
sampler starts at y itself, with the same seed. Exit code 1 if DDIM with η = 0 and 50 steps, or
DPM-Solver++(2M) with 12, is further than 0.2 dB from DDIM with 250 and the same η. Ancestral steps
of first order (DDIM with η = 1) need more.
"""

import sys
from pathlib import Path

import numpy as np

from restore.diffusion import karras, noise_like, sample_ddim, sample_dpmpp_2m
from restore.engine import Engine
from restore.evaluation.metrics import psnr
from restore.evaluation.problems import chosen, pose

LIMIT = 0.2
LAST = 0.002
RUNS = (
    ("DDIM", sample_ddim, 0.0, (250, 50, 20)),
    ("DPM-Solver++(2M)", sample_dpmpp_2m, 0.0, (50, 12)),
    ("DDIM", sample_ddim, 1.0, (250, 50, 20)),
    ("DPM-Solver++(2M)", sample_dpmpp_2m, 1.0, (50, 12)),
)
CLOSE = ("DDIM", 0.0, 50), ("DPM-Solver++(2M)", 0.0, 12), ("DPM-Solver++(2M)", 1.0, 12)


def main(folder, pictures=12, precision="float32"):
    problem = pose("denoise", chosen([Path(folder)], pictures))
    prior = Engine(backend="torch", precision=precision).prior()
    y, sigma, truth = problem.y, problem.sigma_y, problem.x
    worst = 0.0
    for name, sampler, eta, counts in RUNS:
        for steps in counts:
            levels = karras(steps, LAST, sigma)
            x = sampler(prior, y, levels, eta=eta, noise=noise_like(y, 0) if eta else None)
            pairs = zip(x, truth, strict=True)
            mean = np.mean(
                [psnr((a.clip(-1, 1) + 1) / 2, (b + 1) / 2, data_range=1) for a, b in pairs]
            )
            if steps == 250:
                many = mean
            print(f"{name:18s} eta {eta:g} {steps:4d} steps {mean:6.2f} dB {mean - many:+.2f}")
            if (name, eta, steps) in CLOSE:
                worst = max(worst, abs(mean - many))
    return int(worst > LIMIT)


if __name__ == "__main__":
    folder, *rest = sys.argv[1:]
    sys.exit(main(folder, *(int(n) for n in rest[:1]), *rest[1:]))
