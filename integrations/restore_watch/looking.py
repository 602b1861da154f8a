"""A look through a folder: what is new is put into the queue, what went is struck out."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from restore.errors import PhotoError
from restore.photo import Format, suffixes
from restore_watch.journal import Journal, Row, State
from restore_watch.line import Line
from restore_watch.naming import target_of
from restore_watch.putting import hash_of
from restore_watch.scanning import Found, Identity, PassedOver, identity_of, scan

__all__ = ["SETTLE_SECONDS", "Seen", "look", "settled", "young"]

SETTLE_SECONDS = 2.0
"""How long a file must have been left alone to count as whole."""


@dataclass
class Seen:
    """What a look found, beside what the journal holds.

    Attributes:
        files: How many files of photos there are.
        twins: Photos that lie there a second time, with where they lie first.
        unsettled: Files that are still being written.
        refused: Files that cannot be read, with why.
        otherwise: Photos that were done by another version of the recipe.
        taken_as_done: Photos that the journal did not know, and whose result is there.
    """

    files: int = 0
    twins: list[tuple[PurePosixPath, PurePosixPath]] = field(default_factory=list)
    unsettled: list[PurePosixPath] = field(default_factory=list)
    refused: list[tuple[PurePosixPath, str]] = field(default_factory=list)
    otherwise: int = 0
    taken_as_done: int = 0


def young(identity: Identity, now: float) -> bool:
    """Whether a file was changed so short ago that it may not be whole, or in the future."""
    return identity.ctime_ns / 1e9 > now - SETTLE_SECONDS


def settled(before: Identity, after: Identity | None) -> bool:
    """Whether a young file was left alone between two looks that are `SETTLE_SECONDS` apart."""
    return after is not None and before == after


def look(
    line: Line,
    journal: Journal,
    formats: Sequence[Format],
    stop: threading.Event,
    *,
    redo: bool = False,
) -> Seen:
    """Bring the journal up to what is in the folder.

    If an earlier journal was lost, photos whose result is there are taken as done.

    Args:
        line: The folder and what is done.
        journal: Of the folder.
        formats: What may be there.
        stop: Once set, the look ends early.
        redo: Queue photos again that were done by another version of the recipe.

    Raises:
        OSError: The folder cannot be read.
    """
    seen = Seen()
    queue = _Queue(line, journal, formats, seen, redo=redo, rebuild=journal.rebuilding)
    number = journal.next_scan()
    whole = True
    fresh: list[Found] = []
    with journal.together():
        for found in scan(line.folder, suffixes(formats)):
            if isinstance(found, PassedOver):
                whole = whole and not found.why.startswith("cannot be read")
                continue
            seen.files += 1
            content = journal.content_at(found.path, found.identity)
            if content is None:
                fresh.append(found)
            else:
                journal.saw(found.path, found.identity, content, number)
                queue(found, content, new=False)
    for found in _whole(line, fresh, seen, stop):
        if stop.is_set():
            return seen
        try:
            content = hash_of(line.folder.path / found.path)
        except PhotoError as error:
            seen.refused.append((found.path, str(error)))
            continue
        if content is None or _identity(line, found.path) != found.identity:
            seen.unsettled.append(found.path)
            continue
        with journal.together():
            journal.saw(found.path, found.identity, content, number)
            queue(found, content, new=True)
    if whole and not (seen.unsettled or seen.refused or stop.is_set()):
        journal.forget_unseen(number)
        journal.rebuilding = False
    journal.drop_others(line.recipe)
    return seen


def _whole(
    line: Line, fresh: Sequence[Found], seen: Seen, stop: threading.Event
) -> Iterable[Found]:
    """Return the files that nobody is writing; those that are young are looked at twice."""
    now = time.time()
    again = [found for found in fresh if young(found.identity, now)]
    if again:
        stop.wait(SETTLE_SECONDS)
    restless = {f.path for f in again if not settled(f.identity, _identity(line, f.path))}
    seen.unsettled += sorted(restless)
    return [found for found in fresh if found.path not in restless]


def _identity(line: Line, path: PurePosixPath) -> Identity | None:
    try:
        return identity_of(os.lstat(line.folder.path / path))
    except OSError:
        return None


@dataclass(frozen=True)
class _Queue:
    """Decides what becomes of a file whose content is known."""

    line: Line
    journal: Journal
    formats: Sequence[Format]
    seen: Seen
    redo: bool
    rebuild: bool

    def __call__(self, found: Found, content: str, *, new: bool) -> None:
        path, recipe = found.path, self.line.recipe
        row = self.journal.get(content, recipe)
        if row is not None and row.state is not State.GONE:
            if new and row.path != path and self._is_twin(row, path):
                self.seen.twins.append((path, row.path))
        elif row is None and self.rebuild and (target := self._result_of(found)).is_file():
            self.journal.take_as_done(content, recipe, path, target)
            self.seen.taken_as_done += 1
        elif row is None and not self.redo and self.journal.done_otherwise(content, recipe):
            self.seen.otherwise += 1
        else:
            self.journal.queue(content, recipe, path)

    def _is_twin(self, row: Row, path: PurePosixPath) -> bool:
        """Whether a photo lies elsewhere too, or was done already; it may only have moved."""
        return row.state is State.DONE or row.path in self.journal.paths_of(row.content)

    def _result_of(self, found: Found) -> Path:
        mtime_ns = found.identity.mtime_ns
        folder = self.line.folder
        return folder.output / target_of(folder, found.path, mtime_ns, self.formats)
