"""Every file that ever broke a promise, as short as it can be, and never again."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from restore.photo import FORMATS
from tests.fuzz.worker import Worker

FOLDER = Path(__file__).with_name("regressions")
FILES = sorted(FOLDER.glob("*.bin"))


@pytest.fixture(scope="module")
def worker():
    with Worker() as worker:
        yield worker


@pytest.mark.skipif(sys.platform != "linux", reason="needs limits on memory")
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_that_broke_a_promise_does_so_no_more(worker, file):
    for target in FORMATS:
        if target.encode:
            assert not worker.examine(file.read_bytes(), target.suffixes[0]).fault


def test_of_each_file_is_told_what_it_did():
    told = re.findall(r"^- `(.+?)`: .{10}", (FOLDER / "README.md").read_text(), re.MULTILINE)
    assert told == [file.name for file in FILES]
    assert all(file.stat().st_size < 10_000 for file in FILES)
