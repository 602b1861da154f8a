"""GIMP and Krita share one worker: both at once, one killed, the worker killed, large layers."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import restore
from tests.editors.mail import EditorError
from tests.editors.programs.display import wait_for
from tests.editors.programs.gimp import Gimp
from tests.editors.programs.krita import Krita
from tests.editors.toolkit import Toolkit

SCRIPTS = Path(__file__).parent / "scripts"
IN_GIMP, IN_KRITA = SCRIPTS / "in_gimp.py", SCRIPTS / "in_krita.py"
SIDE = 64

Answer = dict[str, Any]


@pytest.fixture(scope="module")
def photo(scratch: Callable[[], Path]) -> Path:
    path = scratch() / "photo.png"
    pixels = np.random.default_rng(5).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    return restore.Photo.from_array(pixels).write(path) or path


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as threads:
        yield threads


@pytest.fixture
def in_gimp(gimp: Gimp, pool: ThreadPoolExecutor, photo: Path) -> Callable[..., Future[Answer]]:
    """Begin a run in GIMP."""

    def begin(action: str, **parameters: Any) -> Future[Answer]:
        asked = {"photo": photo, "action": action, "parameters": parameters}
        return pool.submit(gimp.run, IN_GIMP, "restored", asked)

    return begin


@pytest.fixture
def in_krita(krita: Krita, pool: ThreadPoolExecutor, photo: Path) -> Callable[..., Future[Answer]]:
    """Begin a run in Krita, which is up by then."""
    krita.run(IN_KRITA, "entries")

    def begin(action: str, **parameters: Any) -> Future[Answer]:
        asked = {"photo": photo, "action": action, "parameters": parameters}
        return pool.submit(krita.run, IN_KRITA, "restored", asked)

    return begin


Begin = Callable[..., Future[Answer]]


def test_an_editor_that_waits_for_the_other_is_told_so_and_has_its_turn(
    in_gimp: Begin, in_krita: Begin, toolkit: Toolkit
) -> None:
    long = in_gimp("slow", rounds=40, seconds=0.1)
    _wait_for_a_run(toolkit)
    short = in_krita("negative").result()

    assert not short.get("error")
    texts = {text for _, text, _ in short["told"]}
    assert any("waiting for other runs" in text for text in texts), texts
    assert short["layers"][-1].endswith("– Negative")
    assert long.result()["status"] == "success"


def test_a_killed_editor_makes_room_for_the_other_within_one_step(
    new_gimp: Callable[..., Gimp],
    in_krita: Begin,
    pool: ThreadPoolExecutor,
    toolkit: Toolkit,
    photo: Path,
) -> None:
    doomed = new_gimp()
    endless = {"photo": photo, "action": "slow", "parameters": {"rounds": 1000, "seconds": 0.5}}
    long = pool.submit(doomed.run, IN_GIMP, "restored", endless)
    worker = _wait_for_a_run(toolkit)
    waiting = in_krita("negative")
    wait_for("Krita in the queue", lambda: toolkit.health()["waiting"] == 1)

    begun = toolkit.rounds()
    doomed.kill()

    assert not waiting.result().get("error")
    assert toolkit.rounds() <= begun + 1
    assert toolkit.health()["pid"] == worker
    with pytest.raises(EditorError, match="The editor ended with"):
        long.result()


def test_a_killed_worker_is_told_to_both_and_both_share_the_next_one(
    in_gimp: Begin, in_krita: Begin, toolkit: Toolkit
) -> None:
    first = in_gimp("slow", rounds=1000, seconds=0.1)
    worker = _wait_for_a_run(toolkit)
    second = in_krita("negative")
    wait_for("Krita in the queue", lambda: toolkit.health()["waiting"] == 1)

    os.kill(worker, signal.SIGKILL)

    for lost, action in ((first, "slow"), (second, "negative")):
        assert f"The worker ended while “{action}” ran." in lost.result()["error"]
        assert "Run it again" in lost.result()["error"]
    again = [in_gimp("negative"), in_krita("negative")]
    assert not any(run.result().get("error") for run in again)
    assert toolkit.health()["pid"] != worker


def test_a_third_party_action_that_kills_the_worker_is_named(
    in_gimp: Begin, in_krita: Begin
) -> None:
    for begin in (in_gimp, in_krita):
        assert "The worker ended while “fails” ran." in begin("fails", how="dies").result()["error"]
        error = begin("fails", how="in-words").result()["error"]
        assert error.startswith("The network of this action is damaged.")
        assert "Plugin “editors”" in error
        assert error.endswith("Fetch it again.")
        assert begin("negative").result().get("error") in (None, "")


@pytest.mark.parametrize("editor", ["gimp", "krita"])
def test_24_megapixels_come_and_go_bit_for_bit(
    editor: str, request: pytest.FixtureRequest, large: Path
) -> None:
    program: Gimp | Krita = request.getfixturevalue(editor)
    out = large.with_name(f"{editor}.raw")
    script = IN_GIMP if editor == "gimp" else IN_KRITA

    told = program.run(script, "restored", {"photo": large, "action": "same", "out": out})

    assert told.get("size") == [6000, 4000], told
    pixels = np.fromfile(out, np.uint8).reshape(4000, 6000, -1)
    out.unlink()
    seen = pixels if editor == "gimp" else pixels[..., 2::-1]
    assert (seen == tifffile.imread(large)).all()


@pytest.fixture(scope="module")
def large(scratch: Callable[[], Path]) -> Iterator[Path]:
    path = scratch() / "large.tif"
    pixels = np.random.default_rng(9).integers(0, 256, (4000, 6000, 3), np.uint8)
    tifffile.imwrite(path, pixels, photometric="rgb")
    yield path
    path.unlink()


def test_what_a_plugin_adds_is_in_both_menus_when_the_editors_start_again(
    new_gimp: Callable[..., Gimp],
    new_krita: Callable[..., Krita],
    new_toolkit: Callable[[], Toolkit],
) -> None:
    toolkit = new_toolkit()
    gimp, krita = new_gimp(toolkit=toolkit), new_krita(toolkit=toolkit)
    before = gimp.run(IN_GIMP, "entries")
    assert "negative" in before
    assert krita.run(IN_KRITA, "entries") == before
    gimp.quit()
    krita.quit()

    toolkit.add("identity", "tests.plugins.identity")
    toolkit.health()  # as the next run in an editor would, this starts a worker
    for told in (gimp.profile, krita.resources):
        (installation,) = told.rglob("restore.json")
        wait_for("new entries", lambda at=installation: '"identity"' in at.read_text())
    expected = sorted([*before, "identity"])

    assert gimp.run(IN_GIMP, "entries") == expected
    assert krita.run(IN_KRITA, "entries") == expected


def _wait_for_a_run(toolkit: Toolkit) -> int:
    """Wait until the worker is in the middle of a run, and return its process."""
    begun = toolkit.rounds()
    wait_for("a run", lambda: toolkit.rounds() > begun)
    worker: int = toolkit.health()["pid"]
    return worker
