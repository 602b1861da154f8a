"""The journal: what is known of every photo of a folder, durable at every commit.

A photo is known by the hash of its content, what is done to it by the hash of its steps; the pair
has one row and one state. Where files lie is kept apart, so that a photo that is renamed, or put
there twice, stays one photo.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from pathlib import Path, PurePosixPath

from restore.errors import WriteError
from restore_watch.scanning import Identity

__all__ = [
    "ATTEMPTS",
    "INTERRUPTIONS",
    "Journal",
    "JournalError",
    "Row",
    "State",
    "opened",
    "pause_after",
]

ATTEMPTS = 3
"""How often a photo is tried before it has failed for good."""
INTERRUPTIONS = 10
"""How often the program may end while it works on a photo before that counts as a failure."""
MINUTE = 60.0

MIGRATIONS = (
    """
    CREATE TABLE photo (
        content TEXT NOT NULL,
        recipe TEXT NOT NULL,
        path BLOB NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('queued', 'working', 'done', 'failed', 'gone')),
        attempts INTEGER NOT NULL DEFAULT 0,
        interruptions INTEGER NOT NULL DEFAULT 0,
        not_before REAL NOT NULL DEFAULT 0,
        reason TEXT NOT NULL DEFAULT '',
        result TEXT NOT NULL DEFAULT '',
        target BLOB NOT NULL DEFAULT x'',
        archived BLOB NOT NULL DEFAULT x'',
        seconds REAL NOT NULL DEFAULT 0,
        changed REAL NOT NULL,
        PRIMARY KEY (content, recipe)
    ) STRICT;
    CREATE INDEX by_state ON photo (state, changed);
    CREATE INDEX by_target ON photo (target);
    CREATE TABLE file (
        path BLOB PRIMARY KEY,
        inode INTEGER NOT NULL,
        size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        ctime_ns INTEGER NOT NULL,
        content TEXT NOT NULL,
        seen INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX by_content ON file (content);
    """,
)
"""What makes each version of the journal of the one before; the first makes it of nothing."""


class State(StrEnum):
    """What can be said of a photo."""

    QUEUED = "queued"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    GONE = "gone"


@dataclass(frozen=True)
class Row:
    """What the journal says of a photo and what is done to it.

    Attributes:
        content: SHA-256 of the photo's file.
        recipe: Hash of what is done.
        path: Where the photo is or was, within its folder.
        state: See `State`.
        attempts: How often it was tried and failed.
        interruptions: How often the program ended while at it.
        not_before: When it may be tried again, in seconds since 1970.
        reason: Why it failed the last time.
        result: SHA-256 of the result, once that is made.
        target: Where the result goes or is; None until it is made.
        archived: Where the original moves; None unless it does.
        seconds: What the work took.
        changed: When this was last written, in seconds since 1970.
    """

    content: str
    recipe: str
    path: PurePosixPath
    state: State
    attempts: int
    interruptions: int
    not_before: float
    reason: str
    result: str
    target: Path | None
    archived: Path | None
    seconds: float
    changed: float


_COLUMNS = ", ".join(field.name for field in fields(Row))


class Journal:
    """One file of SQLite; each method is one transaction."""

    def __init__(self, file: Path, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._db = sqlite3.connect(file, isolation_level=None, timeout=30)
        try:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version > len(MIGRATIONS):
                raise JournalError("it comes from a newer version of the toolkit")
            for number in range(version, len(MIGRATIONS)):
                self._db.executescript(
                    f"BEGIN; {MIGRATIONS[number]}; PRAGMA user_version = {number + 1}; COMMIT;"
                )
            (verdict,) = self._db.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise sqlite3.DatabaseError(verdict)
            self._db.execute(f"SELECT {_COLUMNS} FROM photo LIMIT 1")  # noqa: S608
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Let the file go."""
        self._db.close()

    @property
    def rebuilding(self) -> bool:
        """Whether an earlier journal was lost, and not all of the folder was looked at since."""
        return bool(self._db.execute("PRAGMA application_id").fetchone()[0])

    @rebuilding.setter
    def rebuilding(self, yes: bool) -> None:
        self._db.execute(f"PRAGMA application_id = {int(yes)}")

    # Files.

    def content_at(self, path: PurePosixPath, identity: Identity) -> str | None:
        """Return the content of a file if it is as it was when that was found out."""
        found = self._db.execute(
            "SELECT content FROM file WHERE path = ? AND inode = ? AND size = ? AND mtime_ns = ?"
            " AND ctime_ns = ?",
            (_blob(path), *_numbers(identity)),
        ).fetchone()
        return str(found[0]) if found else None

    def saw(self, path: PurePosixPath, identity: Identity, content: str, scan: int) -> None:
        """Note what is at a path; `scan` numbers the look through the folder."""
        self._db.execute(
            "INSERT INTO file (path, inode, size, mtime_ns, ctime_ns, content, seen)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (path) DO UPDATE SET inode = excluded.inode,"
            " size = excluded.size, mtime_ns = excluded.mtime_ns, ctime_ns = excluded.ctime_ns,"
            " content = excluded.content, seen = excluded.seen",
            (_blob(path), *_numbers(identity), content, scan),
        )

    def next_scan(self) -> int:
        """Return a number for the next look through the folder."""
        (newest,) = self._db.execute("SELECT coalesce(max(seen), 0) FROM file").fetchone()
        return int(newest) + 1

    def forget_unseen(self, scan: int) -> None:
        """Forget files that were not seen; what was to be done to photos that went is gone."""
        with self.together():
            self._db.execute("DELETE FROM file WHERE seen <> ?", (scan,))
            self._db.execute(
                "UPDATE photo SET state = 'gone', changed = ? WHERE state IN ('queued', 'failed')"
                " AND content NOT IN (SELECT content FROM file)",
                (self._clock(),),
            )

    def drop_others(self, recipe: str) -> None:
        """Strike out what was to be done, or failed, by another version of the recipe."""
        self._db.execute(
            "UPDATE photo SET state = 'gone', changed = ? WHERE state IN ('queued', 'failed')"
            " AND recipe <> ?",
            (self._clock(), recipe),
        )

    def paths_of(self, content: str) -> list[PurePosixPath]:
        """Return where a photo lies, as far as it was seen."""
        found = self._db.execute(
            "SELECT path FROM file WHERE content = ? ORDER BY path", (content,)
        )
        return [PurePosixPath(os.fsdecode(path)) for (path,) in found]

    # Photos.

    def queue(self, content: str, recipe: str, path: PurePosixPath) -> None:
        """Put a photo in the queue, if it is new or had gone."""
        self._db.execute(
            "INSERT INTO photo (content, recipe, path, state, changed)"
            " VALUES (?, ?, ?, 'queued', ?)"
            " ON CONFLICT (content, recipe) DO UPDATE SET state = 'queued', attempts = 0,"
            " interruptions = 0, not_before = 0, path = excluded.path, changed = excluded.changed"
            " WHERE state = 'gone'",
            (content, recipe, _blob(path), self._clock()),
        )

    def take_as_done(self, content: str, recipe: str, path: PurePosixPath, target: Path) -> None:
        """Note a photo as done whose result is there, of which the journal knows nothing."""
        self._db.execute(
            "INSERT OR IGNORE INTO photo (content, recipe, path, state, target, changed)"
            " VALUES (?, ?, ?, 'done', ?, ?)",
            (content, recipe, _blob(path), _blob(target), self._clock()),
        )

    def get(self, content: str, recipe: str) -> Row | None:
        """Return what is known of a photo."""
        return next(self._rows("content = ? AND recipe = ?", content, recipe), None)

    def done_otherwise(self, content: str, recipe: str) -> bool:
        """Whether a photo was done by another version of the recipe."""
        where = "content = ? AND recipe <> ? AND state = 'done'"
        return next(self._rows(where, content, recipe), None) is not None

    def take(self, recipe: str) -> Row | None:
        """Return the photo that has waited longest and may be tried now, as being worked on.

        A pause that began in the future, because the clock was set back, is over.
        """
        now = self._clock()
        with self.together():
            where = "state = 'queued' AND recipe = ? AND (not_before <= ? OR changed > ?)"
            row = next(
                self._rows(f"{where} ORDER BY changed, path LIMIT 1", recipe, now, now), None
            )
            if row is not None:
                paths = self.paths_of(row.content) or [row.path]
                path = row.path if row.path in paths else paths[0]
                self._change(row, state=State.WORKING, path=_blob(path))
        return row and self.get(row.content, row.recipe)

    def interrupted(self) -> list[Row]:
        """Return the photos that were being worked on when the program ended."""
        return list(self._rows("state = 'working' ORDER BY changed"))

    def made(self, row: Row, result: str, target: Path, seconds: float) -> None:
        """Note a result before it takes its name."""
        self._change(row, result=result, target=_blob(target), seconds=seconds)

    def archiving(self, row: Row, archived: Path) -> None:
        """Note where an original goes before it does."""
        self._change(row, archived=_blob(archived))

    def done(self, row: Row) -> None:
        """Note a photo as done."""
        self._change(row, state=State.DONE, reason="")

    def gone(self, row: Row) -> None:
        """Note that a photo went away before it was done."""
        self._change(row, state=State.GONE)

    def give_back(self, row: Row, *, interrupted: bool = False) -> None:
        """Put a photo back into the queue as it was; its result, if there is one, is forgotten."""
        more = row.interruptions + interrupted
        self._change(
            row, state=State.QUEUED, result="", target=b"", archived=b"", interruptions=more
        )

    def failed(self, row: Row, reason: str, *, final: bool) -> bool:
        """Note a failure; return whether that was the last attempt."""
        attempts = row.attempts + 1
        final = final or attempts >= ATTEMPTS
        self._change(
            row,
            state=State.FAILED if final else State.QUEUED,
            attempts=attempts,
            not_before=self._clock() + pause_after(attempts),
            reason=reason,
            result="",
            target=b"",
        )
        return final

    def retry(self, recipe: str) -> int:
        """Queue what failed, and what is waiting for its next attempt; return how many."""
        return self._db.execute(
            "UPDATE photo SET state = 'queued', attempts = 0, interruptions = 0, not_before = 0"
            " WHERE recipe = ? AND (state = 'failed' OR state = 'queued' AND not_before > 0)",
            (recipe,),
        ).rowcount

    def owner_of(self, target: Path) -> str | None:
        """Return the content of the photo whose result a file is."""
        rows = self._rows("target = ? AND state IN ('working', 'done')", _blob(target))
        return next((row.content for row in rows), None)

    def counts(self) -> dict[State, int]:
        """Return how many photos are in each state."""
        found = dict(self._db.execute("SELECT state, count(*) FROM photo GROUP BY state"))
        return {state: found.get(state.value, 0) for state in State}

    def rows(self, *states: State, newest: int | None = None) -> Iterator[Row]:
        """Return photos in these states, or in any; the oldest change first.

        Args:
            states: Which.
            newest: Only so many, those that changed last.
        """
        wanted = ", ".join("?" * len(states or tuple(State)))
        where = f"state IN ({wanted}) ORDER BY changed DESC, path LIMIT ?"
        limit = -1 if newest is None else newest
        return reversed(list(self._rows(where, *(states or tuple(State)), limit)))

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make what follows one transaction."""
        if self._db.in_transaction:
            yield
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _change(self, row: Row, **values: object) -> None:
        values["changed"] = self._clock()
        sets = ", ".join(f"{name} = ?" for name in values)
        self._db.execute(
            f"UPDATE photo SET {sets} WHERE content = ? AND recipe = ?",  # noqa: S608
            (*values.values(), row.content, row.recipe),
        )

    def _rows(self, where: str, *values: object) -> Iterator[Row]:
        for found in self._db.execute(
            f"SELECT {_COLUMNS} FROM photo WHERE {where}",  # noqa: S608
            values,
        ):
            named = dict(zip((field.name for field in fields(Row)), found, strict=True))
            named["path"] = PurePosixPath(os.fsdecode(named["path"]))
            for name in ("target", "archived"):
                named[name] = Path(os.fsdecode(named[name])) if named[name] else None
            named["state"] = State(named["state"])
            yield Row(**named)


class JournalError(Exception):
    """The journal was written by a later version of the toolkit."""


def pause_after(attempts: int) -> float:
    """Return how many seconds a photo waits after so many failures."""
    return float(MINUTE * 4 ** (attempts - 1))


def opened(file: Path) -> tuple[Journal, str]:
    """Open the journal, or begin one.

    A journal that is damaged, or comes from a newer version, is set aside under another name.

    Returns:
        The journal, and why it is empty although there had been one: a sentence, or nothing.

    Raises:
        WriteError: It cannot be opened or written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            return Journal(file), ""
        except JournalError:
            why = "comes from a newer version of the toolkit"
        except sqlite3.OperationalError as error:
            if _is_of_the_system(error):
                raise
            why = f"is damaged ({error})"
        except sqlite3.DatabaseError as error:
            why = f"is damaged ({error})"
        aside = file.with_name(f"{file.name}.{datetime.now():%Y%m%d-%H%M%S}")
        for ending in ("-wal", "-shm", ""):
            with suppress(FileNotFoundError):
                Path(f"{file}{ending}").rename(f"{aside}{ending}")
        return Journal(file), f"The journal {file} {why}; it was set aside as {aside.name}."
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise WriteError(
            f"The journal {file} cannot be written: {reason}.",
            "Make room on its disk, and see that the folder is yours.",
        ) from error


def _is_of_the_system(error: sqlite3.Error) -> bool:
    """Whether it is the disk, or another program, that keeps the journal from being opened."""
    said = getattr(error, "sqlite_errorname", "") or ""
    return said.startswith(
        (
            "SQLITE_FULL",
            "SQLITE_BUSY",
            "SQLITE_LOCKED",
            "SQLITE_CANTOPEN",
            "SQLITE_READONLY",
            "SQLITE_IOERR",
            "SQLITE_PERM",
        )
    )


def _numbers(identity: Identity) -> tuple[int, int, int, int]:
    """Return what stays the same when a disk is mounted anew; as SQLite can hold it."""
    inode = identity.inode - (1 << 64) if identity.inode >= 1 << 63 else identity.inode
    return inode, identity.size, identity.mtime_ns, identity.ctime_ns


def _blob(path: PurePosixPath | Path) -> bytes:
    return os.fsencode(str(path))
