"""Many hosts at one worker: turns, waiting, cancelling, crashes."""

from __future__ import annotations

import http.client
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.worker.host import Worker, frames, request

PIXELS = np.zeros((4, 4, 3), np.uint8)


def busy(worker: Worker) -> dict[str, int]:
    health = worker.ask("GET", "/health")[1]
    return {key: health[key] for key in ("running", "waiting")}


def until(worker: Worker, **wanted: int) -> None:
    while not wanted.items() <= busy(worker).items():
        time.sleep(0.01)


def slow(client: str, **parameters: object) -> bytes:
    return request(PIXELS, client=client, parameters={"steps": 1, "seconds": 0.05, **parameters})


def test_clients_take_turns_and_keep_their_own_order(worker: Worker, tmp_path):
    trace = str(tmp_path / "trace")
    with ThreadPoolExecutor(8) as pool:
        pool.submit(worker.run, "slow", slow("x", seconds=2))
        until(worker, running=1)
        for n, name in enumerate(["a1", "a2", "a3", "a4", "b1", "b2"]):
            pool.submit(worker.run, "slow", slow(name[0], trace=trace, name=name))
            until(worker, waiting=n + 1)

    assert (tmp_path / "trace").read_text().split() == ["a1", "b1", "a2", "b2", "a3", "a4"]


def test_heartbeats_come_while_waiting_and_say_how_many_are_before(worker: Worker):
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(worker.run, "slow", slow("x", seconds=1.5))
        until(worker, running=1)
        answer = worker.run("slow", slow("y"))
        first.result()

    waiting = [header["waiting"] for header, _ in answer[:-1]]
    assert waiting == sorted(waiting, reverse=True)
    assert waiting.count(1) >= 5
    texts = list(dict.fromkeys(header["text"] for header, _ in answer[:-1]))
    assert texts[0] == "waiting for other runs"
    assert answer[-1][0]["kind"] == "result"


def test_a_run_that_waits_is_cancelled_by_closing_its_connection(worker: Worker, tmp_path):
    trace = tmp_path / "trace"
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(worker.run, "slow", slow("x", seconds=1))
        until(worker, running=1)
        with worker.answer("slow", slow("y", trace=str(trace))) as response:
            next(frames(response))
            until(worker, waiting=1)
        until(worker, waiting=0)
        first.result()

    until(worker, running=0)
    assert not trace.exists()


def test_a_killed_worker_leaves_a_stream_without_an_end(start):
    worker = start().wait()
    kinds = []
    lost = (http.client.IncompleteRead, ConnectionError)
    with worker.answer("dies", request(PIXELS)) as response, pytest.raises(lost):
        kinds.extend(header["kind"] for header, _ in frames(response))

    assert set(kinds) <= {"progress"}
    assert worker.process.wait(30) == -9
    assert start().wait().run("identity", request(PIXELS))[-1][1] == PIXELS.tobytes()


def test_a_picture_that_does_not_come_holds_up_nobody(worker: Worker):
    body = request(PIXELS)
    head = "POST /actions/identity/run HTTP/1.1\r\nHost: localhost\r\nRestore-Protocol: 1\r\n"
    with worker.raw() as end:
        end.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:-1])
        until(worker, waiting=1)
        assert worker.run("identity", request(PIXELS, client="other"))[-1][0]["kind"] == "result"
        end.sendall(body[-1:])
        until(worker, waiting=0)


def test_a_host_that_reads_nothing_holds_up_nobody(worker: Worker):
    pixels = np.zeros((3000, 2000, 3), np.uint8)
    with worker.answer("identity", request(pixels)):
        until(worker, running=0, waiting=0)
        done = threading.Event()
        thread = threading.Thread(
            target=lambda: done.set() if worker.run("identity", request(PIXELS)) else None
        )
        thread.start()
        thread.join()

    assert done.is_set()
