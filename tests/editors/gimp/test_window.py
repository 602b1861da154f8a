"""GIMP with its windows: the dialog, what it remembers, cancel, and one step to undo."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

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

    def open(self, pixels: np.ndarray = GIVEN) -> None:
        """Show a new image in place of the last."""
        self.studio.ask("show", "", pixels)
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

    def set(self, letter: str, text: str) -> None:
        """Put a text into the field of a dialog that a letter leads to."""
        self.display.keys(letter, "ctrl+a")
        self.display.type(text)

    def drag(self, dialog: str, place: tuple[int, int], way: tuple[int, int]) -> None:
        """Press the mouse at a place of a dialog and let go of it a way further."""
        at = ("mousemove", "--window", dialog)
        half = [str(start + step // 2) for start, step in zip(place, way, strict=True)]
        end = [str(start + step) for start, step in zip(place, way, strict=True)]
        press = (*at, *map(str, place), "mousedown", "1", "sleep", "0.1")
        move = (*at, *half, "sleep", "0.1", *at, *end, "sleep", "0.1", "mouseup", "1")
        self.display.tool("xdotool", *press, *move)

    def layers(self) -> list[dict[str, Any]]:
        """Return the layers of the image, from the top."""
        told: dict[str, Any] = self.studio.ask("see", "", GIVEN)
        return told["layers"]

    def report(self) -> dict[str, Any]:
        """Return the account of the run that made the topmost layer."""
        told: dict[str, Any] = self.studio.ask("see_report", "", GIVEN)
        return told

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
    window.set("alt+w", "0.75")
    window.display.keys("Return")
    window.wait_for_layers(2)

    assert window.report()["parameters"]["white"] == 0.75
    window.front()
    window.display.keys("ctrl+f")
    window.wait_for_layers(3)
    assert window.report()["parameters"]["white"] == 0.75


def test_the_preview_shows_a_piece_before_and_after(window: Window, tmp_path: Path) -> None:
    blue_and_red = np.full_like(GIVEN, (30, 60, 90))
    blue_and_red[:, 200:] = (100, 0, 0)
    window.open(blue_and_red)
    window.choose("Negative")
    dialog = window.display.wait("Negative")
    window.set("alt+w", "1")
    window.display.keys("Tab")

    def seen(colour: tuple[int, int, int]) -> int:
        """Count pixels of the dialog."""
        picture = window.display.screenshot(tmp_path / "screen.png", dialog)
        with Image.open(picture) as screen:
            pixels = np.asarray(screen.convert("RGB"))
        return int((pixels == colour).all(axis=-1).sum())

    wait_for("the result", lambda: seen((225, 195, 165)) == 128 * 256)
    assert seen((30, 60, 90)) == seen((100, 0, 0)) == seen((155, 255, 255)) == 128 * 256

    window.drag(dialog, (130, 180), (80, 0))

    wait_for("the other place", lambda: seen((225, 195, 165)) == 200 * 256)
    assert seen((30, 60, 90)) == 200 * 256
    window.display.keys("Escape")
    wait_for("the dialog to close", lambda: not window.display.windows("Negative"))
    assert len(window.layers()) == 1


def test_what_the_preview_has_told_is_not_told_again(window: Window) -> None:
    window.open()
    window.choose("Negative")
    window.display.wait("Negative")
    window.set("alt+d", "A note of the action, in words.")
    time.sleep(2)

    window.display.keys("Return")

    window.wait_for_layers(2)
    assert not window.display.windows("GIMP Message")


def test_what_runs_can_be_cancelled(window: Window) -> None:
    window.open()
    window.choose("Slow")
    window.display.wait("Slow")
    window.set("alt+u", "300")
    window.display.keys("Return")
    worker = window.studio.toolkit
    wait_for("the run", lambda: worker.health()["running"] == 1)
    window.front()
    time.sleep(1)

    window.display.click(*CANCEL)

    wait_for("the worker to stop", lambda: worker.health()["running"] == 0, 5)
    assert len(window.layers()) == 1
    assert not window.display.windows("GIMP Message")
