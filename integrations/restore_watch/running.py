"""`restore watch run`: a pass over each folder of a recipe, told as it goes."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass

from restore.cli import wording
from restore.cli.batch import stop_on_signals
from restore.cli.codes import BATCH_EXIT_CODE
from restore.cli.session import Session
from restore.engine import Engine
from restore.errors import CancelledError
from restore_watch.line import Line
from restore_watch.loading import Loaded
from restore_watch.looking import Seen
from restore_watch.passing import Passed, Watcher, pass_over
from restore_watch.scanning import shown
from restore_watch.working import Outcome

__all__ = ["Running"]


@dataclass(frozen=True)
class Running:
    """One call.

    Attributes:
        session: Plugins and console.
        loaded: The recipe.
        redo: Whether photos are done again that an earlier recipe did.
    """

    session: Session
    loaded: Loaded
    redo: bool

    def run(self) -> int:
        """Do it, and return the exit code."""
        plugins = self.session.plugins
        engine = Engine(device=self.loaded.recipe.device, folders=plugins.models())
        outcomes: Counter[str] = Counter()
        waiting, stopped = 0, False
        with stop_on_signals() as stop:
            for line in self.loaded.lines:
                if stop.is_set():
                    break
                passed = self._pass(line, engine, stop)
                outcomes += passed.outcomes
                waiting += passed.waiting
            stopped = stop.is_set()
        said = [f"{wording.count(outcomes['done'], 'photo')} done"]
        if outcomes["failed"]:
            said.append(f"{outcomes['failed']} failed: `restore watch retry` tries them again")
        if waiting:
            said.append(f"{waiting} waiting")
        self.session.console.line(("Stopped: " if stopped else "") + ", ".join(said) + ".")
        if stopped:
            return CancelledError.exit_code
        return BATCH_EXIT_CODE if outcomes["failed"] or outcomes["put off"] else 0

    def _pass(self, line: Line, engine: Engine, stop: threading.Event) -> Passed:
        console = self.session.console
        with console.progress() as bar:
            watcher = Watcher(
                on_lost=lambda why: console.line(
                    f"{why} It is rebuilt from the folders: photos whose result is there are taken "
                    "as done."
                ),
                on_seen=self._tell_seen,
                on_outcome=lambda outcome: self._tell(line, outcome),
                on_progress=lambda row, fraction: bar(fraction, shown(row.path)),
            )
            formats = self.session.plugins.formats()
            return pass_over(line, engine, formats, stop, watcher, redo=self.redo)

    def _tell_seen(self, seen: Seen) -> None:
        say = self.session.console.line
        for path in seen.unsettled:
            say(f"{shown(path)}: passed over, it is still being written.")
        for path, first in seen.twins:
            say(f"{shown(path)}: the same photo as {shown(first)}; it is not restored twice.")
        for path, why in seen.refused:
            say(f"{shown(path)}: {why}")
        if seen.taken_as_done:
            say(f"{wording.count(seen.taken_as_done, 'photo')} taken as done.")
        if seen.otherwise:
            number = wording.count(seen.otherwise, "photo")
            say(f"{number} done by an earlier version of the recipe; --redo does them again.")

    def _tell(self, line: Line, outcome: Outcome) -> None:
        path = shown(outcome.row.path)
        if outcome.target is not None:
            said = f"→ {shown(outcome.target)}"
        elif outcome.state == "put off":
            said = f"failed, and is tried again later: {outcome.reason}"
        elif outcome.state == "failed":
            said = f"failed: {outcome.reason}"
        else:
            said = {"gone": "is gone.", "changed": "was changed; it is looked at again."}[
                outcome.state
            ]
        self.session.console.line(f"{path} {said}".replace("\n", "\n    "))
