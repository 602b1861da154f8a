"""A tour of both editors as a photographer takes it, with pictures for the documentation.

`make screenshots` keeps them in docs/images/editors.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.editors.inside import CHECKOUT
from tests.editors.programs.display import Display, wait_for
from tests.editors.programs.gimp import Gimp
from tests.editors.programs.krita import Krita
from tests.editors.toolkit import Toolkit

SCRIPTS = Path(__file__).parent / "scripts"
IN_GIMP, IN_KRITA = SCRIPTS / "in_gimp.py", SCRIPTS / "in_krita.py"
PHOTO = CHECKOUT / "demo" / "photos" / "hippos-noisy.jpg"

Keep = Callable[[Display, str], None]


@pytest.fixture(scope="module")
def photo(scratch: Callable[[], Path]) -> Path:
    return Path(shutil.copy(PHOTO, scratch() / "hippos.jpg"))


@pytest.fixture
def keep(tmp_path: Path) -> Keep:
    """Keep a picture of a screen, where RESTORE_SCREENSHOTS names a folder."""

    def take(display: Display, name: str) -> None:
        seen = display.screenshot(tmp_path / f"{name}.png")
        with Image.open(seen) as image:
            assert len(image.getcolors(1 << 24) or ()) > 1000, "there is no photo on the screen"
            if folder := os.environ.get("RESTORE_SCREENSHOTS"):
                image.convert("RGB").save(Path(folder) / f"{name}.webp", quality=76, method=6)

    return take


@pytest.fixture(scope="module")
def shipped(new_toolkit: Callable[..., Toolkit]) -> Toolkit:
    """What a photographer has: no actions of the tests."""
    return new_toolkit(plugins={})


def test_gimp(
    new_display: Callable[[], Display],
    new_gimp: Callable[..., Gimp],
    shipped: Toolkit,
    photo: Path,
    keep: Keep,
) -> None:
    display = new_display()
    gimp = new_gimp(toolkit=shipped, display=display)
    gimp.run(IN_GIMP, "show", photo)
    display.fill("– GIMP")
    time.sleep(1)
    display.drag(1043, 460, 900, 460)
    display.point(640, 780)  # at nothing that would explain itself
    display.keys("ctrl+shift+j", "alt+r", "Up", "Right")
    time.sleep(1)
    keep(display, "gimp-menu")
    display.keys("Escape", "Escape", "Escape", "slash")
    display.wait("Search Actions")
    display.type("Denoise")
    time.sleep(1.5)
    display.keys("Return")
    display.wait("Denoise")
    wait_for("the preview", lambda: shipped.health()["models"], 60)
    wait_for("the preview", lambda: shipped.health()["running"] == 0, 60)
    time.sleep(1)
    keep(display, "gimp-denoise")
    display.keys("Return")
    wait_for("the run", lambda: shipped.health()["running"] == 1)
    time.sleep(3)
    keep(display, "gimp-progress")
    wait_for("the result", lambda: len(gimp.run(IN_GIMP, "layers")[0]) == 2, 90)
    time.sleep(1)
    keep(display, "gimp-result")
    display.wait("– GIMP")
    display.keys("ctrl+z")
    wait_for("undo", lambda: len(gimp.run(IN_GIMP, "layers")[0]) == 1)


def test_krita(new_krita: Callable[..., Krita], shipped: Toolkit, photo: Path, keep: Keep) -> None:
    krita = new_krita(toolkit=shipped)
    display = krita.display
    krita.run(IN_KRITA, "show", photo)
    display.click(291, 29)
    display.keys("Up", "Right")
    time.sleep(1)
    keep(display, "krita-menu")
    display.keys("Escape", "Escape", "Escape")
    krita.run(IN_KRITA, "trigger", "restore__docker")
    time.sleep(0.5)
    krita.run(IN_KRITA, "arrange")
    display.click(*krita.run(IN_KRITA, "place", "Clean"))
    display.type("Denoise")
    display.keys("Return")
    time.sleep(1.5)
    keep(display, "krita-docker")
    display.click(*krita.run(IN_KRITA, "place", "Run"))
    wait_for("the run", lambda: shipped.health()["running"] == 1)
    wait_for("a part of it", lambda: krita.run(IN_KRITA, "progress") > 0.2, 90)
    keep(display, "krita-progress")
    wait_for("the result", lambda: len(krita.run(IN_KRITA, "layers")[0]) == 2, 90)
    time.sleep(3)  # until the layer's thumbnail is drawn as well
    keep(display, "krita-result")
    display.keys("ctrl+z")
    wait_for("undo", lambda: len(krita.run(IN_KRITA, "layers")[0]) == 1)
    display.click(*krita.run(IN_KRITA, "place", "Run"))
    wait_for("the run", lambda: shipped.health()["running"] == 1)
    display.click(*krita.run(IN_KRITA, "place", "Cancel"))
    wait_for("the worker to stop", lambda: shipped.health()["running"] == 0)
    assert krita.run(IN_KRITA, "layers") == [["Background"]]
