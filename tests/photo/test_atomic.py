"""A written file is complete or absent, whatever happens; nothing is replaced unasked."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from restore.errors import WriteError
from restore.photo import Photo, read, write
from restore.photo.atomic import write_bytes
from tests.photo.conftest import picture

posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals and permissions")

WRITER = """
import signal, sys
from pathlib import Path
from restore.photo.atomic import write_bytes
folder, size, overwrite = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "True"
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
try:
    for number in range(1, 10**9):
        path = folder / ("x.bin" if overwrite else f"{number}.bin")
        write_bytes(path, bytes([number % 255 + 1]) * size, overwrite=overwrite)
        overwrite or number < 2 or (folder / f"{number - 1}.bin").unlink()
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def photo() -> Photo:
    return Photo.from_array(picture(20, 30, 3, np.uint8))


def end_in_the_middle(folder: Path, number: int, overwrite: bool, nth: int) -> tuple[int, str]:
    """Let a process write again and again, and signal it while its temporary file is there.

    It is stopped first, so that it is certain where the signal finds it.

    Returns:
        How many temporary files are left, and what the process said.
    """
    size = 1_000_000
    command = [sys.executable, "-c", WRITER, str(folder), str(size), str(overwrite)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        met = 0
        while met < nth:
            if not any(folder.glob(".restore-*.tmp")):
                continue
            process.send_signal(signal.SIGSTOP)
            os.waitpid(process.pid, os.WUNTRACED)
            met += any(folder.glob(".restore-*.tmp"))
            if met == nth:
                process.send_signal(number)
            process.send_signal(signal.SIGCONT)
        words = process.communicate()[0]
    temporary = list(folder.glob(".restore-*.tmp"))
    for path in set(folder.iterdir()) - set(temporary):
        data = path.read_bytes()
        assert len(data) == size
        assert data == data[:1] * size
    return len(temporary), words


@posix
@pytest.mark.parametrize("overwrite", [True, False])
def test_killed_in_the_middle_a_file_is_complete_or_absent(tmp_path, overwrite):
    for nth in (1, 2, 3):
        folder = tmp_path / str(nth)
        folder.mkdir()
        if overwrite:
            (folder / "x.bin").write_bytes(bytes(1_000_000))
        left, _ = end_in_the_middle(folder, signal.SIGKILL, overwrite, nth)
        assert left == 1
        assert (folder / "x.bin").exists() == overwrite


@posix
@pytest.mark.parametrize("overwrite", [True, False])
def test_interrupted_in_the_middle_nothing_is_left_behind(tmp_path, overwrite):
    for nth in (1, 2, 3):
        folder = tmp_path / str(nth)
        folder.mkdir()
        left, words = end_in_the_middle(folder, signal.SIGINT, overwrite, nth)
        assert (left, words) == (0, "interrupted\n")


@posix
def test_a_full_disk_leaves_the_old_file(tmp_path):
    code = """
import resource, signal, sys
from pathlib import Path
from restore.errors import WriteError
from restore.photo.atomic import write_bytes
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, -1))
try:
    write_bytes(Path(sys.argv[1]), bytes(200_000), overwrite=True)
except WriteError as error:
    print(error.hint)
"""
    path = write(photo(), tmp_path / "x.png")
    before = path.read_bytes()
    command = [sys.executable, "-c", code, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "room" in done.stdout
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["x.png"]


def test_of_many_writers_one_wins_and_nothing_is_replaced(tmp_path):
    path = tmp_path / "x.bin"
    start = threading.Barrier(8)
    won: list[int] = []
    lost: list[str] = []

    def attempt(number: int) -> None:
        start.wait()
        try:
            write_bytes(path, bytes([number]) * 100_000)
            won.append(number)
        except WriteError as error:
            lost.append(error.message)

    threads = [threading.Thread(target=attempt, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert len(lost) == 7
    assert all("already exists" in message for message in lost)
    assert path.read_bytes() == bytes([won[0]]) * 100_000
    assert [p.name for p in tmp_path.iterdir()] == ["x.bin"]


def test_an_existing_file_stays_unless_overwriting_is_allowed(tmp_path):
    path = tmp_path / "x.png"
    path.write_bytes(b"precious")
    with pytest.raises(WriteError, match="already exists") as caught:
        write(photo(), path)
    assert caught.value.hint
    assert path.read_bytes() == b"precious"
    write(photo(), path, overwrite=True)
    np.testing.assert_array_equal(read(path).pixels, photo().pixels)


def test_a_photo_that_does_not_fit_its_format_leaves_the_old_file(tmp_path):
    path = tmp_path / "x.jpg"
    path.write_bytes(b"precious")
    with pytest.raises(WriteError, match="transparency"):
        write(Photo.from_array(picture(8, 9, 4, np.uint8)), path, overwrite=True)
    assert path.read_bytes() == b"precious"


@posix
def test_permissions_are_kept_and_new_files_follow_the_umask(tmp_path):
    path = write(photo(), tmp_path / "x.png")
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask
    path.chmod(0o640)
    write(photo(), path, overwrite=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@posix
def test_a_link_stays_a_link(tmp_path):
    real = write(photo(), tmp_path / "real.png")
    (tmp_path / "link.png").symlink_to(real)
    with pytest.raises(WriteError, match="already exists"):
        write(photo(), tmp_path / "link.png")
    other = Photo.from_array(picture(5, 6, 3, np.uint8))
    write(other, tmp_path / "link.png", overwrite=True)
    assert (tmp_path / "link.png").is_symlink()
    assert read(real).size == (6, 5)


def test_places_that_cannot_be_written(tmp_path):
    for path, match in (
        (tmp_path / "missing" / "x.png", "does not exist"),
        (tmp_path / "a\0b.png", "null"),
        (tmp_path / ("x" * 300 + ".png"), "long"),
    ):
        with pytest.raises(WriteError, match=match) as caught:
            write(photo(), path)
        assert caught.value.hint
    (tmp_path / "folder.png").mkdir()
    for overwrite in (False, True):
        with pytest.raises(WriteError, match="is a folder"):
            write(photo(), tmp_path / "folder.png", overwrite=overwrite)
    assert [p.name for p in tmp_path.iterdir()] == ["folder.png"]


@posix
def test_a_pipe_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "x.png")
    with pytest.raises(WriteError, match="not a regular file"):
        write(photo(), tmp_path / "x.png", overwrite=True)


@posix
def test_a_closed_folder_is_refused(tmp_path):
    code = """
import os, sys
from pathlib import Path
from restore.errors import WriteError
from restore.photo.atomic import write_bytes
if os.geteuid() == 0:
    os.setuid(65534)
try:
    write_bytes(Path(sys.argv[1]), b"x")
except WriteError as error:
    print(error)
"""
    tmp_path.chmod(0o555)
    for folder in (tmp_path, "/proc"):
        command = [sys.executable, "-c", code, f"{folder}/x.png"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if "Permission" in done.stderr:
            pytest.skip("another user cannot reach the library here")
        assert "cannot be written" in done.stdout
        assert "permissions" in done.stdout
    tmp_path.chmod(0o755)
    assert list(tmp_path.iterdir()) == []
