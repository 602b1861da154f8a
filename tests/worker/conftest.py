"""One worker for the tests that leave it as it was, and a way to start others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from tests.plugins import install
from tests.worker.host import PLUGINS, Worker, spawn


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    for name in PLUGINS.split(","):
        install(folder, name)
    return folder


@pytest.fixture(scope="session")
def worker(tmp_path_factory: pytest.TempPathFactory, site: Path) -> Iterator[Worker]:
    folder = tmp_path_factory.mktemp("worker")
    with (folder / "log").open("ab") as log:
        started = spawn(folder / "w", site, idle=600, log=log)
    try:
        yield started.wait()
    finally:
        started.end()
    assert "Traceback" not in (folder / "log").read_text("utf-8")


@pytest.fixture
def start(tmp_path: Path, site: Path) -> Iterator[Callable[..., Worker]]:
    """Start a worker of one's own; it does not outlive the test."""
    started = []

    def starting(
        *arguments: str,
        idle: float = 60,
        folder: Path | None = None,
        log: IO[bytes] | None = None,
    ) -> Worker:
        started.append(spawn(folder or tmp_path / "w", site, *arguments, idle=idle, log=log))
        return started[-1]

    yield starting
    for worker in started:
        worker.end()
