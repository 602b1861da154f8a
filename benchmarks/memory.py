"""Peak memory and pace of `restore denoise` on a large photo, everything counted.

    python benchmarks/memory.py [MEGAPIXELS]

The photo is a smooth pattern with grain, saved as a JPEG. Exit code 1 above 2.5 GB.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import restore

LIMIT = 2.5e9


def grainy(megapixels):
    height = int((megapixels * 1e6 / 1.5) ** 0.5)
    y, x = np.mgrid[:height, : height * 3 // 2].astype(np.float32)
    picture = 128 + 60 * np.sin(x / 90) * np.cos(y / 70)
    grain = np.random.default_rng(0).standard_normal((*picture.shape, 3), np.float32)
    return (picture[..., None] + 12 * grain).clip(0, 255).astype(np.uint8)


def main(megapixels):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.jpg"
        restore.Photo.from_array(grainy(megapixels)).write(path, quality=97)
        start = time.perf_counter()
        command = [sys.executable, "-m", "restore", "denoise", str(path)]
        subprocess.run(command, check=True)
        seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(f"{megapixels:g} Mpx: {seconds:.0f} s, {peak / 1e9:.2f} GB; target below 2.5 GB")
    return 0 if peak < LIMIT else 1


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 24))
