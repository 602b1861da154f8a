"""Garbage, lies, stalls and crowds: refused in words, and the worker is there for the next one."""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.worker.host import Worker, frame, frames, request

PIXELS = np.arange(5 * 4 * 3, dtype=np.uint8).reshape(5, 4, 3)
IMAGE = {"width": 4, "height": 5, "channels": 3, "alpha": False, "dtype": "u8"}
FEW = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def alive(worker: Worker) -> bool:
    """Whether the worker still does what it is for."""
    return worker.run("identity", request(PIXELS))[-1][1] == PIXELS.tobytes()


def refused(worker: Worker, body: bytes, name: str = "identity") -> str:
    """Return why a run is refused, before or after its answer began."""
    with worker.answer(name, body) as response:
        if response.status != 200:
            error = json.loads(response.read())["error"]
        else:
            *_, (header, _) = frames(response)
            assert header["kind"] == "error", header
            error = header["error"]
    assert error.keys() == {"type", "message", "hint", "exit_code"}
    assert error["message"]
    assert "Traceback" not in error["message"]
    return f"{error['message']} {error['hint']}"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"image": {"width": 0}}, "image.width"),
        ({"image": {"width": -4}}, "image.width"),
        ({"image": {"width": "4"}}, "image.width"),
        ({"image": {"width": 4.5}}, "image.width"),
        ({"image": {"width": 10**9}}, "image.width"),
        ({"image": {"width": 1000_000, "height": 1000_000}}, "3000000000000"),
        ({"image": {"channels": 2}}, "image.channels"),
        ({"image": {"dtype": "f16"}}, "image.dtype"),
        ({"image": {"dtype": "u16"}}, "payload"),
        ({"image": {"alpha": True}}, "payload"),
        ({"image": {"depth": 8}}, "image.depth"),
        ({"icc": 5}, "payload"),
        ({"icc": -5}, "icc"),
        ({"mask": True}, "payload"),
        ({"preview": [0, 0, 5, 5]}, "preview"),
        ({"preview": [0, 0, 0, 1]}, "preview"),
        ({"preview": [0, 0]}, "preview"),
        ({"uncertainty": 1}, "request's header: one sample has no spread: uncertainty is 0"),
        ({"uncertainty": 10**6}, "uncertainty"),
        ({"client": ""}, "client"),
        ({"parameters": {"stength": 1}}, "strength"),
        ({"parameters": {"strength": 7}}, "Strength must be a number from 0 to 1"),
        ({"parameters": {"strength": float("nan")}}, "Strength"),
        ({"parameters": []}, "parameters"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_what_a_header_may_not_say(worker: Worker, said, words):
    assert words in refused(worker, request(PIXELS, **said))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\0",
        b"\0" * 12,
        b"\xff" * 12,
        b"\xff" * 5000,
        struct.pack("!IQ", 2, 0) + b"{}",
        struct.pack("!IQ", 2, 0) + b"[]",
        struct.pack("!IQ", 2, 0) + b"\xff\xff",
        struct.pack("!IQ", 1 << 21, 0) + b" " * (1 << 21),
        struct.pack("!IQ", 4, 2**64 - 1) + b"null",
        struct.pack("!IQ", 100_000, 0) + b"[" * 100_000,
        request(PIXELS)[:-1],
        request(PIXELS) + b"more",
    ],
)
def test_what_is_no_frame(worker: Worker, body):
    refused(worker, body)


def test_an_unknown_action_is_told_of_a_near_one(worker: Worker):
    assert "identity" in refused(worker, request(PIXELS), "identty")
    status, answer = worker.ask("GET", "/acts")
    assert (status, answer["error"]["type"]) == (404, "ParameterError")
    assert worker.ask("GET", "/actions/identity/run")[0] == 405


def test_values_that_are_not_finite_are_refused(worker: Worker):
    pixels = np.full((3, 3, 3), np.nan, np.float32)

    assert "not finite" in refused(worker, request(pixels))


def test_a_claim_beyond_the_memory_is_refused_before_a_byte_is_taken(worker: Worker):
    header = {"client": "t", "image": {**IMAGE, "width": 900_000, "height": 900_000}}
    size = 900_000 * 900_000 * 3
    text = json.dumps(header).encode()
    with worker.raw() as end:
        end.sendall(head(12 + len(text) + size) + struct.pack("!IQ", len(text), size) + text)
        answer = b""
        while not answer.endswith(b"}}"):
            answer += end.recv(1 << 16)

    assert b" 413 " in answer
    assert b"of memory" in answer
    assert alive(worker)


def test_a_control_group_s_memory_is_all_there_is(start):
    group = Path(f"/sys/fs/cgroup/memory/restore-worker-{os.getpid()}")
    worker = start().wait()
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text("400000000")
        (group / "cgroup.procs").write_text(str(worker.process.pid))
    except OSError as error:
        pytest.skip(f"no control group can be made here: {error}")
    try:
        header = {"client": "t", "image": {**IMAGE, "width": 9000, "height": 9000}}
        assert "of memory" in refused(worker, frame(header, bytes(9000 * 9000 * 3)))
        assert alive(worker)
    finally:
        worker.end()
        group.rmdir()


def head(length: int | str, name: str = "identity") -> bytes:
    return (
        f"POST /actions/{name}/run HTTP/1.1\r\nHost: localhost\r\nRestore-Protocol: 1\r\n"
        f"Content-Length: {length}\r\n\r\n"
    ).encode()


@settings(FEW)
@given(st.binary(max_size=300))
@example(b"GET / HTTP/9.9\r\n\r\n")
@example(b"\r\n" * 100)
@example(b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
@example(b"GET /health HTTP/1.1\r\n" + b"A: b\r\n" * 40_000)
@example(head("-1"))
@example(head("9" * 30))
@example(head("1, 2"))
def test_any_bytes_are_survived(worker: Worker, data):
    assert survived(worker, data)


PLACE = st.tuples(st.integers(0, 10**4), st.binary(max_size=3), st.integers(0, 3))


def survived(worker: Worker, data: bytes) -> bool:
    with worker.raw() as end:
        with suppress(BrokenPipeError):
            end.sendall(data)
            end.shutdown(socket.SHUT_WR)
        answer = b""
        with suppress(ConnectionResetError):
            while part := end.recv(1 << 16):
                answer += part
    said = not answer or answer.startswith(b"HTTP/1.1 ")
    return said and worker.ask("GET", "/health")[0] == 200


@settings(FEW)
@given(
    st.lists(st.tuples(st.integers(0, 10**4), st.binary(max_size=3), st.integers(0, 3)), max_size=4)
)
def test_a_request_that_was_damaged_is_survived(worker: Worker, damage):
    body = request(PIXELS)
    data = head(len(body)) + body
    for place, put, cut in damage:
        at = place % len(data)
        data = data[:at] + put + data[at + cut :]

    assert survived(worker, data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
KEYS = ["client", "parameters", "image", "mask", "icc", "preview", "uncertainty", "other"]


@settings(FEW)
@given(
    st.dictionaries(st.sampled_from(KEYS), JSON),
    st.dictionaries(st.sampled_from(list(IMAGE)), JSON),
)
def test_any_header_is_understood_or_refused_in_words(worker: Worker, said, image):
    header = {"client": "t", "image": {**IMAGE, **image}, **said}
    with worker.answer("identity", frame(header, PIXELS.tobytes())) as response:
        if response.status == 200:
            assert [*frames(response)][-1][0]["kind"] in ("result", "error")
        else:
            assert response.status in (400, 413)
            assert json.loads(response.read())["error"]["message"]


@settings(FEW, max_examples=25)
@given(st.data())
def test_a_request_that_breaks_off_anywhere_is_forgotten(worker: Worker, data):
    body = head(len(request(PIXELS))) + request(PIXELS)
    cut = data.draw(st.integers(0, len(body) - 1))
    with worker.raw() as end:
        end.sendall(body[:cut])

    health = worker.ask("GET", "/health")[1]
    assert health["waiting"] <= 1
    assert alive(worker)


def test_a_large_body_that_nobody_wants_does_not_hide_the_words(worker: Worker):
    body = bytes(30_000_000)

    assert "no action" in refused(worker, body, "nothing-of-the-kind")


def test_two_hundred_at_once_are_all_served(worker: Worker):
    results = []

    def one(number: int) -> None:
        pixels = np.full((30, 30, 3), number, np.uint8)
        body = request(pixels, client=f"client-{number % 7}")
        *_, (header, payload) = worker.run("identity", body)
        results.append(header["kind"] == "result" and payload == pixels.tobytes())

    threads = [threading.Thread(target=one, args=(number,)) for number in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == [True] * 200


def test_more_runs_than_may_wait_are_refused_in_words(worker: Worker):
    """Connections that send a header and no payload wait; too many of them are told so."""
    body = request(PIXELS, client="crowd")
    begun = head(len(body)) + body[:-1]
    ends = [worker.raw() for _ in range(300)]
    try:
        for end in ends:
            end.sendall(begun)
        statuses = {end.recv(20).split()[1] for end in ends}
    finally:
        for end in ends:
            end.close()

    assert statuses == {b"200", b"503"}
    while worker.ask("GET", "/health")[1]["waiting"]:
        time.sleep(0.02)
    assert alive(worker)


def test_the_room_of_those_who_went_away_is_free_again(worker: Worker):
    """Large pictures that were begun: one is let in, the others wait for room; all are closed."""
    size = 9000 * 5000 * 12
    image = {**IMAGE, "width": 9000, "height": 5000, "dtype": "f32"}
    header = {"client": "large", "image": image}
    text = json.dumps(header).encode()
    begun = head(12 + len(text) + size) + struct.pack("!IQ", len(text), size) + text + bytes(1000)
    ends = [worker.raw() for _ in range(6)]
    for end in ends:
        end.sendall(begun)
        assert b" 200 " in end.recv(100)
    for end in ends:
        end.close()
    while worker.ask("GET", "/health")[1]["waiting"]:
        time.sleep(0.02)

    assert alive(worker)
