"""The harness itself: scripts run in the real programs, failures are told, nothing is left over."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.editors.__main__ import main
from tests.editors.inside import Root, kill, stop_all
from tests.editors.mail import EditorError
from tests.editors.programs.gimp import Gimp
from tests.editors.programs.krita import Krita

SCRIPT = Path(__file__).with_name("trying.py")


@pytest.fixture(params=["new_gimp", "new_krita"], scope="module")
def editor(request: pytest.FixtureRequest) -> Gimp | Krita:
    bare: Gimp | Krita = request.getfixturevalue(request.param)(toolkit=None)
    return bare


def test_a_suite_that_is_misspelt_is_a_failure_and_not_merely_untested() -> None:
    assert main(["trixie", "trixy"]) == 2


def test_a_script_returns_what_it_computes_in_the_editor(editor: Gimp | Krita) -> None:
    assert editor.run(SCRIPT) is None
    assert editor.run(SCRIPT, "double", 21) == 42
    assert editor.run(SCRIPT, "later", [1, "é"]) == [1, "é"]


def test_a_script_that_fails_fails_the_test_with_its_traceback(editor: Gimp | Krita) -> None:
    with pytest.raises(EditorError, match="ZeroDivisionError"):
        editor.run(SCRIPT, "fail")


def test_a_killed_program_takes_all_that_it_started_with_it(root: Root, tmp_path: Path) -> None:
    process = root.start("/bin/sh", "-c", "sleep 600 & echo $!; wait")
    assert process.stdout is not None
    with process.stdout as told:
        child = int(told.readline())

    kill(process)

    assert _gone(child)


def test_strays_of_a_session_are_found_and_killed(root: Root) -> None:
    stray = Root(root.path, "a-session-of-its-own")
    line = "setsid sleep 600 </dev/null >/dev/null 2>&1 & echo $!"
    told = stray.run("/bin/sh", "-c", line).stdout

    assert stop_all(stray.session) == [int(told)]
    assert _gone(int(told))


def test_a_program_that_takes_too_long_is_killed(root: Root) -> None:
    with pytest.raises(TimeoutError, match="sleep 600 took longer"):
        root.run("sleep", "600", timeout=0.5)


def _gone(pid: int) -> bool:
    """Whether a process ends within a moment, or is a zombie that nobody waits for."""
    for _ in range(100):
        try:
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False
