"""GIMP with its windows: the dialog, what it remembers, cancel, and one step to undo."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.editors.gimp.conftest import Studio, photo, pixels_of
from tests.editors.programs.display import Display, wait_for
from tests.editors.programs.gimp import Gimp
from tests.editors.toolkit import Toolkit

GIVEN = photo(300, 400, 3)
CANCEL = (588, 602)
"""Where that button is in a window of GIMP's own size at the corner of the screen."""


class Window:
    """A window of GIMP with one image in it.

    Attributes:
        studio: Its GIMP.
        display: The screen that it is on.
    """

    def __init__(self, studio: Studio, display: Display) -> None:
        self.studio, self.display = studio, display

    def open(self) -> None:
        """Show a new image in place of the last."""
        self.studio.ask("show", "", GIVEN)
        self.front()

    def front(self) -> None:
        """Bring the window of the image to the front."""
        self.display.wait("– GIMP")

    def choose(self, entry: str) -> None:
        """Choose an entry of the menus by its name."""
        self.display.keys("slash")
        self.display.wait("Search Actions")
        self.display.type(entry)
        time.sleep(1)
        self.display.keys("Return")

    def layers(self) -> list[dict[str, Any]]:
        """Return the layers of the image, from the top."""
        told: dict[str, Any] = self.studio.ask("see", "", GIVEN)
        return told["layers"]

    def wait_for_layers(self, count: int) -> list[dict[str, Any]]:
        wait_for(f"{count} layers", lambda: len(self.layers()) == count)
        return self.layers()


@pytest.fixture(scope="module")
def window(
    new_display: Callable[[], Display],
    new_gimp: Callable[..., Gimp],
    new_toolkit: Callable[[], Toolkit],
    scratch: Callable[[], Path],
) -> Window:
    display, toolkit = new_display(), new_toolkit()
    return Window(Studio(new_gimp(toolkit=toolkit, display=display), toolkit, scratch()), display)


def test_a_filter_is_chosen_undone_and_repeated(window: Window) -> None:
    window.open()

    window.choose("Negative")
    window.display.wait("Negative")
    window.display.keys("Return")
    above, _ = window.wait_for_layers(2)

    assert above["name"] == "Photo – Negative"
    assert np.array_equal(pixels_of(above), 255 - GIVEN)
    window.front()
    window.display.keys("ctrl+z")
    (only,) = window.wait_for_layers(1)
    assert np.array_equal(pixels_of(only), GIVEN)
    window.display.keys("ctrl+f")
    assert window.wait_for_layers(2)[0]["name"] == "Photo – Negative"


def test_a_dialog_changes_what_runs_and_the_next_run_has_its_values(window: Window) -> None:
    window.open()
    window.choose("Negative")
    window.display.wait("Negative")
    window.display.keys("alt+w", "ctrl+a")
    window.display.type("0.75")
    window.display.keys("Return")
    window.wait_for_layers(2)

    told = window.studio.ask("see_report", "", GIVEN)

    assert told["parameters"]["white"] == 0.75


def test_what_the_preview_has_told_is_not_told_again(window: Window) -> None:
    window.open()
    window.choose("Negative")
    window.display.wait("Negative")
    window.display.keys("alt+d", "ctrl+a")
    window.display.type("A note of the action, in words.")
    time.sleep(2)

    window.display.keys("Return")

    window.wait_for_layers(2)
    assert not window.display.windows("GIMP Message")


def test_what_runs_can_be_cancelled(window: Window) -> None:
    window.open()
    window.choose("Slow")
    window.display.wait("Slow")
    window.display.keys("alt+u", "ctrl+a")
    window.display.type("300")
    window.display.keys("Return")
    worker = window.studio.toolkit
    wait_for("the run", lambda: worker.health()["running"] == 1)
    window.front()
    time.sleep(1)

    window.display.click(*CANCEL)

    wait_for("the worker to stop", lambda: worker.health()["running"] == 0, 5)
    assert len(window.layers()) == 1
    assert not window.display.windows("GIMP Message")
