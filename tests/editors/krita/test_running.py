"""Runs in Krita end well whatever happens meanwhile, and its interface goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.editors.krita.conftest import SCENE, Scenes, noise
from tests.editors.programs.display import wait_for
from tests.editors.programs.krita import Krita
from tests.editors.toolkit import Toolkit


def test_progress_is_told_while_the_interface_goes_on(scenes: Scenes) -> None:
    told = scenes.run("slow", noise("U8", 40, 50), parameters={"rounds": 5, "seconds": 0.2})

    assert told["error"] == ""
    inner = [fraction for fraction in told["progress"] if 0 < fraction < 1]
    assert len(set(inner)) >= 4
    assert inner == sorted(inner)
    assert told["beats"] > 20  # a timer of 20 ms, in a second or more


def test_a_cancelled_run_leaves_nothing_and_its_action_stops(
    scenes: Scenes, toolkit: Toolkit
) -> None:
    slow = {"rounds": 1000, "seconds": 0.02}

    told = scenes.run("slow", noise("U8", 40, 50), parameters=slow, cancel_after=0.5)

    assert told["cancelled"]
    assert told["error"] == "Stopped."
    assert [name for name, _, _ in told["tree"]] == ["Background", "photo", "over"]
    wait_for("an idle worker", lambda: toolkit.health()["running"] == 0, 5)


def test_a_picture_that_is_closed_ends_its_run(scenes: Scenes, toolkit: Toolkit) -> None:
    told = scenes.meanwhile("close", noise("U8", 40, 50))

    assert told["error"] == "The picture was closed, and the run with it."
    wait_for("an idle worker", lambda: toolkit.health()["running"] == 0, 5)


def test_the_result_of_a_layer_that_was_deleted_lies_on_top(scenes: Scenes) -> None:
    told = scenes.meanwhile("delete", noise("U8", 40, 50))

    assert told["error"] == ""
    assert told["notes"] == ["The layer was deleted meanwhile: the result lies on top of all."]
    assert [name for name, _, _ in told["tree"]] == ["Background", "over", "photo – Slow"]


@pytest.mark.parametrize("what", ["convert", "crop", "move"])
def test_a_result_that_does_not_fit_any_more_is_not_put_anywhere(scenes: Scenes, what: str) -> None:
    told = scenes.meanwhile(what, noise("U8", 40, 50))

    assert told["error"] == "The layer “photo” was changed while it was restored.\nRun it again."
    assert [name for name, _, _ in told["tree"]] == ["Background", "photo", "over"]


def test_a_second_run_is_refused_while_one_is_at_work(scenes: Scenes) -> None:
    told = scenes.meanwhile("again", noise("U8", 40, 50))

    assert told["refused"].startswith("“Slow” is at work on “photo”.\nWait for it")
    assert told["error"] == ""


def test_a_worker_that_is_killed_is_told_of(scenes: Scenes, toolkit: Toolkit) -> None:
    toolkit.health()
    pid = toolkit.health()["pid"]

    told = scenes.meanwhile("kill", noise("U8", 40, 50), pid=pid)

    assert told["error"].startswith("The worker ended while “slow” ran.")
    assert scenes.run("negative", noise("U8", 40, 50))["error"] == ""


def test_the_worker_stops_when_krita_is_killed(
    new_krita: Callable[..., Krita], toolkit: Toolkit, scratch: Callable[[], Path]
) -> None:
    krita, folder = new_krita(), scratch()
    path = folder / "pixels"
    path.write_bytes(noise("U8", 40, 50).tobytes())
    told = {"pixels": str(path), "width": 50, "height": 40}
    krita.run(SCENE, "begin", dict(told, rounds=1000))
    wait_for("a run", lambda: toolkit.health()["running"] == 1, 20)

    krita.kill()

    wait_for("an idle worker", lambda: toolkit.health()["running"] == 0, 5)


def test_the_worker_stops_when_krita_quits(
    new_krita: Callable[..., Krita], toolkit: Toolkit, scratch: Callable[[], Path]
) -> None:
    krita, folder = new_krita(), scratch()
    path = folder / "pixels"
    path.write_bytes(noise("U8", 40, 50).tobytes())
    krita.run(SCENE, "begin", {"pixels": str(path), "width": 50, "height": 40, "rounds": 1000})
    wait_for("a run", lambda: toolkit.health()["running"] == 1, 20)
    process = krita.start()

    krita.run(SCENE, "leave")

    process.wait(30)
    wait_for("an idle worker", lambda: toolkit.health()["running"] == 0, 5)
