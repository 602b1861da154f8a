"""GIMP with a profile of its own, without a screen: scripts run in its Python."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from tests.editors import bridge
from tests.editors.inside import Root, kill
from tests.editors.mail import Mail
from tests.editors.programs.display import Display

__all__ = ["Gimp"]

_NEEDED = ("python-eval", "file-png", "file-tiff", "file-jpeg")
"""Plug-ins of GIMP's own; a start with all hundred of them takes four times as long."""

_THEIRS = Path("/usr/lib/x86_64-linux-gnu/gimp/3.0/plug-ins")  # of 3.2, too

_GIMPRC = """
(plug-in-path "${{gimp_dir}}/plug-ins:{few}")
(check-updates no)
(config-version "9.9.9")
(show-welcome-dialog no)
(undo-levels 10)
"""


class Gimp:
    """One profile, and in it a GIMP without a screen, started when a script is first run.

    Attributes:
        root: Where GIMP lives.
        version: Its folder name, such as "3.0".
        profile: The folder that GIMP calls its own.
    """

    def __init__(
        self, root: Root, version: str, folder: Path, display: Display | None = None
    ) -> None:
        self.root = root
        self.version = version
        self.display = display
        self.profile = folder / "GIMP" / version
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._mail: Mail | None = None
        self._started = 0
        few = folder / "few"
        few.mkdir(parents=True)
        (self.profile / "plug-ins").mkdir(parents=True)
        for name in _NEEDED:
            (few / name).symlink_to(_THEIRS / name)
        (self.profile / "gimprc").write_text(_GIMPRC.format(few=few))

    @property
    def environment(self) -> dict[str, str]:
        """What every GIMP in this profile is started with."""
        home = self._folder / "home"
        (home / "run").mkdir(parents=True, exist_ok=True, mode=0o700)
        return (self.display.environment if self.display else {}) | {
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(self._folder),
            "XDG_RUNTIME_DIR": str(home / "run"),
            "GIMP3_DIRECTORY": str(self.profile),
            "NO_AT_BRIDGE": "1",
            "BABL_TOLERANCE": "0",  # else it converts by what it finds to be quick just now
        }

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running GIMP; one is started if there is none."""
        if self._process is None or self._process.poll() is not None:
            self._started += 1
            self._mail = Mail(self._folder / f"mail-{self._started}")
            serve = (
                f"import sys; sys.path.insert(0, {str(Path(bridge.__file__).parent)!r}); "
                f"import bridge; bridge.serve({str(self._mail.folder)!r})"
            )
            batch = ("--batch-interpreter=python-fu-eval", "-b", serve)
            program = "gimp-console" if self.display is None else "gimp"
            with self._mail.log.open("wb") as log:
                self._process = self.root.start(
                    f"{program}-{self.version}",
                    *("--no-splash", "--no-data", "--no-fonts"),
                    *batch,
                    "--quit",
                    environment=self.environment,
                    output=log,
                )
        return self._process

    def run(
        self, script: Path, function: str = "main", argument: Any = None, timeout: float = 120
    ) -> Any:
        """Call a function of a script in GIMP's Python and return what it returns.

        Raises:
            EditorError: It failed, or GIMP is gone.
            TimeoutError: It took longer than `timeout` seconds.
        """
        process = self.process
        assert self._mail is not None
        return self._mail.ask(process, script, function, argument, timeout)

    def log(self) -> str:
        """Return the end of what this GIMP printed."""
        return self._mail.last() if self._mail else ""

    def quit(self) -> None:
        """Let GIMP end by itself, as after an hour's work."""
        if self._process is not None and self._process.poll() is None and self._mail is not None:
            self._mail.ask(self._process, None)
            self._process.wait(30)

    def kill(self) -> None:
        """Kill GIMP and its plug-ins at once."""
        if self._process is not None:
            kill(self._process)
