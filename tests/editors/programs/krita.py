"""Krita with a profile of its own, in a window that nobody sees: scripts run in its Python."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.editors import bridge
from tests.editors.inside import CHECKOUT, kill
from tests.editors.mail import Mail
from tests.editors.programs.display import Display

__all__ = ["Krita"]

_BRIDGE = "restore_test_bridge"
_DESKTOP = f"""[Desktop Entry]
Type=Service
ServiceTypes=Krita/PythonPlugin
X-KDE-Library={_BRIDGE}
X-Python-2-Compatible=false
Name=Bridge to the tests
"""
_PLUGIN = '''"""Gives the tests' requests to `bridge` while Krita is idle, with pauses."""
import faulthandler
import os
import krita
try:
    from PyQt6.QtCore import QTimer
except ImportError:
    from PyQt5.QtCore import QTimer
from . import bridge

class Bridge(krita.Extension):
    def setup(self):
        pass

    def createActions(self, window):
        if not hasattr(self, "timer"):
            faulthandler.enable()
            self.step = iter(())
            self.pause = 0
            self.timer = QTimer()
            self.timer.setInterval(10)
            self.timer.timeout.connect(self.work)
            self.timer.start()

    def work(self):
        for step in self.step:
            if step == "leave":
                os._exit(0)
            self.pause = 15
            return
        if self.pause:
            self.pause -= 1
            return
        self.step = bridge.answers(os.environ["RESTORE_TEST_MAIL"])

krita.Krita.instance().addExtension(Bridge(krita.Krita.instance()))
'''
_KRITARC = f"""[python]
enable_{_BRIDGE}=true
enable_restore_krita=true
[KritaDisplay]
"""
_DISPLAYRC = "[General]\ncanvasState=OPENGL_FAILED\nOpenGLRenderer=none\n"


class Krita:
    """One profile, and in it a Krita on a display, started when a script is first run.

    Attributes:
        display: Where its window is.
        home: The home folder that it believes in.
        resources: `.local/share/krita` in it, where plug-ins go to `pykrita`.
    """

    def __init__(self, display: Display, folder: Path, resources: Path | None = None) -> None:
        self.display = display
        self.home = folder / "home"
        self.resources = self.home / ".local" / "share" / "krita"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._mail: Mail | None = None
        self._started = 0
        if resources is None:
            self.resources.mkdir(parents=True)
        else:
            shutil.copytree(resources, self.resources)
        (self.home / "run").mkdir(mode=0o700)
        config = self.home / ".config"
        config.mkdir()
        (config / "kritarc").write_text(_KRITARC)
        (config / "kritadisplayrc").write_text(_DISPLAYRC)
        plugins = self.resources / "pykrita"
        (plugins / _BRIDGE).mkdir(parents=True)
        (plugins / f"{_BRIDGE}.desktop").write_text(_DESKTOP)
        (plugins / _BRIDGE / "__init__.py").write_text(_PLUGIN)
        shutil.copy(bridge.__file__, plugins / _BRIDGE / "bridge.py")

    @property
    def environment(self) -> dict[str, str]:
        """What every Krita in this profile is started with, but for its mail."""
        return self.display.environment | {
            "HOME": str(self.home),
            "XDG_RUNTIME_DIR": str(self.home / "run"),
            "NO_AT_BRIDGE": "1",
        }

    def start(self, *files: Path) -> subprocess.Popen[bytes]:
        """Return the running Krita; one is started, with these files, if there is none."""
        if self._process is None or self._process.poll() is not None:
            self._started += 1
            self._mail = Mail(self._folder / f"mail-{self._started}")
            mail = {"RESTORE_TEST_MAIL": str(self._mail.folder)}
            with self._mail.log.open("wb") as log:
                self._process = self.display.root.start(
                    "krita",
                    "--nosplash",
                    *files,
                    environment=self.environment | mail,
                    output=log,
                )
        return self._process

    def run(
        self, script: Path, function: str = "main", argument: Any = None, timeout: float = 90
    ) -> Any:
        """Call a function of a script in Krita's Python and return what it returns.

        It is called on the thread of the interface. Where it yields, the interface goes on.

        Raises:
            EditorError: It failed, or Krita is gone.
            TimeoutError: It took longer than `timeout` seconds.
        """
        process = self.start()
        assert self._mail is not None
        try:
            return self._mail.ask(process, script, function, argument, timeout)
        except TimeoutError as error:
            seen = self.display.screenshot(CHECKOUT / "out" / "stuck.png")
            error.add_note(f"The screen is in {seen}: {self.display.titles()}")
            raise

    def log(self) -> str:
        """Return the end of what this Krita printed."""
        return self._mail.last() if self._mail else ""

    def quit(self) -> None:
        """End Krita between two requests."""
        if self._process is not None and self._process.poll() is None and self._mail is not None:
            self._mail.ask(self._process, None)
            self._process.wait(30)

    def kill(self) -> None:
        """Kill Krita at once."""
        if self._process is not None:
            kill(self._process)
