"""What an editor says is shown where it matters, and it is asked outside of our environment."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from restore_editors.asking import about, ask, outside

TRACEBACK = (
    'Traceback (most recent call last):\n  File "/a/restore/restore.py", line 3\n    x\n{}\n'
)


def test_the_last_traceback_that_names_the_plug_in_is_shown() -> None:
    ours, others = TRACEBACK.format("ImportError: numpy"), TRACEBACK.format("ValueError: 7")
    text = ours + "noise\n" + others.replace("restore", "other") + "more noise\n" * 30
    assert about(text, "/a/restore/") == ours.strip()


def test_of_a_long_traceback_the_end_is_shown() -> None:
    deep = TRACEBACK.format("RecursionError: deep").replace("    x\n", "    x\n" * 100)
    shown = about(deep, "/a/restore/")
    assert shown.endswith("RecursionError: deep")
    assert len(shown.splitlines()) == 12


def test_without_a_traceback_the_last_lines_are_shown() -> None:
    assert about("\n".join(map(str, range(40))), "nothing", 3) == "37\n38\n39"
    assert about("", "nothing") == ""


def test_our_own_environment_is_left_out() -> None:
    mine = str(Path(sys.executable).parent)
    given = {
        "PATH": os.pathsep.join([mine, "/usr/bin"]),
        "PYTHONPATH": "/here",
        "VIRTUAL_ENV": sys.prefix,
        "HOME": "/home/her",
        "HERS": "kept",
    }
    kept = outside(given, MORE="1")
    if sys.prefix != sys.base_prefix:
        assert kept == {"PATH": "/usr/bin", "HOME": "/home/her", "HERS": "kept", "MORE": "1"}
    assert "PYTHONPATH" not in kept


def test_a_program_that_takes_too_long_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    code = f"sleep 600 & echo $! > {tmp_path / 'pid'}; wait"
    with pytest.raises(subprocess.TimeoutExpired):
        ask(["/bin/sh", "-c", code], {"PATH": os.defpath}, seconds=1)
    pid = (tmp_path / "pid").read_text().strip()
    end = time.monotonic() + 20
    while not gone(pid) and time.monotonic() < end:
        time.sleep(0.02)
    assert gone(pid)


def gone(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
    except OSError:
        return True
