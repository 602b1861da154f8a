"""What cannot be worked on is refused in words, and nothing in the picture changes."""

from __future__ import annotations

import pytest

from tests.editors.krita.conftest import Scenes, noise


@pytest.mark.parametrize(
    ("spoilt", "words"),
    [
        ("nothing_open", "There is no picture."),
        ("group", "“group” is a group, not a paint layer."),
        ("vector", "“vector” is a vector layer, not a paint layer."),
        ("file", "“file” is a file layer, not a paint layer."),
        ("filter", "“filter” is a filter layer, not a paint layer."),
        ("mask", "“mask” is a transparency mask, not a paint layer."),
        ("locked", "The layer “photo” is locked."),
        ("in_locked_group", "The layer “group” is locked."),
        ("animated", "The layer “photo” is animated"),
        ("empty", "The layer “empty” is empty."),
        ("outside", "The layer “photo” lies outside the canvas."),
        ("nothing_selected", "The selection is empty."),
        ("selected_beside", "The selection lies beside the layer “photo”."),
        ("nothing_to_fill", "Nothing is selected.\nSelect what to fill, then run this again."),
    ],
)
def test_what_cannot_be_worked_on_is_refused(scenes: Scenes, spoilt: str, words: str) -> None:
    photo = noise("U8", 40, 50)
    path = scenes.folder / "pixels"
    path.write_bytes(photo.tobytes())

    told = scenes.ask("refused", {"how": spoilt, "pixels": str(path), "width": 50, "height": 40})

    assert words in told["refused"]
    assert told["refused"].count("\n") == 1, "what to do next is missing"
    assert told["before"] == told["after"]


def test_an_action_that_fails_says_why(scenes: Scenes) -> None:
    told = scenes.run("fails", noise("U8", 40, 50))
    assert told["error"].startswith("The network of this action is damaged.")
    assert told["error"].endswith("\nFetch it again.")
    assert [name for name, _, _ in told["tree"]] == ["Background", "photo", "over"]


def test_an_action_of_someone_else_that_is_broken_is_named(scenes: Scenes) -> None:
    told = scenes.run("fails", noise("U8", 40, 50), parameters={"how": "raises"})
    assert "editors" in told["error"]
    assert "division by zero" in told["error"]


def test_a_parameter_that_the_action_does_not_have_is_named(scenes: Scenes) -> None:
    told = scenes.run("negative", noise("U8", 40, 50), parameters={"whiter": 1})
    assert "whiter" in told["error"]


def test_an_action_that_does_not_exist_is_refused(scenes: Scenes) -> None:
    told = scenes.run("nothing", noise("U8", 40, 50))
    assert told["refused"].startswith("There is no action “nothing”.\nThere are: ")


def test_a_worker_that_dies_is_told_of_and_the_next_run_has_another(scenes: Scenes) -> None:
    photo = noise("U8", 40, 50)

    died = scenes.run("fails", photo, parameters={"how": "dies"})
    again = scenes.run("negative", photo)

    assert died["error"].startswith("The worker ended while “fails” ran.\nRun it again")
    assert "worker.log" in died["error"]
    assert again["error"] == ""


def test_without_the_toolkit_the_docker_and_the_entries_say_so(scenes: Scenes) -> None:
    told = scenes.ask("without_toolkit")

    gone = "The toolkit is gone: there is no /nowhere/python any more."
    assert gone in told["refused"]
    assert gone in told["docker"]
    assert gone in told["entry"]
    assert "negative" in told["entries"]
    assert told["later"] == ""
