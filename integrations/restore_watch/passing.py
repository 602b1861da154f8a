"""One pass over a folder: what an earlier one left is finished, then all that is there is done."""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from restore.engine import Engine
from restore.errors import CancelledError, PhotoError, WriteError
from restore.photo import Format
from restore_watch.journal import Journal, Row, State, opened
from restore_watch.line import Line
from restore_watch.looking import Seen, look
from restore_watch.working import Outcome, Workbench

__all__ = ["Passed", "Watcher", "pass_over"]


@dataclass
class Watcher:
    """Who is told what happens; every method may be left as it is."""

    on_lost: Callable[[str], None] = lambda why: None
    on_seen: Callable[[Seen], None] = lambda seen: None
    on_outcome: Callable[[Outcome], None] = lambda outcome: None
    on_progress: Callable[[Row, float], None] = lambda row, fraction: None


@dataclass
class Passed:
    """What came of a pass.

    Attributes:
        outcomes: How many photos were done, failed and so on.
        stopped: Whether it was stopped before its end.
        waiting: How many photos wait for another attempt.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    stopped: bool = False
    waiting: int = 0


def pass_over(
    line: Line,
    engine: Engine,
    formats: Sequence[Format],
    stop: threading.Event,
    watcher: Watcher,
    *,
    redo: bool = False,
) -> Passed:
    """Do what is to be done in a folder now.

    Args:
        line: The folder and what is done.
        engine: Where models run.
        formats: What can be read and written.
        stop: Once set, the photo in work is given back and nothing more is begun.
        watcher: Is told.
        redo: Do photos again that were done by another version of the recipe.

    Raises:
        RestoreError: Another one works on the folder.
        PhotoError: The folder cannot be read.
        WriteError: The disk of the results or of the journal is full or refuses.
    """
    lost_before = line.bench.is_dir()
    with line.alone():
        missing = lost_before and not line.journal.exists()
        journal, why = opened(line.journal)
        if missing:
            why = f"The journal {line.journal} is missing, though the folder was worked on before."
        try:
            if why:
                journal.rebuilding = True
                watcher.on_lost(why)
            return _pass(line, journal, engine, formats, stop, watcher, redo)
        except sqlite3.Error as error:
            raise WriteError(
                f"The journal {line.journal} cannot be written: {error}.",
                "Make room on its disk, and see that the folder is yours.",
            ) from error
        finally:
            journal.close()


def _pass(
    line: Line,
    journal: Journal,
    engine: Engine,
    formats: Sequence[Format],
    stop: threading.Event,
    watcher: Watcher,
    redo: bool,
) -> Passed:
    passed = Passed()

    def tell(outcome: Outcome) -> None:
        passed.outcomes[outcome.state] += 1
        watcher.on_outcome(outcome)

    bench = Workbench(line, journal, engine, formats)
    try:
        for outcome in bench.tidy():
            tell(outcome)
    except OSError as error:
        raise WriteError(
            f"{error.filename or line.bench}: {error.strerror or error}.",
            "See that the disk is there, is not full, and may be written.",
        ) from error
    try:
        seen = look(line, journal, formats, stop, redo=redo)
    except OSError as error:
        raise PhotoError(
            f"{line.folder.path} cannot be read: {error.strerror or error}.",
            "See that its disk is there.",
        ) from error
    watcher.on_seen(seen)
    while not stop.is_set() and (row := journal.take(line.recipe)) is not None:

        def progress(fraction: float, text: str, row: Row = row) -> None:
            watcher.on_progress(row, fraction)
            if stop.is_set():
                raise CancelledError(f"{row.path} was stopped.")

        try:
            tell(bench.work(row, progress))
        except CancelledError:
            break
    passed.stopped = stop.is_set()
    passed.waiting = journal.counts()[State.QUEUED]
    return passed
