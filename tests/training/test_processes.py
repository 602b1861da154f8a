"""Real processes: ended by signals, and several that train one network."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Generator

from restore.errors import DeviceError
from restore.training.distributed import World, join, pick_device
from restore.training.objective import Losses, Module
from restore.training.seeding import step_seed
from tests.training.problems import Blobs, equal, recipe, trainer

ROOT = Path(__file__).parents[2]


def start(folder: Path, steps: int, pause: float = 0.0, **variables: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.training.worker", str(folder), str(steps), str(pause)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **variables}
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def wait_for(process: subprocess.Popen[str], step: int) -> list[str]:
    """Return the lines printed until a step was made."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith(f"{step} "):
            return lines
    raise AssertionError(process.communicate()[1])


def test_a_terminated_run_is_gone_on_with_bit_for_bit(tmp_path: Path) -> None:
    straight, record = trainer(recipe(40), tmp_path / "straight")
    straight.run()
    folder = tmp_path / "parts"

    process = start(folder, 40, 0.02)
    lines = wait_for(process, 5)
    process.send_signal(signal.SIGTERM)
    rest, errors = process.communicate(timeout=60)
    lines += rest.splitlines()
    assert process.returncode == 0, errors
    assert lines[-1].startswith("stopped")
    stopped = int(lines[-1].split()[1])
    assert 5 <= stopped < 40

    again, late = trainer(recipe(40), folder)
    assert again.step == stopped
    again.run()
    assert [float(line.split()[1]) for line in lines[:-1]] + late.losses == record.losses
    assert equal(again.learner.state(), straight.learner.state())


def test_a_second_signal_ends_at_once_and_the_last_checkpoint_stands(tmp_path: Path) -> None:
    process = start(tmp_path, 10**6, 5.0)
    wait_for(process, 2)
    while process.poll() is None:  # two that come at the same time are one
        process.send_signal(signal.SIGTERM)
        time.sleep(0.1)
    process.communicate()

    assert process.returncode == -signal.SIGTERM
    assert trainer(recipe(10**6), tmp_path)[0].step == 1


def test_a_run_killed_while_it_writes_is_gone_on_with(tmp_path: Path) -> None:
    process = start(tmp_path, 10**6)
    wait_for(process, 5)
    process.kill()
    process.communicate(timeout=60)

    assert trainer(recipe(10**6), tmp_path)[0].step >= 4


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


class Both(Blobs):
    """The batches that processes 0 and 1 would draw, as one."""

    def __init__(self) -> None:
        self.step = 0

    def losses(self, network: Module, size: int, generator: Generator) -> Losses:
        if not torch.is_grad_enabled():
            return super().losses(network, size, generator)
        parts = [
            super(Both, self).losses(
                network, size, generator.manual_seed(step_seed(0, self.step, r))
            )
            for r in (0, 1)
        ]
        self.step += 1
        return Losses(*(torch.cat(values) for values in zip(*parts, strict=True)))


def test_two_processes_are_one_with_both_their_batches_and_stop_together(tmp_path: Path) -> None:
    port = str(free_port())
    variables = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    processes = [
        start(tmp_path, 1000, 0.2, RANK=str(rank), LOCAL_RANK=str(rank), **variables)
        for rank in (0, 1)
    ]
    lines = wait_for(processes[0], 4)
    processes[1].send_signal(signal.SIGTERM)
    outputs = [process.communicate(timeout=120) for process in processes]
    for process, (_, errors) in zip(processes, outputs, strict=True):
        assert process.returncode == 0, errors
        assert "Warning" not in errors
    lines += outputs[0][0].splitlines()
    assert outputs[1][0].splitlines() == lines[-1:]
    why, steps = lines[-1].split()
    assert why == "stopped"
    one, other = (load_file(tmp_path / f"rank{rank}.safetensors") for rank in (0, 1))
    assert equal(one, other)

    at = {int(steps): lambda: os.kill(os.getpid(), signal.SIGTERM)}
    alone, record = trainer(recipe(1000), tmp_path / "alone", Both(), at)
    alone.run()
    for name, tensor in alone.learner.state().items():
        torch.testing.assert_close(one[name], tensor, atol=1e-4, rtol=1e-3)
    losses = [float(line.split()[1]) for line in lines[:-1]]
    assert losses == pytest.approx(record.losses, rel=1e-3)


def test_without_the_variables_there_is_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WORLD_SIZE", "RANK", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    with join("cpu") as world:
        assert world == World(torch.device("cpu"), 0, 1)
        assert world.highest(1.5, 0.0) == [1.5, 0.0]


def test_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(DeviceError, match="no GPU"):
        pick_device("cuda", local_rank=1000)
    with pytest.raises(DeviceError, match="tpu"):
        pick_device("tpu")
