"""The editors, ready for tests: each fixture starts nothing before a test asks it to."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.editors import roots
from tests.editors.inside import MARK, Root, obstacle, stop_all
from tests.editors.programs.display import Display
from tests.editors.programs.gimp import Gimp
from tests.editors.programs.krita import Krita
from tests.editors.toolkit import Toolkit

SUITE = roots.SUITES[os.environ.get("RESTORE_EDITORS_SUITE") or "trixie"]

OpenGimp = Callable[..., Gimp]
OpenKrita = Callable[..., Krita]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = [item for item in items if item.path.is_relative_to(Path(__file__).parent)]
    if here and (reason := obstacle(SUITE.name)):
        for item in here:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def session() -> Iterator[str]:
    """What marks all processes of these tests; those that are left at the end are killed."""
    name = uuid.uuid4().hex
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # to come here even then
    yield name
    signal.signal(signal.SIGTERM, before)
    stop_all(name)


@pytest.fixture(scope="session")
def root(session: str) -> Root:
    return Root(roots.folder() / SUITE.name, session)


@pytest.fixture(scope="session")
def scratch() -> Iterator[Callable[[], Path]]:
    """Make folders with short names, which editors and worker see under the same path."""
    with tempfile.TemporaryDirectory(prefix="re-", ignore_cleanup_errors=True) as folder:
        yield lambda: Path(tempfile.mkdtemp(dir=folder, prefix=""))


@pytest.fixture(scope="session")
def new_toolkit(scratch: Callable[[], Path], session: str) -> Callable[..., Toolkit]:
    """Make a toolkit with a worker of its own: `new_toolkit()`, `new_toolkit(plugins={})`."""
    return lambda **options: Toolkit(scratch(), {MARK: session}, **options)


@pytest.fixture(scope="session")
def toolkit(new_toolkit: Callable[..., Toolkit]) -> Toolkit:
    """The toolkit of all tests that do not spoil it: its worker stays warm."""
    return new_toolkit()


@pytest.fixture(scope="session")
def new_gimp(
    root: Root, toolkit: Toolkit, scratch: Callable[[], Path]
) -> Iterator[Callable[..., Gimp]]:
    """Make a profile of GIMP with the plug-in in it: `new_gimp(toolkit=…, display=…)`.

    Without a toolkit there is no plug-in; with a display it has a window.
    """
    if not SUITE.gimp:
        pytest.skip(f"{SUITE.name} has no GIMP")
    made: list[Gimp] = []

    def make(toolkit: Toolkit | None = toolkit, display: Display | None = None) -> Gimp:
        gimp = Gimp(root, SUITE.gimp, scratch(), display)
        made.append(gimp)
        if toolkit is not None:
            toolkit.install("gimp", gimp.profile)
        return gimp

    yield make
    for gimp in made:
        gimp.kill()


@pytest.fixture(scope="session")
def gimp(new_gimp: OpenGimp) -> Gimp:
    """One GIMP without a screen for all tests that do not harm it."""
    return new_gimp()


@pytest.fixture(scope="session")
def new_display(root: Root, scratch: Callable[[], Path]) -> Iterator[Callable[[], Display]]:
    """Open a screen of its own: `new_display()`."""
    made: list[Display] = []

    def make() -> Display:
        made.append(Display(root, scratch()).open())
        return made[-1]

    yield make
    for display in made:
        display.close()


@pytest.fixture(scope="session")
def resources(new_display: Callable[[], Display], scratch: Callable[[], Path]) -> Path:
    """What Krita's first start leaves in its profile, which takes it ten seconds."""
    if not SUITE.qt:
        pytest.skip(f"{SUITE.name} has no Krita")
    krita = Krita(new_display(), scratch())
    krita.run(Path(__file__).with_name("trying.py"))
    krita.quit()
    krita.display.close()
    shutil.rmtree(krita.resources / "pykrita")
    return krita.resources


@pytest.fixture(scope="session")
def new_krita(
    new_display: Callable[[], Display],
    resources: Path,
    toolkit: Toolkit,
    scratch: Callable[[], Path],
) -> Iterator[Callable[..., Krita]]:
    """Make a profile of Krita with the plug-in in it: `new_krita(toolkit=…)`."""
    made: list[Krita] = []

    def make(toolkit: Toolkit | None = toolkit) -> Krita:
        krita = Krita(new_display(), scratch(), resources)
        made.append(krita)
        if toolkit is not None:
            toolkit.install("krita", krita.resources)
        return krita

    yield make
    for krita in made:
        krita.kill()


@pytest.fixture(scope="session")
def krita(new_krita: OpenKrita) -> Krita:
    """One Krita on a screen of its own for all tests that do not harm it."""
    return new_krita()
