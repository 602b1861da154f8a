"""What the way from an editor to the worker and back costs: `python -m benchmarks.editors [SUITE]`.

It needs the editors that `make test-editors` installs, and root. An action that gives back what
it gets is timed in a plain Python program, in GIMP and in Krita; what the action took by its own
report is subtracted. Median of several runs, with a warm worker unless it says cold.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

from restore_editors.restore_client import Image
from tests.editors import inside, roots
from tests.editors.programs.display import Display
from tests.editors.programs.gimp import Gimp
from tests.editors.programs.krita import Krita
from tests.editors.toolkit import Toolkit

SCRIPTS = Path(inside.__file__).parent / "scripts"
ACTION, PARAMETERS = "slow", {"rounds": 1, "seconds": 0.0}
SIZES = {"1 Mpx": ((1024, 1024), 9), "24 Mpx": ((6000, 4000), 3)}


def main(arguments: list[str]) -> int:
    """Measure, and print a table."""
    suite = roots.SUITES[arguments[0] if arguments else "trixie"]
    if reason := inside.obstacle(suite.name):
        print(reason, file=sys.stderr)
        return 1
    session = uuid.uuid4().hex
    try:
        with tempfile.TemporaryDirectory(prefix="re-", ignore_cleanup_errors=True) as folder:
            _measure(suite, inside.Root(roots.folder() / suite.name, session), Path(folder))
    finally:
        inside.stop_all(session)
    return 0


def _measure(suite: roots.Suite, root: inside.Root, folder: Path) -> None:
    toolkit = Toolkit(folder / "t", {inside.MARK: root.session})
    display = Display(root, folder / "d").open()
    gimp = Gimp(root, suite.gimp, folder / "g")
    krita = Krita(display, folder / "k")
    toolkit.install("gimp", gimp.profile)
    toolkit.install("krita", krita.resources)
    print("| | whole, ms | without the action, ms | |\n|---|---|---|---|")
    for name, (size, times) in SIZES.items():
        asked = {"action": ACTION, "parameters": PARAMETERS, "size": size, "times": times}
        _row(f"Python, {name}", _in_python(toolkit, size, times))
        told = gimp.run(SCRIPTS / "timing_gimp.py", "calls", asked)
        start = statistics.median(refused for *_, refused in told)
        note = f"of it {1000 * start:.0f} ms GIMP's start of a plug-in that then refuses"
        _row(f"GIMP, {name}", told, note)
        told = krita.run(SCRIPTS / "timing_krita.py", "runs", asked)
        gap = max(gap for *_, gap in told)
        _row(f"Krita, {name}", told, f"interface still for {1000 * gap:.0f} ms at most")
    for name, editor, function in (("GIMP", gimp, "calls"), ("Krita", krita, "runs")):
        cold = [_cold(toolkit, editor, f"timing_{name.lower()}.py", function) for _ in range(3)]
        seconds = statistics.median(cold)
        print(f"| {name}, cold worker: call to first progress | {1000 * seconds:.0f} | | |")
    gimp.kill()
    krita.kill()
    display.close()


def _row(name: str, told: list[list[float]], note: str = "") -> None:
    whole = statistics.median(seconds for seconds, *_ in told)
    without = statistics.median(seconds - action for seconds, _, action, *_ in told)
    print(f"| {name} | {1000 * whole:.0f} | {1000 * without:.0f} | {note} |", flush=True)


def _in_python(toolkit: Toolkit, size: tuple[int, int], times: int) -> list[list[float]]:
    width, height = size
    block = bytes(range(256)) * 4096
    data = (block * (3 * width * height // len(block) + 1))[: 3 * width * height]
    image = Image(width, height, 3, False, "u8", data)
    worker = toolkit.worker()
    told = []
    for _ in range(times + 1):
        start = time.perf_counter()
        outcome = worker.run(ACTION, PARAMETERS, image)
        told.append([time.perf_counter() - start, 0.0, outcome.report["seconds"]])
    return told[1:]


def _cold(toolkit: Toolkit, editor: Any, script: str, function: str) -> float:
    """Return how long after a call the action ran, in a worker that had to be started."""
    toolkit.worker().stop()
    while (toolkit.folder / "worker" / "worker.sock").exists():
        time.sleep(0.05)
    time.sleep(1)
    toolkit.trace.unlink(missing_ok=True)
    asked = {"action": ACTION, "parameters": PARAMETERS, "size": (256, 256), "times": 1}
    ((_, began, *_),) = editor.run(SCRIPTS / script, function, asked)
    return toolkit.trace.stat().st_mtime - began


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
