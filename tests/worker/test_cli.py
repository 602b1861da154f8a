"""`restore worker` and what `restore doctor` says of it, as a person types them."""

from __future__ import annotations

import json
import signal

import numpy as np
import pytest

from restore.cli import main
from restore.worker import calling
from tests.worker.host import frames, request

PIXELS = np.zeros((4, 4, 3), np.uint8)


@pytest.fixture
def call(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("RESTORE_PLUGINS", "")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def run(*arguments):
        code = main([str(argument) for argument in arguments])
        return code, "".join(capsys.readouterr())

    return run


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "state" / "restore" / "worker"


def finding(call):
    found = json.loads(call("doctor", "--json")[1])["findings"]
    return next(f for f in found if f["name"] == "worker")


def test_without_a_worker(call, folder):
    assert call("worker", "status") == (
        1,
        "No worker runs. An editor starts it when it needs it.\n",
    )
    said = json.loads(call("worker", "status", "--json")[1])
    assert said == {"pid": None, "folder": str(folder)}
    assert call("worker", "stop") == (0, "No worker runs.\n")
    assert call("worker", "free") == (0, "No worker runs.\n")
    assert finding(call)["state"] == "ok"
    assert not folder.exists()


def test_with_a_worker(call, folder, start):
    worker = start(folder=folder).wait()
    pid = worker.process.pid

    code, said = call("worker", "status")
    assert (code, f"process {pid}" in said) == (0, True)
    assert json.loads(call("worker", "status", "--json")[1])["pid"] == pid
    assert str(pid) in finding(call)["value"]
    code, said = call("worker", "run")
    assert (code, "already" in said) == (0, True)
    assert call("worker", "free")[0] == 0
    assert call("worker", "stop")[0] == 0
    assert worker.process.wait(60) == 0


def test_a_run_that_hangs_is_ended_with_its_worker(call, folder, start):
    worker = start(folder=folder).wait()
    with worker.answer("hangs", request(PIXELS)) as response:
        next(frames(response))
        assert call("worker", "stop", "--now")[0] == 0
        assert worker.process.wait(60) == 1
    assert call("worker", "status")[0] == 1


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs a process that can be stopped")
@pytest.mark.parametrize("how", [(), ("--tcp",)])
def test_a_worker_that_answers_nobody_is_ended(call, folder, start, monkeypatch, how):
    worker = start(*how, folder=folder).wait()
    other = start().wait()
    monkeypatch.setattr(calling, "TIMEOUT", 0.3)
    worker.process.send_signal(signal.SIGSTOP)
    code, said = call("worker", "stop")
    assert (code, "restore worker stop --now" in said) == (10, True)
    assert worker.process.poll() is None
    assert call("worker", "stop", "--now")[0] == 0
    assert worker.process.wait(60) == -signal.SIGKILL
    assert other.process.poll() is None
    assert call("worker", "status")[0] == 1


def test_a_folder_that_is_not_private_is_broken(call, folder):
    folder.mkdir(parents=True, mode=0o755)

    code, said = call("worker", "status")

    assert code == 10
    assert "chmod 700" in said
    assert finding(call)["state"] == "broken"
