"""What samplers and methods cost beside their network calls, and what memory they keep.

    python benchmarks/samplers.py [SIZE] [STEPS]

The overhead is CPU time outside the network over CPU time inside it, at 512² by default, in one
process on one thread; the memory is numpy's peak of 40 steps over that of 5, with a denoiser that
keeps nothing. Exit code 1 if an overhead is above 3 % or the memory grows.
"""

import sys
import time
import tracemalloc

import numpy as np

from restore.diffusion import karras, noise_like
from restore.diffusion.samplers import sample_ddim, sample_dpmpp_2m, sample_edm, sample_heun
from restore.engine import Engine
from restore.inverse import METHODS, Downscale, Identity, Mask, solve

LIMIT = 0.03
SAMPLERS = {
    "ddim": lambda d, x, s, noise: sample_ddim(d, x, s),
    "ddim, eta 1": lambda d, x, s, noise: sample_ddim(d, x, s, eta=1.0, noise=noise),
    "heun": lambda d, x, s, noise: sample_heun(d, x, s),
    "edm": lambda d, x, s, noise: sample_edm(d, x, s, noise=noise),
    "dpm-solver++(2m)": lambda d, x, s, noise: sample_dpmpp_2m(d, x, s),
    "dpm-solver++(2m), eta 1": lambda d, x, s, noise: sample_dpmpp_2m(
        d, x, s, eta=1.0, noise=noise
    ),
}


class Timed:
    """A prior that adds up the CPU seconds of its calls, gradients included."""

    def __init__(self, prior):
        self.prior, self.seconds = prior, 0.0

    def _timed(self, call, *args):
        start = time.process_time()
        result = call(*args)
        self.seconds += time.process_time() - start
        return result

    def __call__(self, x, sigma, y=None):
        """Return what the prior returns."""
        return self._timed(self.prior, x, sigma)

    def vjp(self, x, sigma, y=None):
        """Return what the prior returns, its gradient timed as well."""
        denoised, jacobian = self._timed(self.prior.vjp, x, sigma)
        return denoised, lambda v: self._timed(jacobian, v)


def runs(size, steps):
    """Yield a name and the function that runs it with a prior, for every sampler and method."""
    x = np.random.default_rng(0).standard_normal((1, 3, size, size), np.float32)
    for name, sampler in SAMPLERS.items():
        levels = karras(steps, sigma_max=20)
        yield name, lambda p, f=sampler, s=levels: f(p, 20 * x, s, noise_like(x, 0))
    keep = np.ones((1, 1, size, size))
    keep[..., size // 4 : size // 2, :] = 0
    for name, method in METHODS.items():
        operator = Downscale(2, (size, size), kernel="area")
        if method.only:
            operator = Mask(keep) if method.only is Mask else Identity((size, size))
        sigma_y = 0.1 if method.noisy else 0.0
        y = operator(np.clip(x / 4, -1, 1))
        yield (
            name,
            lambda p, a=operator, b=y, s=sigma_y, m=name: solve(p, a, b, s, method=m, calls=steps),
        )


class Free:
    """A prior that costs nothing."""

    def __call__(self, x, sigma, y=None):
        """Return Tweedie's formula for white pictures."""
        return x * np.float32(0.25 / (0.25 + sigma**2))

    def vjp(self, x, sigma, y=None):
        """Return the same, and its gradient."""
        return self(x, sigma), lambda v: v * np.float32(0.25 / (0.25 + sigma**2))


def peak(run):
    """Return the most bytes that numpy held."""
    tracemalloc.start()
    run(Free())
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def main(size, steps):
    prior = Engine(device="cpu", backend="torch", threads=1).prior()
    prior(np.zeros((1, 3, size, size), np.float32), 1.0)
    few, many = (dict(runs(128, n)) for n in (5, 40))
    worst = 0.0
    for name, run in runs(size, steps):
        timed = Timed(prior)
        start = time.process_time()
        run(timed)
        overhead = (time.process_time() - start) / timed.seconds - 1
        growth = peak(many[name]) / peak(few[name])
        worst = max(worst, overhead / LIMIT, growth / 1.05)
        print(f"{name:24s} overhead {overhead:6.2%}, memory ×{growth:.2f}", flush=True)
    return int(worst > 1)


if __name__ == "__main__":
    sys.exit(main(*(int(n) for n in [*sys.argv[1:3], *("512", "4")[len(sys.argv) - 1 :]])))
