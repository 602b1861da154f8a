"""A worker's life as a process: found again, alone, gone in time."""

from __future__ import annotations

import stat
import time

import numpy as np

from tests.worker.host import frames, request

PIXELS = np.zeros((8, 8, 3), np.uint8)


def test_health_and_actions(worker):
    status, health = worker.ask("GET", "/health")
    assert (status, health["protocol"], health["pid"]) == (200, 1, worker.process.pid)
    assert (health["running"], health["waiting"], health["models"]) == (0, 0, [])

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


def test_quitting_waits_for_what_runs(start):
    worker = start().wait()
    with worker.answer("slow", request(PIXELS, parameters={"steps": 20})) as response:
        assert response.status == 200
        worker.ask("POST", "/quit")
        *_, (header, _) = frames(response)

    assert header["kind"] == "result"
    assert worker.process.wait(60) == 0


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
