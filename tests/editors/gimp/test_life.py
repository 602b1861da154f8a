"""Menus, workers and editors that come and go: always words, and the next run works."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from tests.editors.gimp.conftest import WITHIN, Studio, photo, pixels_of
from tests.editors.programs.display import wait_for
from tests.editors.programs.gimp import Gimp
from tests.editors.toolkit import Toolkit

GIVEN = photo(60, 70, 3)


@pytest.fixture(scope="module")
def own(
    new_toolkit: Callable[[], Toolkit], new_gimp: Callable[..., Gimp], scratch: Callable[[], Path]
) -> Studio:
    """A GIMP and a toolkit that these tests may harm."""
    toolkit = new_toolkit()
    gimp = new_gimp(toolkit=toolkit)
    place = gimp.profile / "plug-ins"
    shutil.copytree(Path(__file__).with_name("closer"), place / "closer")
    return Studio(gimp, toolkit, scratch())


@pytest.fixture
def told(own: Studio) -> Any:
    """The installed `restore.json`, put back afterwards."""
    path = own.gimp.profile / "plug-ins" / "restore" / "restore.json"
    before = path.read_text()
    yield path
    path.write_text(before)


def running(own: Studio, **job: Any) -> Future[dict[str, Any]]:
    """Start a run that takes two seconds, and return when the worker is at it."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(own.run, "slow", GIVEN, **job)
    pool.shutdown(wait=False)
    wait_for("the run", lambda: own.toolkit.health()["running"] == 1)
    return future


def wish(own: Studio, what: str) -> None:
    """Have something done to the image that GIMP works on."""
    (own.gimp.profile / "plug-ins" / "closer" / "wish").write_text(what)
    time.sleep(0.3)


def test_every_action_has_an_entry_under_filters_restore(studio: Studio) -> None:
    entries = studio.gimp.run(WITHIN, "menus")

    actions = studio.toolkit.worker().actions()
    assert {"clean", "denoise", "upscale", "inpaint", "deblur", "negative", "tell"} <= {
        action["name"] for action in actions
    }
    for action in actions:
        label, paths, blurb = entries.pop("plug-in-restore-" + action["name"])
        assert label.replace("_", "") == action["label"] + "…"
        assert paths == ["<Image>/Filters/Restore"]
        assert blurb == action["help"]
    assert not entries


def test_letters_of_the_menu_are_unique(studio: Studio) -> None:
    labels = [label for label, _, _ in studio.gimp.run(WITHIN, "menus").values()]

    letters = [label[label.index("_") + 1].lower() for label in labels if "_" in label]
    assert len(letters) == len(set(letters)) >= 8


def test_a_worker_that_is_killed_is_said_in_words_and_the_next_run_works(own: Studio) -> None:
    run = running(own)
    os.kill(own.toolkit.health()["pid"], signal.SIGKILL)

    lost = run.result(60)
    again = own.run("negative", GIVEN)

    assert lost["status"] == "execution-error"
    assert "The worker ended while “slow” ran" in lost["error"]
    assert "worker.log" in lost["error"]
    assert lost["before"] == lost["after"]
    assert np.array_equal(pixels_of(again["layers"][0]), 255 - GIVEN)


def test_an_image_that_is_closed_during_the_run_harms_nothing(own: Studio) -> None:
    run = running(own)
    wish(own, "close")

    run.result(60)
    again = own.run("negative", GIVEN)

    assert again["before"][0] == 1, "the image that was closed is gone"
    assert again["status"] == "success"


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("delete", "The layer was deleted while it was restored"),
        ("select", "The layer or the selection was changed while it was restored"),
    ],
)
def test_what_is_changed_during_the_run_is_said(own: Studio, what: str, words: str) -> None:
    run = running(own)
    wish(own, what)

    told = run.result(60)

    assert told["status"] == "execution-error"
    assert words in told["error"]
    assert len(told["layers"]) == (0 if what == "delete" else 1)


def test_what_is_painted_during_the_run_is_not_painted_over(own: Studio) -> None:
    run = running(own, arguments={"output": "in-place"})
    wish(own, "paint")

    told = run.result(60)

    assert told["status"] == "execution-error"
    assert "The layer or the selection was changed while it was restored" in told["error"]
    (layer,) = told["layers"]
    assert (pixels_of(layer) == 255).all()


def test_a_toolkit_that_is_gone_is_said(own: Studio, told: Path) -> None:
    broken = json.loads(told.read_text())
    broken["command"][0] = "/nowhere/python"
    told.write_text(json.dumps(broken))

    answer = own.run("negative", GIVEN)

    assert answer["status"] == "execution-error"
    assert "The toolkit is gone: there is no /nowhere/python" in answer["error"]
    assert "restore install gimp" in answer["error"]


def test_after_an_update_a_filter_asks_for_a_new_start(own: Studio, told: Path) -> None:
    assert own.run("same", GIVEN)["status"] == "success"
    changed = json.loads(told.read_text())
    changed["actions"] = [action for action in changed["actions"] if action["name"] != "same"]
    for action in changed["actions"]:
        if action["name"] == "negative":
            extra = {"name": "extra", "title": "Extra", "description": "", "unit": ""}
            action["fields"].insert(0, extra | {"kind": "text", "default": "x"})
    told.write_text(json.dumps(changed))

    for action in ("same", "negative"):
        answer = own.run(action, GIVEN, arguments={"strength": 0.5})

        assert "The toolkit was updated" in answer["error"]
        assert "Start GIMP again" in answer["error"]


def test_without_its_file_there_is_one_entry_that_says_what_to_type(
    own: Studio, told: Path
) -> None:
    own.gimp.quit()
    told.write_text("{")
    os.utime(told.with_name("restore.py"))

    entries = own.gimp.run(WITHIN, "menus")
    answer = own.run("", GIVEN)

    assert list(entries) == ["plug-in-restore"]
    assert "restore.json is damaged" in answer["error"]
    assert "restore install gimp" in answer["error"]
    own.gimp.quit()
    os.utime(told.with_name("restore.py"))


def test_a_worker_stops_when_gimp_is_killed(own: Studio) -> None:
    running(own)

    own.gimp.kill()

    wait_for("the worker to stop", lambda: own.toolkit.health()["running"] == 0, 5)


def test_what_the_memory_does_not_hold_is_refused(studio: Studio) -> None:
    side = int((psutil.virtual_memory().total / 1600) ** 0.5) + 1

    told = studio.run("repeat", photo(side, side, 1), arguments={"times": 4})

    assert "pixels are too many" in told["error"]
    assert told["before"] == told["after"]
