"""One photo, exactly once: made apart, noted in the journal, then given its name.

Whenever the program ends, the next one finds in the journal how far a photo was, and on the disk
whether the next step was taken. Nothing is done twice, and nothing is seen before it is whole.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from restore.engine import Engine
from restore.errors import CancelledError, PhotoError, RestoreError, WriteError
from restore.photo import Format
from restore.photo.atomic import write_bytes
from restore.tasks.files import Handling, in_strips, whole
from restore.tasks.sizes import is_large, refuse_too_large
from restore_watch.journal import ATTEMPTS, INTERRUPTIONS, Journal, Row
from restore_watch.line import Line
from restore_watch.naming import numbered, target_of
from restore_watch.putting import UnreadableError, hash_of, put, snapshot
from restore_watch.scanning import Identity, identity_of, shown

__all__ = ["Outcome", "Workbench"]

_TAIL = 120
"""Bytes of a photo's name that its copy has."""


@dataclass(frozen=True)
class Outcome:
    """What became of one photo.

    Attributes:
        row: What the journal said before.
        state: "done", "failed", "put off" (it is tried again later), "gone" or "changed".
        target: The result, if it is done.
        reason: Why it is not.
    """

    row: Row
    state: str
    target: Path | None = None
    reason: str = ""


class Workbench:
    """Where the photos of one folder are worked on, one at a time.

    Args:
        line: What is done.
        journal: Of the folder.
        engine: Where models run.
        formats: What can be read and written.
    """

    def __init__(
        self, line: Line, journal: Journal, engine: Engine, formats: Sequence[Format]
    ) -> None:
        self._line = line
        self._folder = line.folder
        self._journal = journal
        self._engine = engine
        self._formats = formats

    def tidy(self) -> list[Outcome]:
        """Finish or give back what an earlier program left, and clear the bench.

        Raises:
            OSError: The disk refuses.
        """
        outcomes = []
        for row in self._journal.interrupted():
            if self._is_made(row):
                outcomes.append(self._finish_or_fail(row))
            elif row.interruptions + 1 >= INTERRUPTIONS:
                reason = f"The program ended {INTERRUPTIONS} times while it worked on the photo."
                outcomes.append(self._fail(row, reason, final=True))
            else:
                self._journal.give_back(row, interrupted=True)
        for left in self._line.bench.iterdir():
            if left.name != "lock" and not left.is_dir():
                left.unlink()
        return outcomes

    def work(self, row: Row, progress: Callable[[float, str], None]) -> Outcome:
        """Restore a photo that was taken from the queue.

        Args:
            row: What the journal says of it.
            progress: Told the fraction done and a text; may raise `CancelledError`.

        Raises:
            CancelledError: It was stopped, and is in the queue again.
            WriteError: The disk is full or refuses; the photo is in the queue again.
            UnreadableError: The folder went away; the photo is in the queue again.
        """
        try:
            return self._work(row, progress)
        except CancelledError:
            self._journal.give_back(row)
            raise
        except sqlite3.Error:
            raise
        except UnreadableError as error:
            if not os.access(self._folder.path, os.R_OK | os.X_OK):
                self._journal.give_back(row)
                raise
            return self._fail(row, str(error), final=False)
        except OSError as error:
            self._journal.give_back(row)
            raise WriteError(
                f"{error.filename or self._folder.output}: {error.strerror or error}.",
                "See that the disk is there, is not full, and may be written.",
            ) from error
        except WriteError as error:
            if isinstance(error.__cause__, OSError):
                self._journal.give_back(row)
                raise
            return self._fail(row, str(error), final=True)
        except PhotoError as error:
            return self._fail(row, self._of_photo(row, str(error)), final=True)
        except MemoryError:
            return self._fail(row, "It does not fit into memory.", final=False)
        except Exception as error:
            known = isinstance(error, RestoreError)
            said = str(error) if known else f"A bug: {type(error).__name__}: {error}"
            return self._fail(row, self._of_photo(row, said), final=False)

    def _work(self, row: Row, progress: Callable[[float, str], None]) -> Outcome:
        start = time.perf_counter()
        source = self._folder.path / row.path
        copy = self._copy(row)
        content = snapshot(source, copy)
        if content != row.content:
            self._journal.gone(row)
            return Outcome(row, "gone" if content is None else "changed")
        wanted = self._folder.output / target_of(
            self._folder, row.path, copy.stat().st_mtime_ns, self._formats
        )
        made = self._made(row, wanted.suffix)
        made.unlink(missing_ok=True)
        self._restore(copy, made, progress)
        result = hash_of(made)
        assert result is not None
        target = self._free(wanted, row)
        self._journal.made(row, result, target, time.perf_counter() - start)
        noted = self._journal.get(row.content, row.recipe)
        assert noted is not None
        return self._finish(noted)

    def _restore(self, source: Path, made: Path, progress: Callable[[float, str], None]) -> None:
        steps = self._line.given()
        handling = Handling(
            formats=self._formats,
            quality=self._folder.quality,
            depth=self._folder.depth,
        )
        if is_large(source):
            if len(steps) == 1 and in_strips(
                steps[0], source, made, self._engine, progress, handling
            ):
                return
            refuse_too_large(source, self._line.scale, strips=False)
        whole(steps, source, made, self._engine, progress, handling)

    def _finish(self, row: Row) -> Outcome:
        """Give a result its name, see to the original, and note it; each step can be repeated."""
        assert row.target is not None
        made = self._made(row, row.target.suffix)
        target = row.target
        while hash_of(target) != row.result:
            try:
                put(made, target, replace=self._may_replace(target, row))
            except FileExistsError:
                target = self._free(target, row)
                self._journal.made(row, row.result, target, row.seconds)
        if self._folder.archive is not None:
            self._archive(row, self._folder.archive)
        self._journal.done(row)
        for left in (made, self._copy(row)):
            left.unlink(missing_ok=True)
        self._leave_quarantine(row)
        return Outcome(row, "done", target)

    def _finish_or_fail(self, row: Row) -> Outcome:
        try:
            return self._finish(row)
        except WriteError as error:
            return self._fail(row, str(error), final=True)

    def _is_made(self, row: Row) -> bool:
        if row.target is None or not row.result:
            return False
        places = (self._made(row, row.target.suffix), row.target)
        return any(hash_of(place) == row.result for place in places)

    def _free(self, wanted: Path, row: Row) -> Path:
        """Return the name that a result may take, as the recipe has it.

        Raises:
            WriteError: It is taken, and the recipe wants no other.
        """
        for target in numbered(wanted):
            if not _there(target) or self._may_replace(target, row):
                return target
            if self._folder.existing == "refuse":
                raise WriteError(
                    f"{shown(target)} exists already.", "Move it, then: restore watch retry"
                )
        raise AssertionError

    def _may_replace(self, target: Path, row: Row) -> bool:
        if self._folder.existing != "replace":
            return False
        return self._journal.owner_of(target) in (None, row.content)

    def _archive(self, row: Row, archive: Path) -> None:
        """Move the original; it leaves its place only when the archive has the same content."""
        source = self._folder.path / row.path
        before = _identity(source)
        if hash_of(source) != row.content:
            return  # moved before, or another photo has its name now
        if row.archived is None or hash_of(row.archived) != row.content:
            for place in numbered(archive / row.path):
                if _there(place):
                    continue
                self._journal.archiving(row, place)
                put(source, place)
                if hash_of(place) != row.content:
                    place.unlink()  # the photo was replaced in this very moment
                    return
                break
        if _same_file(before, _identity(source)):
            source.unlink()

    def _fail(self, row: Row, reason: str, *, final: bool) -> Outcome:
        if final or row.attempts + 1 >= ATTEMPTS:
            with suppress(OSError, WriteError):
                self._quarantine(row, reason)
        last = self._journal.failed(row, reason, final=final)
        return Outcome(row, "failed" if last else "put off", reason=reason)

    def _quarantine(self, row: Row, reason: str) -> None:
        """Show a copy of the photo, with the reason beside it."""
        copy = self._copy(row)
        if hash_of(copy) != row.content:
            return
        for place in numbered(self._folder.refuge / row.path):
            if _there(place) and hash_of(place) != row.content:
                continue
            if not _there(place):
                put(copy, place)
            note = place.with_name(f"{place.name}.txt")
            write_bytes(note, f"{reason}\n".encode("utf-8", "replace"), overwrite=True)
            return

    def _leave_quarantine(self, row: Row) -> None:
        """Take the copy and the reason away again, once the photo is done."""
        if not row.reason:
            return
        for place in numbered(self._folder.refuge / row.path):
            if not _there(place):
                return
            if hash_of(place) == row.content:
                place.unlink()
                place.with_name(f"{place.name}.txt").unlink(missing_ok=True)
                return

    def _copy(self, row: Row) -> Path:
        """Return where a photo is copied to; its name is told by warnings of what reads it."""
        name = os.fsdecode(os.fsencode(row.path.name)[-_TAIL:])
        return self._line.bench / f"{row.content[:24]}-{name}"

    def _made(self, row: Row, suffix: str) -> Path:
        return self._line.bench / f"{row.content[:24]}.result-{row.recipe[:8]}{suffix}"

    def _of_photo(self, row: Row, text: str) -> str:
        """Return a message that names the photo, not the copy that was read."""
        return text.replace(str(self._copy(row)), shown(row.path.name))


def _there(path: Path) -> bool:
    with suppress(OSError):
        path.lstat()
        return True
    return False


def _identity(path: Path) -> Identity | None:
    with suppress(OSError):
        return identity_of(path.lstat())
    return None


def _same_file(one: Identity | None, other: Identity | None) -> bool:
    """Whether a file is still the same; a second name changes its ctime alone."""
    return one is not None and other is not None and replace(one, ctime_ns=other.ctime_ns) == other
