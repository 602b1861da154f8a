"""Installs the editors, best effort, and runs their tests: `python -m tests.editors [SUITE]…`.

What cannot be installed is told loudly at the end, and is no failure; a test that fails is one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.editors.inside import obstacle
from tests.editors.roots import SUITES
from tests.editors.roots.__main__ import ensure

HERE = Path(__file__).parent


def main(names: list[str]) -> int:
    """Return the worst exit code of pytest; 2 if there is no such suite."""
    if unknown := [name for name in names if name not in SUITES]:
        print(f"There is no suite {unknown[0]}: choose from {', '.join(SUITES)}.", file=sys.stderr)
        return 2
    worst = 0
    absent = {}
    for name in names:
        if reason := ensure(name) or obstacle(name):
            absent[name] = reason
            continue
        print(f"\n# the editors of {name}", flush=True)
        worst = max(worst, tested(name))
    if absent:
        print(f"\n{'!' * 78}\nNOT TESTED in the real editors:")
        for name, reason in absent.items():
            print(f"    {name}: {reason}")
        print("!" * 78, flush=True)
    return worst


def tested(name: str) -> int:
    """Run the tests with one suite; return pytest's exit code.

    Windows, keys and other people's programs are at work: what fails has a second chance, by
    itself, and only what fails twice has failed. The first failure stays to be read above.
    """
    command = [sys.executable, "-m", "pytest", str(HERE)]
    environment = os.environ | {"RESTORE_EDITORS_SUITE": name}
    code = subprocess.run(command, env=environment, check=False).returncode
    if code != pytest.ExitCode.TESTS_FAILED:
        return code
    print(f"\n# {name}: what failed, once more", flush=True)
    again = [*command, "--last-failed", "--last-failed-no-failures", "none"]
    return subprocess.run(again, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["trixie"]))
