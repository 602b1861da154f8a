"""How long the toolkit takes to start, as a multiple of starting Python with numpy.

    python benchmarks/startup.py [REPEATS]

The commands take turns, so that whatever else the machine does falls on all of them alike; the
ratio of medians is what counts. Exit code 1 if a ratio is above its target.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

BASE = ("-c", "import numpy")
COMMANDS = {
    "restore --help": (("-m", "restore", "--help"), 2.5),
    "import restore": (("-c", "import restore"), 1.5),
}


def seconds(arguments: tuple[str, ...]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main(repeats: int) -> int:
    calls = {"import numpy": BASE} | {name: call for name, (call, _) in COMMANDS.items()}
    for call in calls.values():
        seconds(call)
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            times[name].append(seconds(call))
    medians = {name: statistics.median(values) for name, values in times.items()}
    base = medians["import numpy"]
    print(f"python -c 'import numpy': {1000 * base:.0f} ms, median of {repeats}")
    met = True
    for name, (_, target) in COMMANDS.items():
        ratio = medians[name] / base
        met &= ratio < target
        print(f"{name}: {1000 * medians[name]:.0f} ms, {ratio:.2f} times; target below {target}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 21))
