"""A short campaign, and proof that a campaign notices what it is there for."""

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.anatomy import anatomy, mend
from tests.fuzz.mutate import mutated
from tests.fuzz.samples import samples

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs limits on memory")
SEED, COUNT = 1, 400


@pytest.fixture(scope="module")
def good() -> list[bytes]:
    return samples()


def test_a_short_campaign_breaks_nothing(good):
    from tests.fuzz.campaign import campaign

    summary = campaign(good, SEED, range(COUNT))
    assert not summary.broken, "\n".join(f"{b.number}: {b.fault}" for b in summary.broken)
    assert summary.read > COUNT // 20, "hardly a file was still good enough to be read"
    assert summary.refused > COUNT // 4, "hardly a file was bad enough to be refused"


def test_a_seed_and_a_number_give_the_same_file(good):
    files = [mutated(good, 5, number) for number in range(200)]
    again = samples()
    assert files == [mutated(again, 5, number) for number in range(200)]
    assert len(set(files)) > 190
    assert len(set(files) - set(good)) > 180


@pytest.mark.parametrize(
    ("file", "suffix", "fault"),
    [
        ("good", ".good", ""),
        ("dies", ".good", "SIGSEGV"),
        ("spins", ".good", "took more than"),
        ("sleeps", ".good", "took more than"),
        ("wants", ".good", "wanted more memory"),
        ("takes", ".good", "took 1.. MB"),
        ("talks", ".good", "own words"),
        ("good", ".raises", "KeyError"),
        ("good", ".rubbish", "cannot read what it wrote"),
        ("good", ".another", "wrote other pixels"),
    ],
)
def test_every_broken_promise_is_noticed(tmp_path, file, suffix, fault):
    from tests.fuzz.worker import Limits, Worker

    limits = Limits(seconds=0.5, memory=100_000_000)
    with Worker(limits, formats="tests.fuzz.faulty") as worker:
        verdict = worker.examine(file.encode(), suffix)
        assert re.search(fault, verdict.fault) if fault else not verdict.fault
        assert worker.examine(b"good", ".good").fault == "", "the next file suffers for it"


@pytest.mark.parametrize("cut", [0, 7])
def test_the_parts_of_a_good_file_are_found(good, cut):
    for data in good:
        found = anatomy(data[: len(data) - cut])
        assert len(found.numbers) > 5
        if data[:4] in (b"\x89PNG", b"RIFF", b"\xff\xd8\xff\xe0", b"II*\0", b"MM\0*"):
            assert len(found.parts) >= 1


def test_mending_leaves_a_good_file_as_it_is(good):
    for data in good:
        assert mend(data) == data


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_nothing_stops_the_anatomist(data):
    starts = [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF", b"II*\0", b"MM\0+", b"\0\0\0\x20ftyp"]
    file = data.draw(st.sampled_from(starts)) + data.draw(st.binary(max_size=300))
    for start, end in anatomy(file).parts:
        assert 0 <= start < end <= len(file)
    mend(file)
