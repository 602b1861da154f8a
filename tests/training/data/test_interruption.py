"""A build that ends early leaves nothing that looks complete, and the next one works."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest

from restore.errors import PhotoError
from restore.training.data.cache import Cache, build_cache
from tests.training.data.pictures import noise, save, start

STALL = """
import time
def progress(done, total):
    print(done, flush=True)
    while done == 3:
        time.sleep(1)
build_cache([Path(sys.argv[1])], Path(sys.argv[2]), progress)
"""

SMALL_DISK = """
import resource
from restore.errors import WriteError
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    build_cache([Path(sys.argv[1])], Path(sys.argv[2]))
except WriteError as error:
    print(error)
"""

BUILD = """
cache = build_cache([Path(sys.argv[1])], Path(sys.argv[2]), lambda *p: print(*p))
print(sorted(f.name for f in cache.folder.iterdir() if f.name != ".lock"))
"""


@pytest.fixture
def photos(tmp_path):
    for i in range(6):
        save(tmp_path / "photos" / f"{i}.png", noise(80, 100, seed=i))
    return tmp_path / "photos"


def kill_while_building(photos, cache):
    with start(STALL, photos, cache) as process:
        assert [process.stdout.readline() for _ in range(3)] == ["1\n", "2\n", "3\n"]
        process.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)


def names(folder):
    return {file.name for file in folder.iterdir()} - {".lock"}


def test_a_killed_build_leaves_no_cache_and_the_next_one_works(tmp_path, photos):
    cache = tmp_path / "cache"
    for _ in range(2):
        kill_while_building(photos, cache)
        assert names(cache) == {"pixels.u8.tmp"}
        with pytest.raises(PhotoError, match="no complete cache"):
            Cache.open(cache)

    built = build_cache([photos], cache)

    assert names(cache) == {"pixels.u8", "index.json"}
    expected = np.concatenate([noise(80, 100, seed=i).ravel() for i in range(6)])
    np.testing.assert_array_equal(built.pixels, expected)


def test_a_killed_rebuild_leaves_the_cache_that_was_there(tmp_path, photos):
    before = build_cache([photos], tmp_path / "cache")
    save(photos / "7.png", noise(9, 9))

    kill_while_building(photos, before.folder)

    after = Cache.open(before.folder)
    assert after.index == before.index
    np.testing.assert_array_equal(after.pixels, before.pixels)
    assert len(build_cache([photos], before.folder).index.pictures) == 7


def test_a_cancelled_build_leaves_nothing(tmp_path, photos):
    def cancel(done, total):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_cache([photos], tmp_path / "cache", cancel)
    assert names(tmp_path / "cache") == set()


@pytest.mark.skipif(os.name == "nt", reason="needs resource limits")
def test_a_disk_that_fills_up_is_said_and_leaves_nothing(tmp_path, photos):
    with start(SMALL_DISK, photos, tmp_path / "cache") as process:
        out, err = process.communicate(timeout=60)
    assert err == ""
    assert out.startswith(f"The cache {tmp_path / 'cache'} cannot be written: File too large.")
    assert "Make room on the disk" in out
    assert names(tmp_path / "cache") == set()


def test_of_two_processes_one_builds_and_both_get_the_cache(tmp_path, photos):
    builders = [start(BUILD, photos, tmp_path / "cache") for _ in range(2)]
    outputs = [builder.communicate(timeout=60) for builder in builders]
    assert [err for _, err in outputs] == ["", ""]
    ends = {out.splitlines()[-1] for out, _ in outputs}
    assert ends == {"['index.json', 'pixels.u8']"}
    assert sorted(len(out.splitlines()) for out, _ in outputs) == [1, 7]
