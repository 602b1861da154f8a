"""What a person is shown of folders and photos."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any

from restore.cli import wording
from restore.errors import WriteError
from restore.photo import Format, suffixes
from restore_watch.journal import Journal, JournalError, Row, State
from restore_watch.line import Line
from restore_watch.naming import target_of
from restore_watch.scanning import Found, scan, shown

__all__ = ["Entry", "Status", "history_of", "preview", "reading", "status_of", "steps"]


def preview(line: Line, formats: Sequence[Format]) -> Iterator[str]:
    """Say of each file in a folder what would become of it.

    Raises:
        WriteError: The folder's journal cannot be read.
    """
    folder = line.folder
    yield f"\n{shown(folder.path)} → {shown(folder.output)}: {steps(line)}"
    counts: Counter[str] = Counter()
    with reading(line) if line.journal.exists() else nullcontext() as journal:
        for found in scan(folder, suffixes(formats)):
            if isinstance(found, Found):
                what = _known(line, journal, found)
                counts["known" if what else "photo"] += 1
                target = target_of(folder, found.path, found.identity.mtime_ns, formats)
                yield f"  {shown(found.path)}" + (f": {what}" if what else f" → {shown(target)}")
            elif found.why:
                counts["passed over"] += 1
                yield f"  {shown(found.path)}: passed over, {found.why}"
    yield (
        f"  {wording.count(counts['photo'], 'photo')} to be restored, {counts['known']} known, "
        f"{counts['passed over']} passed over."
    )


def _known(line: Line, journal: Journal | None, found: Found) -> str:
    """Say what the journal knows of a file that it need not restore; else nothing."""
    content = journal.content_at(found.path, found.identity) if journal else None
    if journal is None or content is None:
        return ""
    row = journal.get(content, line.recipe)
    if row is None:
        again = journal.done_otherwise(content, line.recipe)
        return "done by an earlier version of the recipe; --redo does it again" if again else ""
    if row.state is State.DONE:
        where = f" → {shown(row.target)}" if row.target else ""
        return f"done{where}" if row.path == found.path else f"the same photo as {shown(row.path)}"
    return f"failed, {row.reason}".replace("\n", " ") if row.state is State.FAILED else ""


def steps(line: Line) -> str:
    """Return such as “clean (noise 0.1), then upscale”."""
    return ", then ".join(
        action.name + (f" ({', '.join(f'{k} {v}' for k, v in given.items())})" if given else "")
        for action, given in (
            (action, parameters.model_dump(exclude_unset=True)) for action, parameters in line.steps
        )
    )


@dataclass(frozen=True)
class Status:
    """How far a folder is.

    Attributes:
        line: The folder.
        counts: How many photos are in each state.
        failed: Those that failed.
    """

    line: Line
    counts: Mapping[State, int]
    failed: tuple[Row, ...]

    def as_text(self) -> Iterator[str]:
        """Say it in lines."""
        counts = ", ".join(f"{number} {state}" for state, number in self.counts.items() if number)
        yield f"{shown(self.line.folder.path)}: {counts or 'nothing was done yet'}"
        for row in self.failed:
            yield f"  {shown(row.path)}: {row.reason}".replace("\n", "\n    ")

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "folder": _text(self.line.folder.path),
            "counts": {str(state): number for state, number in self.counts.items()},
            "failed": [{"path": _text(row.path), "reason": row.reason} for row in self.failed],
        }


@dataclass(frozen=True)
class Entry:
    """What became of a photo, and when."""

    line: Line
    row: Row

    def as_text(self) -> str:
        """Say it in a line."""
        when = datetime.fromtimestamp(self.row.changed)
        said = f"{when:%Y-%m-%d %H:%M:%S}  {self.row.state:7}  {shown(self.row.path)}"
        if self.row.state is State.DONE and self.row.target is not None:
            said += f" → {shown(self.row.target)}"
            said += f" · {wording.seconds(self.row.seconds)}" if self.row.seconds else ""
        elif self.row.reason:
            said += f": {self.row.reason}".replace("\n", " ")
        return said

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values; bytes of names that are no text are escaped."""
        row = self.row
        return {
            "folder": _text(self.line.folder.path),
            "path": _text(row.path),
            "state": str(row.state),
            "target": _text(row.target) if row.target else None,
            "archived": _text(row.archived) if row.archived else None,
            "sha256": row.content,
            "attempts": row.attempts,
            "reason": row.reason,
            "seconds": row.seconds,
            "changed": row.changed,
        }


@contextmanager
def reading(line: Line) -> Iterator[Journal]:
    """Open the journal of a folder that was worked on.

    Raises:
        WriteError: It is damaged, comes from a newer version, or cannot be opened.
    """
    try:
        journal = Journal(line.journal)
    except (JournalError, sqlite3.Error) as error:
        raise WriteError(
            f"The journal {line.journal} cannot be used: {error}.",
            "`restore watch run` sets a damaged one aside and rebuilds it.",
        ) from error
    try:
        yield journal
    finally:
        journal.close()


def status_of(line: Line) -> Status:
    """Return how far a folder is."""
    if not line.journal.exists():
        return Status(line, {}, ())
    with reading(line) as journal:
        return Status(line, journal.counts(), tuple(journal.rows(State.FAILED)))


def history_of(line: Line, newest: int) -> list[Entry]:
    """Return the photos of a folder that were worked on last, the newest last."""
    if not line.journal.exists():
        return []
    worked = (State.WORKING, State.DONE, State.FAILED)
    with reading(line) as journal:
        return [Entry(line, row) for row in journal.rows(*worked, newest=newest)]


def _text(path: PurePath) -> str:
    return str(path).encode("utf-8", "backslashreplace").decode()
