"""The docker and the menu: what a person sees and presses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.editors.krita.conftest import Scenes, noise
from tests.editors.programs.display import wait_for
from tests.editors.programs.krita import Krita

DESK = Path(__file__).with_name("desk.py")


@pytest.fixture(scope="session")
def desk(krita: Krita, scenes: Scenes) -> Callable[..., Any]:
    """Call a function of desk.py with a picture of 80 by 60 pixels beside its argument."""
    path = scenes.folder / "desk"
    photo = noise("U8", 60, 80)
    photo[:, :, 3] = 255
    path.write_bytes(photo.tobytes())
    picture = {"pixels": str(path), "width": 80, "height": 60}
    return lambda function, **told: krita.run(DESK, function, {**picture, **told})


def test_every_action_has_an_entry_and_is_in_the_docker(desk: Callable[..., Any]) -> None:
    told = desk("offered")

    actions = [entry["label"] for entry in told["actions"]]
    assert {"Denoise", "Clean", "Upscale", "Inpaint", "Deblur", "Negative"} <= set(actions)
    assert told["menu"][: len(actions)] == [label + "…" for label in actions]
    assert told["menu"][len(actions) :] == [
        "Repeat the Last Action",
        "Show the Docker",
        "Free Memory",
    ]
    assert told["docker"] == actions


def test_each_field_is_a_widget_with_its_default(desk: Callable[..., Any]) -> None:
    told = desk("fields")

    for entry in told["actions"]:
        shown = told["shown"][entry["name"]]
        for field in entry["fields"]:
            if field["name"] == "strength" or field["kind"] in ("mask", "picture"):
                assert field["name"] not in shown
            else:
                assert shown[field["name"]] == field["default"], (entry["name"], field)


def test_values_and_presets_go_through_the_widgets_and_back(desk: Callable[..., Any]) -> None:
    values = {"noise": 0.05, "steps": 7, "seed": 2**53 + 1, "model": "base"}

    told = desk("round_trip", action="denoise", values=values)

    assert told["shown"] == values
    assert told["auto"]["noise"] == "auto"
    assert told["names"] == [
        "As set below",
        "Faithful",
        "Natural texture",
        "Half of it",
        "",
        "Mine",
    ]
    assert told["again"] == values
    assert told["strength"] == 50
    saved = json.loads(Path(told["file"]).read_text())
    assert saved["denoise"]["Mine"] == {**values, "strength": 0.5}
    assert told["removed"] == told["names"][:4]


def test_damaged_presets_are_kept_aside_and_told_of(desk: Callable[..., Any]) -> None:
    told = desk("damaged")

    assert "are damaged" in told["fault"]
    assert Path(told["kept"]).read_text() == "{not json"
    assert told["names"][0] == "Faithful"


def test_the_button_runs_the_action_and_the_slider_blends_its_result(
    desk: Callable[..., Any],
) -> None:
    told = desk("press")

    assert told["during"] == "Cancel"
    assert told["after"] == "Run"
    assert told["text"].startswith("Done in ")
    assert "Two words." in told["text"]
    assert told["runs"] == 1
    assert told["opacities"] == [255, 64, 255]
    source, result = told["pixels"]["source"], told["pixels"]["result"]
    for value, before, after in zip(told["pixels"]["blended"], source, result, strict=True):
        assert abs(value - (before + (after - before) * 64 / 255)) < 1.6
    assert told["pixels"]["held"] == source
    assert told["pixels"]["released"] == result
    assert told["pixels"]["hidden"] == source


def test_an_entry_asks_and_then_runs(desk: Callable[..., Any]) -> None:
    told = desk("entry", answer="accept")

    assert told["asked"] == "Restore: Negative"
    assert told["names"] == ["photo", "photo – Negative", "over"]
    assert told["again"] == ["photo", "photo – Negative", "photo – Negative", "over"]


def test_an_entry_that_is_not_confirmed_does_nothing(desk: Callable[..., Any]) -> None:
    told = desk("entry", answer="reject")
    assert told["names"] == ["photo", "over"]


def test_an_entry_runs_at_once_in_batch_mode(desk: Callable[..., Any]) -> None:
    told = desk("entry", answer="")

    assert told["asked"] == ""
    assert told["names"] == ["photo", "photo – Negative", "over"]


def test_a_failure_of_an_entry_is_a_box_and_one_in_batch_mode_is_not(
    desk: Callable[..., Any],
) -> None:
    loud, quiet = desk("failure", batch=False), desk("failure", batch=True)

    assert "The network of this action is damaged." in loud["box"]
    assert quiet["box"] == ""
    assert loud["docker"] == quiet["docker"] == loud["box"]


def test_the_dialog_is_a_window_of_kritas(desk: Callable[..., Any], krita: Krita) -> None:
    desk("open_dialog")
    wait_for("the dialog", lambda: krita.display.windows("Restore: Negative"), 20)
    krita.display.keys("Escape")
    wait_for("its end", lambda: not krita.display.windows("Restore: Negative"), 20)
