"""Toolkits whose worker the client starts."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integrations.home import Home, installed_python
from tests.integrations.toolkit import Toolkit


@pytest.fixture(scope="session")
def toolkit() -> Iterator[Toolkit]:
    """One for all tests that leave it as it is: its worker stays warm."""
    with tempfile.TemporaryDirectory(prefix="rc-", ignore_cleanup_errors=True) as folder:
        toolkit = Toolkit(Path(folder))
        yield toolkit
        toolkit.end()


@pytest.fixture
def new_toolkit() -> Iterator[Callable[..., Toolkit]]:
    """Make one for this test alone: `new_toolkit(version=…)`."""
    made = []
    with tempfile.TemporaryDirectory(prefix="rc-", ignore_cleanup_errors=True) as folder:

        def make(**options: str) -> Toolkit:
            made.append(Toolkit(Path(folder) / str(len(made)), **options))
            return made[-1]

        yield make
        for toolkit in made:
            toolkit.tell()
            toolkit.end()


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python in which the toolkit is installed, as this checkout."""
    return installed_python(tmp_path_factory.mktemp("installed") / "venv")


@pytest.fixture
def home(python: Path) -> Iterator[Home]:
    """An empty home folder, in which the toolkit is called."""
    with tempfile.TemporaryDirectory(prefix="rh-", ignore_cleanup_errors=True) as folder:
        yield Home(Path(folder), python)
