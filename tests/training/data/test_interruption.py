"""A build that ends early leaves nothing that looks complete, and the next one works."""

from __future__ import annotations

import os
import select
import signal

import numpy as np
import pytest

from restore.errors import PhotoError
from restore.training.data.cache import Cache, build_cache
from tests.training.data.pictures import noise, save, start

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs signals, limits and fork")

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
def progress(done, total):
    print(done, flush=True)
    if done == 1:
        input()
print("ready", flush=True)
input()
build_cache([Path(sys.argv[1])], Path(sys.argv[2]), progress)
"""

CRASHES = """
import os, shutil, signal, warnings
from restore.errors import PhotoError
from restore.training.data.cache import Cache

warnings.simplefilter("ignore", DeprecationWarning)  # of fork beside the threads of a BLAS
photos, old, new, cache = map(Path, sys.argv[1:])
whole = {
    (found.index.key, found.pixels.tobytes()): name
    for name, found in (("old", Cache.open(old)), ("new", build_cache([photos], new)))
}

def die_before(step):
    def hook(event, arguments):
        nonlocal step
        if event in ("open", "os.rename", "os.remove") and str(arguments[0]).startswith(str(cache)):
            if step == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            step -= 1
    sys.addaudithook(hook)

status, step = 1, 0
while status:
    shutil.copytree(old, cache)
    child = os.fork()
    if not child:
        die_before(step)
        build_cache([photos], cache)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    try:
        found = Cache.open(cache)
        print(whole.get((found.index.key, found.pixels.tobytes()), "wrong"))
    except PhotoError:
        print("none")
    shutil.rmtree(cache)
    step += 1
"""


@pytest.fixture
def photos(tmp_path):
    for i in range(6):
        save(tmp_path / "photos" / f"{i}.png", noise(80, 100, seed=i))
    return tmp_path / "photos"


def kill_while_building(photos, cache):
    with start(STALL, photos, cache) as process:
        assert [process.stdout.readline() for _ in range(3)] == ["1\n", "2\n", "3\n"]
        process.send_signal(signal.SIGKILL)


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


def test_a_rebuild_killed_before_any_step_leaves_the_old_cache_or_none_or_the_new(tmp_path, photos):
    old = build_cache([photos], tmp_path / "old")
    save(photos / "0.png", noise(80, 100, seed=9))  # as many pixels as before
    os.utime(photos / "0.png", ns=(0, 1))

    with start(CRASHES, photos, old.folder, tmp_path / "new", tmp_path / "cache") as process:
        out, err = process.communicate(timeout=120)

    assert err == ""
    states = out.split()
    assert set(states) == {"old", "none", "new"}
    assert states == sorted(states, key=["old", "none", "new"].index)


def test_a_disk_that_fills_up_is_said_and_leaves_nothing(tmp_path, photos):
    with start(SMALL_DISK, photos, tmp_path / "cache") as process:
        out, err = process.communicate(timeout=60)
    assert err == ""
    assert out.startswith(f"The cache {tmp_path / 'cache'} cannot be written: File too large.")
    assert "Make room on the disk" in out
    assert names(tmp_path / "cache") == set()


def test_of_two_processes_one_builds_and_both_get_the_cache(tmp_path, photos):
    cache = tmp_path / "cache"
    with start(BUILD, photos, cache) as first, start(BUILD, photos, cache) as second:
        builder, waiting = first, second
        assert [p.stdout.readline() for p in (first, second)] == ["ready\n"] * 2
        for process in (first, second):  # not before: a buffered line is not seen by select
            process.stdin.write("\n")
            process.stdin.flush()
        ready, _, _ = select.select([first.stdout, second.stdout], [], [], 60)
        if second.stdout in ready:
            builder, waiting = second, first
        assert builder.stdout.readline() == "1\n"
        assert select.select([waiting.stdout], [], [], 0.5)[0] == []
        assert builder.communicate("\n", timeout=60) == ("2\n3\n4\n5\n6\n", "")
        assert waiting.communicate(timeout=60) == ("", "")
    assert builder.returncode == waiting.returncode == 0
    assert len(Cache.open(cache).index.pictures) == 6
