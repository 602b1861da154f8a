"""A worker's life as a process: found again, alone, gone in time."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from contextlib import closing, suppress

import numpy as np
import pytest

from tests.disks import small_disk
from tests.worker.host import frames, mapped, request

PIXELS = np.zeros((8, 8, 3), np.uint8)


def test_health_and_actions(worker):
    status, health = worker.ask("GET", "/health")
    assert (status, health["protocol"], health["pid"]) == (200, 1, worker.process.pid)
    assert (health["running"], health["waiting"]) == (0, 0)

    _, answer = worker.ask("GET", "/actions")
    entries = {entry["name"]: entry for entry in answer["actions"]}
    assert entries.keys() >= {"denoise", "inpaint", "identity", "slow"}
    assert [field["name"] for field in entries["slow"]["fields"]][:2] == ["seconds", "trace"]


def test_nobody_else_can_see_the_socket(worker):
    assert stat.S_IMODE(worker.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((worker.folder / "worker.sock").stat().st_mode) == 0o600


def test_a_second_worker_leaves_when_the_first_one_answers(start):
    first = start().wait()
    second = start()

    assert second.process.wait(60) == 0
    assert first.ask("GET", "/health")[1]["pid"] == first.process.pid


def test_it_leaves_after_idling_and_takes_its_socket_along(start):
    worker = start(idle=0.5).wait()

    assert worker.process.wait(60) == 0
    assert not (worker.folder / "worker.sock").exists()


def test_a_killed_worker_is_followed_by_another(start):
    first = start().wait()
    first.process.kill()
    first.process.wait()
    assert (first.folder / "worker.sock").exists()

    assert start().wait().ask("GET", "/health")[0] == 200


def test_quitting_waits_for_what_runs(start, tmp_path):
    with (tmp_path / "log").open("wb") as log:
        worker = start(idle=1, log=log).wait()  # so that it looks at its folder often
    with worker.answer("slow", request(PIXELS, parameters={"steps": 40})) as response:
        assert response.status == 200
        worker.ask("POST", "/quit")
        *_, (header, _) = frames(response)

    assert header["kind"] == "result"
    assert worker.process.wait(60) == 0
    assert "was taken away" not in (tmp_path / "log").read_text("utf-8")


def test_closing_the_connection_stops_the_action_within_a_step(worker, tmp_path):
    trace = tmp_path / "trace"
    parameters = {"steps": 1000, "seconds": 0.05, "trace": str(trace)}
    with worker.answer("slow", request(PIXELS, parameters=parameters)) as response:
        next(frames(response))
        while not trace.exists():
            time.sleep(0.01)
    while worker.ask("GET", "/health")[1]["running"]:
        time.sleep(0.01)

    steps = len(trace.read_text().splitlines())

    time.sleep(0.2)
    assert len(trace.read_text().splitlines()) == steps < 1000


def test_over_loopback_with_a_token(start):
    worker = start("--tcp")
    while not (worker.folder / "worker.json").exists():
        time.sleep(0.02)
    worker.wait()
    assert stat.S_IMODE((worker.folder / "worker.json").stat().st_mode) == 0o600
    assert worker.run("identity", request(PIXELS))[-1][1] == PIXELS.tobytes()

    assert worker.ask("GET", "/health", Authorization="Bearer x")[0] == 403
    assert worker.ask("GET", "/health", Host="evil.example")[0] == 403
    assert worker.ask("GET", "/health", Host="127.0.0.1.evil.example:1")[0] == 403


def test_another_protocol_is_told_what_to_type(worker):
    status, answer = worker.ask("GET", "/actions", **{"Restore-Protocol": "2"})

    assert status == 409
    assert "restore install" in answer["error"]["hint"]


def test_five_started_at_once_are_one(start):
    workers = [start() for _ in range(5)]
    for worker in workers:
        while worker.process.poll() is None and not answers(worker):
            time.sleep(0.02)
    ended = [worker for worker in workers if worker is not alive(workers)]

    assert [worker.process.wait(60) for worker in ended] == [0] * 4
    assert alive(workers).run("identity", request(PIXELS))[-1][1] == PIXELS.tobytes()


def answers(worker):
    try:
        return worker.ask("GET", "/health")[1]["pid"]
    except OSError:
        return None


def alive(workers):
    pid = answers(workers[0])
    return next(worker for worker in workers if worker.process.pid == pid)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_what_runs_and_says_so(start, number):
    worker = start().wait()
    with worker.answer("slow", request(PIXELS, parameters={"steps": 1000})) as response:
        answer = frames(response)
        while next(answer)[0]["fraction"] == 0:
            pass
        worker.process.send_signal(number)
        *_, (header, _) = answer

    assert header["error"]["type"] == "CancelledError"
    assert worker.process.wait(60) == 0
    assert not (worker.folder / "worker.sock").exists()


def test_while_an_old_worker_finishes_a_new_one_serves(start):
    old = start().wait()
    with old.answer("slow", request(PIXELS, parameters={"steps": 100})) as response:
        next(frames(response))
        old.ask("POST", "/quit")
        new = start().wait()
        assert new.ask("GET", "/health")[1]["pid"] == new.process.pid
        *_, (header, _) = frames(response)

    assert header["kind"] == "result"
    assert old.process.wait(60) == 0
    assert new.ask("GET", "/health")[0] == 200


def test_a_worker_whose_folder_was_taken_away_leaves_and_takes_nothing_of_the_next_one(start):
    old = start().wait()
    with old.answer("slow", request(PIXELS, parameters={"steps": 60})) as response:
        next(frames(response))
        shutil.rmtree(old.folder)
        new = start().wait()
        *_, (header, _) = frames(response)

    assert header["kind"] == "result"
    assert old.process.wait(60) == 0
    assert new.ask("GET", "/health")[1]["pid"] == new.process.pid


def test_torch_is_not_imported_for_the_list_of_actions_or_a_run_without_it(worker):
    worker.ask("GET", "/actions")
    worker.run("identity", request(PIXELS))

    assert "libtorch" not in mapped(worker)


def refusal(start, *arguments, **options):
    worker = start(*arguments, **options)
    out, err = worker.process.communicate(timeout=60)
    assert worker.process.returncode == 10, err
    assert "Traceback" not in out + err
    return err


def test_a_folder_that_others_can_see_is_refused(start, tmp_path):
    (tmp_path / "w").mkdir(mode=0o750)
    assert "chmod 700" in refusal(start)
    (tmp_path / "w").chmod(0o705)
    assert "open to other users" in refusal(start)


def test_a_link_to_a_folder_is_refused(start, tmp_path):
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "w").symlink_to(tmp_path / "real")

    assert "link" in refusal(start)
    assert not any((tmp_path / "real").iterdir())


def test_a_folder_that_everyone_can_replace_is_refused(start, tmp_path):
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)

    assert "Everyone may write" in refusal(start, folder=tmp_path / "open" / "w")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders away")
def test_a_folder_of_another_user_is_refused(start, tmp_path):
    (tmp_path / "w").mkdir(mode=0o700)
    os.chown(tmp_path / "w", 12345, 12345)

    assert "another user" in refusal(start)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become someone else")
def test_another_user_is_not_let_in(start, tmp_path):
    """Even if he could reach the socket."""
    worker = start().wait()
    for folder in (worker.folder, *worker.folder.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o055)
    (worker.folder / "worker.sock").chmod(0o666)
    code = (
        "import os, socket, sys; os.setuid(12345); s = socket.socket(socket.AF_UNIX);"
        "s.connect(sys.argv[1]); print(s.recv(9999))"
    )
    command = [sys.executable, "-c", code, str(worker.folder / "worker.sock")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert "403" in done.stdout, done
    assert "user 12345" in done.stdout


def test_what_is_no_socket_is_left_alone(start, tmp_path):
    (tmp_path / "w").mkdir(mode=0o700)
    (tmp_path / "w" / "worker.sock").write_text("a letter")

    assert "no socket" in refusal(start)
    assert (tmp_path / "w" / "worker.sock").read_text() == "a letter"


def test_a_path_too_long_for_a_socket_is_refused(start, tmp_path):
    assert "too long for a socket" in refusal(start, folder=tmp_path / ("x" * 120))


def test_a_full_disk_is_said_in_words(start, tmp_path):
    with small_disk(tmp_path / "disk", 16, files=2) as disk:
        folder = disk / "w"
        folder.mkdir(mode=0o700)
        (folder / "filler").write_bytes(b"")

        assert "No space left" in refusal(start, folder=folder)
        assert "No space left" in refusal(start, "--tcp", folder=folder)


def test_a_log_on_a_full_disk_stops_nothing(start, tmp_path):
    with small_disk(tmp_path / "disk", 64) as disk:
        with (disk / "log").open("wb") as log, suppress(OSError):
            log.write(bytes(1 << 20))
        with (disk / "log").open("ab") as log:
            worker = start(log=log).wait()
        try:
            *_, (header, _) = worker.run("talk", request(PIXELS))
            assert header["kind"] == "result"
        finally:
            worker.end()


def test_a_link_instead_of_the_socket_is_refused(start, tmp_path):
    (tmp_path / "w").mkdir(mode=0o700)
    (tmp_path / "w" / "worker.sock").symlink_to(tmp_path / "elsewhere")

    assert "no socket" in refusal(start)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(("first", "then"), [(["--tcp"], []), ([], ["--tcp"])])
def test_what_a_killed_worker_left_does_not_mislead(start, first, then):
    killed = start(*first).wait()
    killed.process.kill()
    killed.process.wait()

    worker = start(*then)
    while len(list(worker.folder.glob("worker.*"))) != 2 or not answers(worker):
        assert worker.process.poll() is None
        time.sleep(0.02)

    assert answers(worker) == worker.process.pid


def test_who_came_in_before_it_left_is_served(start):
    worker = start().wait()
    with closing(worker.connect()) as early:
        early.connect()
        worker.ask("POST", "/quit")
        with pytest.raises(OSError, match=r"No such file|refused"):
            worker.ask("GET", "/health")
        body = request(PIXELS, parameters={"steps": 50})
        early.request("POST", "/actions/slow/run", body, worker.headers)
        *_, (header, _) = frames(early.getresponse())

    assert header["kind"] == "result"
    assert worker.process.wait(60) == 0
