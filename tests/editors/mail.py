"""Asking a running editor to do something: the other end of `bridge.py`."""

from __future__ import annotations

import itertools
import json
import subprocess
import time
from pathlib import Path
from typing import Any

__all__ = ["EditorError", "Mail"]


class EditorError(AssertionError):
    """A script failed within the editor, or the editor is gone; the text says it all."""


class Mail:
    """A folder by which requests go to one editor and its answers come back.

    Attributes:
        folder: The folder.
        log: Where the editor's output goes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"
        self._numbers = itertools.count()
        folder.mkdir(parents=True)

    def ask(
        self,
        process: subprocess.Popen[bytes],
        script: Path | None,
        function: str = "main",
        argument: Any = None,
        timeout: float = 120,
    ) -> Any:
        """Have a function of a script called within the editor, and return what it returns.

        Args:
            process: The editor.
            script: A file beside the calling test; None asks the editor to leave.
            function: Its name in the script.
            argument: Of the function; as JSON can carry it.
            timeout: In seconds.

        Raises:
            EditorError: The script failed, or the editor ended.
            TimeoutError: No answer came in time.
        """
        name = f"{next(self._numbers):06d}"
        request = {"script": script and str(script), "function": function, "argument": argument}
        partial = self.folder / f"{name}.partial"
        partial.write_text(json.dumps(request, default=str))
        partial.rename(self.folder / f"{name}.request")
        answer = self.folder / f"{name}.answer"
        end = time.monotonic() + timeout
        while not answer.exists():
            if process.poll() is not None:
                raise EditorError(f"The editor ended with {process.returncode}.\n{self.last()}")
            if time.monotonic() > end:
                raise TimeoutError(f"{script}: no answer in {timeout} s.\n{self.last()}")
            time.sleep(0.01)
        told = json.loads(answer.read_text())
        if "error" in told:
            raise EditorError(f"{told['error']}\n{self.last()}")
        return told["value"]

    def last(self) -> str:
        """Return the end of what the editor printed."""
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""
