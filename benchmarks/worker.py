"""What the worker adds to an action: time over the bare one, large layers, the way from nothing.

    python -m benchmarks.worker [REPEATS]

Real processes over a Unix socket, with an action that changes nothing. Exit code 1 if a figure is
above its target.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from restore.hooks.run import run_action
from restore.photo import Photo
from restore.tasks.context import EngineContext
from tests.plugins import install
from tests.plugins.identity import IDENTITY
from tests.worker.host import Worker, frames, request, spawn

MEGAPIXEL, LAYER = (1000, 1000, 3), (4000, 6000, 4)


def median(action: Callable[[], object], repeats: int) -> float:
    action()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def picture(shape: tuple[int, int, int]) -> np.ndarray:
    pixels = np.random.default_rng(0).integers(0, 255, shape, np.uint8, endpoint=True)
    pixels[..., 3:] = 255
    return pixels


def bare(pixels: np.ndarray) -> None:
    photo = Photo.from_array(pixels)
    run_action(IDENTITY, photo, {}, EngineContext(None), provenance=False)  # type: ignore[arg-type]


def there_and_back(worker: Worker, body: bytes) -> None:
    *_, (header, payload) = worker.run("identity", body)
    assert header["kind"] == "result"
    assert body.endswith(payload)


def first_progress(folder: Path, site: Path, body: bytes) -> float:
    """Return the time from starting a worker to the first frame of progress."""
    start = time.perf_counter()
    worker = spawn(folder, site).wait()
    with worker.answer("identity", body) as response:
        header, _ = next(frames(response))
        seconds = time.perf_counter() - start
    assert header["kind"] == "progress"
    worker.end()
    return seconds


def main(repeats: int) -> int:
    met = True

    def show(what: str, seconds: float, target: float) -> None:
        nonlocal met
        met &= seconds < target
        print(f"{what}: {1000 * seconds:.0f} ms; target below {1000 * target:.0f} ms")

    with tempfile.TemporaryDirectory() as temporary:
        site = Path(temporary) / "site"
        site.mkdir()
        install(site, "identity")
        small, large = picture(MEGAPIXEL), picture(LAYER)
        worker = spawn(Path(temporary) / "w", site).wait()
        try:
            body = request(small)
            alone = median(lambda: bare(small), repeats)
            through = median(lambda: there_and_back(worker, body), repeats)
            print(f"1 Mpx RGB u8: bare {1000 * alone:.0f} ms, through {1000 * through:.0f} ms")
            show("1 Mpx RGB u8, over the bare action", through - alone, 0.1)
            layer = request(large)
            count = max(3, repeats // 5)
            show(
                "24 Mpx RGBA u8, there and back",
                median(lambda: there_and_back(worker, layer), count),
                1.5,
            )
        finally:
            worker.end()
        starts = [
            first_progress(Path(temporary) / f"w{n}", site, body) for n in range(max(3, count))
        ]
        show("From nothing to the first progress", statistics.median(starts), 2.0)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, median of {repeats}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 15))
