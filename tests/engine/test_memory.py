"""How much memory can be had, inside and outside control groups."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from restore.engine.memory import _left, free_memory

MB = 10**6


def group(folder: Path, *, limit: str, usage: int, cache: int) -> None:
    """Lay out a control group of the second version as the kernel does."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "memory.max").write_text(f"{limit}\n")
    (folder / "memory.current").write_text(f"{usage}\n")
    (folder / "memory.stat").write_text(f"anon 1\ninactive_file {cache}\n")


def test_there_is_no_more_than_the_machine_has() -> None:
    swap = psutil.swap_memory().total

    assert 0 < free_memory() <= psutil.virtual_memory().total + swap


def test_the_tightest_group_above_counts_and_its_cache_is_room(tmp_path: Path) -> None:
    membership, mounted = tmp_path / "cgroup", tmp_path / "mounted"
    membership.write_text("0::/user/session\n")
    group(mounted / "user", limit=str(300 * MB), usage=250 * MB, cache=30 * MB)
    group(mounted / "user" / "session", limit="max", usage=MB, cache=0)

    assert list(_left(membership, mounted)) == [80 * MB]


def test_a_container_s_own_group_is_the_mounted_one(tmp_path: Path) -> None:
    membership, mounted = tmp_path / "cgroup", tmp_path / "mounted"
    membership.write_text("0::/system/docker-abc\n")
    group(mounted, limit=str(100 * MB), usage=40 * MB, cache=0)

    assert list(_left(membership, mounted)) == [60 * MB]


def test_a_process_in_a_real_group_has_what_the_group_has(tmp_path: Path) -> None:
    parent = Path("/sys/fs/cgroup/memory")
    own = parent / f"restore-test-{os.getpid()}"
    try:
        own.mkdir()
        (own / "memory.limit_in_bytes").write_text(str(700 * MB))
    except OSError as error:
        pytest.skip(f"no control group can be made here: {error}")
    try:
        code = (
            f"import os; open('{own}/cgroup.procs', 'w').write(str(os.getpid()))\n"
            "from restore.engine.memory import free_memory; print(free_memory())"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
        )
    finally:
        own.rmdir()

    assert 500 * MB < int(done.stdout) <= 700 * MB
