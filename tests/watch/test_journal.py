"""The journal as a machine: whatever is done to it, it says what was done."""

from __future__ import annotations

import tempfile
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from restore_watch.journal import ATTEMPTS, Journal, Row, State, opened, pause_after
from restore_watch.scanning import Identity

PHOTOS = st.sampled_from("abcd")
RECIPE = "recipe"


def identity(content: str) -> Identity:
    return Identity(1, (1 << 64) - ord(content), 10, 20, 30)


class Machine(RuleBasedStateMachine):
    """Holds a journal against a dictionary; it is closed and opened again at any moment."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.now = 1e9
        self.file = Path(self.folder.name) / "journal.sqlite"
        self.journal = Journal(self.file, lambda: self.now)
        self.states: dict[str, State] = {}
        self.attempts: dict[str, int] = {}
        self.ready: dict[str, float] = {}
        self.present: set[str] = set()
        self.taken: Row | None = None

    def teardown(self) -> None:
        self.journal.close()
        self.folder.cleanup()

    @rule(photo=PHOTOS)
    def comes(self, photo: str) -> None:
        path = PurePosixPath(f"{photo}\udcff\n.png")
        self.journal.saw(path, identity(photo), photo, 1)
        self.journal.queue(photo, RECIPE, path)
        self.present.add(photo)
        assert self.journal.content_at(path, identity(photo)) == photo
        if self.states.get(photo, State.GONE) is State.GONE:
            self.states[photo] = State.QUEUED
            self.attempts[photo], self.ready[photo] = 0, 0.0

    @precondition(lambda self: self.taken is None)
    @rule(gone=st.sets(PHOTOS))
    def look(self, gone: set[str]) -> None:
        number = self.journal.next_scan()
        self.present -= gone
        for photo in self.present:
            self.journal.saw(PurePosixPath(f"{photo}\udcff\n.png"), identity(photo), photo, number)
        self.journal.forget_unseen(number)
        for photo, state in self.states.items():
            if photo not in self.present and state in (State.QUEUED, State.FAILED):
                self.states[photo] = State.GONE

    @precondition(lambda self: self.taken is None)
    @rule()
    def take(self) -> None:
        self.taken = self.journal.take(RECIPE)
        ready = {
            photo
            for photo, state in self.states.items()
            if state is State.QUEUED and self.ready[photo] <= self.now
        }
        if self.taken is None:
            assert not ready
        else:
            assert self.taken.content in ready
            self.states[self.taken.content] = State.WORKING

    @precondition(lambda self: self.taken is not None)
    @rule(how=st.sampled_from(["done", "failed", "final", "back", "gone", "dies"]))
    def ends(self, how: str) -> None:
        row = self.taken
        assert row is not None
        self.taken = None
        photo = row.content
        if how == "done":
            self.journal.made(row, "hash", Path("/out/\udcff"), 1.0)
            self.journal.done(row)
            self.states[photo] = State.DONE
        elif how in ("failed", "final"):
            final = self.journal.failed(row, "reason", final=how == "final")
            self.attempts[photo] += 1
            assert final == (how == "final" or self.attempts[photo] >= ATTEMPTS)
            self.states[photo] = State.FAILED if final else State.QUEUED
            self.ready[photo] = self.now + pause_after(self.attempts[photo])
        elif how == "gone":
            self.journal.gone(row)
            self.states[photo] = State.GONE
        else:
            if how == "dies":
                self.opens_again()
                (row,) = self.journal.interrupted()
            self.journal.give_back(row, interrupted=how == "dies")
            self.states[photo] = State.QUEUED

    @rule()
    def retry(self) -> None:
        self.journal.retry(RECIPE)
        for photo, state in self.states.items():
            if state in (State.QUEUED, State.FAILED):
                self.states[photo] = State.QUEUED
                self.attempts[photo], self.ready[photo] = 0, 0.0

    @rule(seconds=st.sampled_from([1.0, 61.0, 1e6]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def opens_again(self) -> None:
        self.journal.close()
        self.journal = Journal(self.file, lambda: self.now)

    @invariant()
    def says_what_was_done(self) -> None:
        counts = {state: list(self.states.values()).count(state) for state in State}
        assert self.journal.counts() == counts
        for photo, state in self.states.items():
            row = self.journal.get(photo, RECIPE)
            assert row is not None
            assert row.state is state
            assert row.attempts == self.attempts[photo]


Machine.TestCase.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
TestJournal = Machine.TestCase


def test_a_pause_is_over_when_the_clock_was_set_back(tmp_path: Path) -> None:
    now = [2e9]
    journal = Journal(tmp_path / "journal.sqlite", lambda: now[0])
    journal.queue("a", RECIPE, PurePosixPath("a.png"))
    row = journal.take(RECIPE)
    assert row is not None
    journal.failed(row, "reason", final=False)
    assert journal.take(RECIPE) is None
    now[0] = 1e9
    assert journal.take(RECIPE) is not None
    journal.close()


@pytest.mark.parametrize("length", [10, 3000, 20000])
def test_damage_anywhere_is_found_or_harmless(tmp_path: Path, length: int) -> None:
    """A journal that opens says what it said; one that does not is set aside whole."""
    file = tmp_path / "state" / "journal.sqlite"
    journal, why = opened(file)
    assert why == ""
    for number in range(200):
        journal.queue(f"{number}", RECIPE, PurePosixPath(f"{number}.png"))
    journal.close()
    data = bytearray(file.read_bytes())
    data[length:] = b""
    file.write_bytes(data)
    journal, why = opened(file)
    assert "is damaged" in why
    assert journal.counts()[State.QUEUED] == 0
    journal.close()
    (aside,) = [path for path in file.parent.iterdir() if path.name[-1].isdigit()]
    assert aside.read_bytes() == data
