"""A screen that nobody sees: windows appear on it, keys are pressed, pictures are taken."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from tests.editors.inside import CHECKOUT, Root, kill

__all__ = ["Display", "wait_for"]


def wait_for(what: str, reached: Callable[[], object], timeout: float = 30) -> None:
    """Wait until something is so.

    Raises:
        TimeoutError: It was not so within `timeout` seconds.
    """
    end = time.monotonic() + timeout
    while not reached():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {timeout} s")
        time.sleep(0.05)


class Display:
    """A screen with a window manager and a message bus, all in one root.

    Attributes:
        root: Whose programs run on it.
    """

    def __init__(self, root: Root, folder: Path, size: str = "1280x900") -> None:
        self.root = root
        self._folder = folder
        self._environment: dict[str, str] = {}
        self._processes: list[subprocess.Popen[bytes]] = []
        self._size = size

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs in order to appear here."""
        return dict(self._environment)

    def open(self) -> Self:
        """Start it; programs may appear at once."""
        home = self._folder / "screen"
        home.mkdir(parents=True, exist_ok=True)
        options = ("-screen", "0", f"{self._size}x24", "-nolisten", "tcp", "-displayfd", "1")
        number = self._service("Xvfb", *options).strip()
        self._environment = {"DISPLAY": f":{number}", "HOME": str(home)}
        bus = ("--session", "--nofork", "--print-address=1")
        address = self._service("dbus-daemon", *bus).strip()
        self._environment["DBUS_SESSION_BUS_ADDRESS"] = address
        manager = self.root.start(
            "openbox", environment=self._environment, output=subprocess.DEVNULL
        )
        self._processes.append(manager)
        return self

    def close(self) -> None:
        """End it, and what runs on it loses its windows."""
        for process in reversed(self._processes):
            kill(process)

    def _service(self, *command: str) -> str:
        """Start a program that says in one line on descriptor 1 where it is to be reached."""
        out, into = os.pipe()
        with (self._folder / "screen" / f"{command[0]}.log").open("wb") as log:
            quiet = ("/bin/sh", "-c", 'log=$1; shift; exec "$@" 2>>"$log"', "sh", log.name)
            self._processes.append(
                self.root.start(*quiet, *command, environment=self._environment, output=into)
            )
        os.close(into)
        with os.fdopen(out, encoding="utf-8") as told:
            return told.readline()

    def tool(self, *command: str | Path) -> str:
        """Run a program of the root on this screen and return what it prints."""
        return self.root.run(*command, environment=self._environment, timeout=60).stdout

    def windows(self, name: str) -> list[str]:
        """Return the visible windows whose title contains a text."""
        listed = self.tool("xdotool", "search", "--onlyvisible", "--name", name)
        return [line for line in listed.split() if line.isdigit()]

    def titles(self) -> list[str]:
        """Return the titles of all visible windows."""
        return [self.tool("xdotool", "getwindowname", w).strip() for w in self.windows("")]

    def wait(self, name: str, timeout: float = 60) -> str:
        """Wait for a window and return it, in front and with the keyboard.

        Raises:
            TimeoutError: There was none within `timeout` seconds.
        """
        try:
            wait_for(f"a window “{name}”", lambda: self.windows(name), timeout)
        except TimeoutError as error:
            seen = self.screenshot(CHECKOUT / "out" / "stuck.png")
            error.add_note(f"The screen is in {seen}: {self.titles()}")
            raise
        window = self.windows(name)[-1]
        self.tool("xdotool", "windowactivate", "--sync", window)
        return window

    def fill(self, name: str) -> str:
        """Let a window fill the screen, and return it."""
        window = self.wait(name)
        self.tool("xdotool", "windowmove", window, "0", "0")
        self.tool("xdotool", "windowsize", window, "1276", "870")  # the frame takes the rest
        return window

    def keys(self, *names: str) -> None:
        """Press keys one after another, by their X names, such as "ctrl+z" or "Return"."""
        self.tool("xdotool", "key", "--delay", "80", *names)

    def type(self, text: str) -> None:
        """Type a text."""
        self.tool("xdotool", "type", "--delay", "30", text)

    def click(self, x: int, y: int, button: int = 1) -> None:
        """Click at a place of the screen."""
        self.tool("xdotool", "mousemove", str(x), str(y), "click", str(button))

    def point(self, x: int, y: int) -> None:
        """Move the mouse to a place of the screen."""
        self.tool("xdotool", "mousemove", str(x), str(y))

    def drag(self, x: int, y: int, to_x: int, to_y: int) -> None:
        """Move the mouse from one place to another with its button pressed."""
        for move in (("mousemove", x, y, "mousedown", 1), ("mousemove", to_x, to_y)):
            self.tool("xdotool", *map(str, move))
        self.tool("xdotool", "mouseup", "1")

    def screenshot(self, path: Path, window: str = "root") -> Path:
        """Save what is on the screen, or in a window, as PNG."""
        seen = self._folder / "screen" / "seen.png"  # the root sees this folder, but not all
        self.tool("import", "-window", window, seen)
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(seen, path)
        return path
