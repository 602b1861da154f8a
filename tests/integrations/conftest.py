"""Toolkits whose worker the client starts."""

from __future__ import annotations

import os
import site
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integrations.home import Home
from tests.integrations.toolkit import ROOT, Toolkit
from tests.plugins import install


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
    folder = tmp_path_factory.mktemp("installed") / "venv"
    venv.EnvBuilder(symlinks=os.name != "nt").create(folder)
    python = folder / "bin" / "python"
    ask = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.check_output(ask, text=True).strip())
    path = [ROOT, ROOT / "plugins", ROOT / "integrations", *site.getsitepackages(), *sys.path]
    (packages / "toolkit.pth").write_text("\n".join(str(part) for part in path if str(part)))
    for name, module in (("gimp", "restore_gimp"), ("krita", "restore_krita"), ("editors", "")):
        install(packages, name, module)
    return python


@pytest.fixture
def home(python: Path) -> Iterator[Home]:
    """An empty home folder, in which the toolkit is called."""
    with tempfile.TemporaryDirectory(prefix="rh-", ignore_cleanup_errors=True) as folder:
        yield Home(Path(folder), python)
