"""Peak memory of the command line on a photo that is larger than the memory that it is given.

    python benchmarks/strips.py [WIDTH HEIGHT [GIGABYTES]] [-- COMMAND OPTION…]

Writes a 16-bit TIFF of smooth waves and grain, by default 20,000 × 10,000 (200 megapixels), and
restores it, by default with `denoise --strength 0`, which reads and writes everything and needs no
model. Where the system lets it (Linux, root), a control group of 3 GB holds the process with all
that it makes the system keep for it; elsewhere only its resident memory is measured. Exit code 1
if it fails or takes more.

    python benchmarks/strips.py 20000 10000 3 -- denoise --noise 0.05 --model base
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from restore.photo import Photo, Strips, write_strips

GROUPS = Path("/sys/fs/cgroup")


def grainy(width, height, rows=256):
    """A photo in strips: no two rows alike, noise as a camera has it."""
    rng = np.random.default_rng(0)
    x = np.sin(np.arange(width, dtype=np.float32) / 90)

    def strips():
        for top in range(0, height, rows):
            y = np.cos(np.arange(top, min(top + rows, height), dtype=np.float32) / 70)
            wave = 30000 + 12000 * np.outer(y, x)
            grain = rng.standard_normal((*wave.shape, 3), np.float32)
            yield Photo((wave[..., None] + 3277 * grain).clip(0, 65535).astype(np.uint16))

    like = Photo(np.zeros((1, width, 3), np.uint16))
    return Strips((width, height), like, rows=strips())


@contextmanager
def group(limit):
    """A control group that may hold so many bytes, and the figures to read from it."""
    first = (GROUPS / "cgroup.controllers").exists()
    folder = (GROUPS if first else GROUPS / "memory") / f"restore-{os.getpid()}"
    maximum, peak = ("memory.max", "memory.peak")
    if not first:
        maximum, peak = "memory.limit_in_bytes", "memory.max_usage_in_bytes"
    try:
        folder.mkdir()
        (folder / maximum).write_text(str(limit))
    except OSError as error:
        print(f"no control group: {error}")
        yield None, None
        return
    try:
        yield folder / "cgroup.procs", folder / peak
    finally:
        folder.rmdir()


def main(width, height, gigabytes, command):
    limit = int(gigabytes * 1e9)
    with tempfile.TemporaryDirectory(dir=os.environ.get("RESTORE_BENCH")) as folder:
        source, target = Path(folder) / "large.tif", Path(folder) / "done.tif"
        write_strips(grainy(width, height), source)
        print(f"{width}×{height}: {source.stat().st_size / 1e9:.2f} GB on disk")
        start = time.perf_counter()
        call = [sys.executable, "-m", "restore", *command, str(source), "-o", str(target)]
        with group(limit) as (processes, peak):

            def enter():
                if processes:
                    processes.write_text(str(os.getpid()))

            code = subprocess.run(call, preexec_fn=enter, check=False).returncode
            counted = int(peak.read_text()) if peak else None
        seconds = time.perf_counter() - start
    resident = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(f"{' '.join(command)}: {seconds:.0f} s, {resident / 1e9:.2f} GB resident, exit {code}")
    if counted is not None:
        print(f"with all that the system kept for it: {counted / 1e9:.2f} GB of {gigabytes:g}")
    return int(code != 0 or resident > limit)


if __name__ == "__main__":
    cut = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    numbers = [float(number) for number in sys.argv[1:cut]]
    width, height = (int(number) for number in numbers[:2] or (20_000, 10_000))
    options = sys.argv[cut + 1 :] or ["denoise", "--strength", "0"]
    sys.exit(main(width, height, numbers[2] if len(numbers) > 2 else 3.0, options))
