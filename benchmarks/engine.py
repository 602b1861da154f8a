"""Which runtime, which tiles: start-up, speed of the bare network and of a tiled prior, memory.

    python benchmarks/engine.py [--tiles 256,640] [--overlap 48] [--megapixels 4] [--rounds 3]

Everything runs on one CPU thread and is timed in CPU seconds, one after another in every round,
so that the ratios mean something on a machine that does other things too.
"""

import argparse
import subprocess
import sys
import time

import numpy as np

from restore.engine.backends.network import open_network
from restore.engine.prior import Prior
from restore.engine.registry import find_model
from restore.engine.tiles import Tiling

START = """
import time; t = time.perf_counter()
import numpy as np
from restore.engine import Engine
Engine(device="cpu", backend="{backend}", threads=1).prior()(np.zeros((1, 3, 64, 64), "f4"), 0.1)
print(time.perf_counter() - t)
"""
PEAK = """
import numpy as np, resource
from restore.engine import Engine
height = int((1e6 * {megapixels} / 1.5) ** 0.5)
x_t = np.random.default_rng(0).standard_normal((1, 3, height, height * 3 // 2), "f4")
Engine(device="cpu", backend="{backend}", tile={tile}).prior()(x_t, 0.2)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def script(code, **values):
    run = [sys.executable, "-c", code.format(**values)]
    return float(subprocess.run(run, capture_output=True, text=True, check=True).stdout)


def fastest(work, rounds):
    """Return the least CPU seconds of each piece of work, all of them run in every round."""
    seconds = {name: [] for name in work}
    for _ in range(rounds + 1):
        for name, call in work.items():
            start = time.process_time()
            call()
            seconds[name].append(time.process_time() - start)
    return {name: min(values[1:]) for name, values in seconds.items()}


def interleaved(card, network, size, overlap, picture):
    """Return Mpx per CPU second of a tiled prior and of the bare network, which take turns."""
    x = np.zeros((1, 10, size, size), np.float32)
    seconds = []

    def bare(done, total):
        start = time.process_time()
        network(x)
        seconds.append(time.process_time() - start)

    bare(0, 0)
    seconds.clear()
    start = time.process_time()
    Prior(card, network, Tiling(size, overlap), on_tile=bare)(picture, 0.2)
    tiled = time.process_time() - start - sum(seconds)
    return picture[0, 0].size / 1e6 / tiled, len(seconds) * size**2 / 1e6 / sum(seconds)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="base")
    parser.add_argument("--tiles", default="256,640")
    parser.add_argument("--overlap", type=int, default=48)
    parser.add_argument("--megapixels", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--skip-torch", action="store_true")
    options = parser.parse_args()
    sizes = [int(size) for size in options.tiles.split(",")]
    backends = ["onnxruntime"] if options.skip_torch else ["onnxruntime", "torch"]
    card = find_model(options.model)
    networks = {name: open_network(card, "cpu", name, 1)[0] for name in backends}
    rng = np.random.default_rng(0)

    work = {}
    for size in sizes:
        x = rng.standard_normal((1, 10, size, size), np.float32)
        for name, network in networks.items():
            work[size, name] = lambda network=network, x=x: network(x)
    bare = {
        key: key[0] ** 2 / seconds / 1e6 for key, seconds in fastest(work, options.rounds).items()
    }
    print("bare network, Mpx per CPU second")
    for size in sizes:
        line = "  ".join(f"{name} {bare[size, name]:.3f}" for name in backends)
        ratio = bare[size, backends[0]] / bare[size, backends[-1]]
        print(f"  {size:4d}²  {line}  ratio {ratio:.2f}")

    height = int((options.megapixels * 1e6 / 1.5) ** 0.5)
    picture = rng.standard_normal((1, 3, height, height * 3 // 2), np.float32)
    print(f"{picture[0, 0].size / 1e6:.1f} Mpx in tiles with {backends[0]}, Mpx per CPU second")
    for size in sizes:
        tiled, bare = interleaved(card, networks[backends[0]], size, options.overlap, picture)
        print(
            f"  {size:4d}, overlap {options.overlap}: {tiled:.3f}, bare network {bare:.3f}, "
            f"{tiled / bare:.0%}"
        )

    print("a process from its start, 64² pixels (s), and peak memory (MB)")
    for name in backends:
        values = {"backend": name, "megapixels": options.megapixels, "tile": sizes[-1]}
        print(f"  {name}: {script(START, **values):.2f} s, {script(PEAK, **values):.0f} MB")


if __name__ == "__main__":
    main()
