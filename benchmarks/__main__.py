"""Everything that is measured: `python -m benchmarks [FOLDER]`, or `make bench BENCH=FOLDER`.

Start-up, photo files, engine, samplers, memory and the worker always; samples by their number of
steps, and quality beside other methods, where a folder of undamaged pictures is given. Figures are
ratios within this run, or carry the peers measured in it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
TASKS = ("denoise", "upscale", "inpaint", "clean")


def main(folders: list[str]) -> int:
    """Run all benchmarks and return the worst exit code."""
    commands = [
        [str(HERE / f"{name}.py")]
        for name in ("startup", "photo_io", "engine", "samplers", "memory")
    ]
    commands += [["-m", "benchmarks.worker"]]
    commands += [[str(HERE / "steps.py"), f] for f in folders]
    commands += [["-m", "restore", "benchmark", task, f] for f in folders for task in TASKS]
    worst = 0
    for command in commands:
        print("\n#", *command, flush=True)
        worst = max(worst, subprocess.run([sys.executable, *command], check=False).returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
