"""No number in a header takes memory before it was held against the limit."""

from __future__ import annotations

import struct
import sys

import pytest

from restore.photo import FORMATS
from restore.photo.formats.registry import of_file
from tests.fuzz.anatomy import anatomy, mend
from tests.fuzz.samples import samples
from tests.fuzz.worker import Worker

CLAIM = 60_000
WHOLE = ("JPEG", "PNG", "TIFF")
"""Formats whose sizes stand, as whole bytes, among the numbers that the anatomy finds."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs limits on memory")


@pytest.fixture(scope="module")
def good() -> dict[str, bytes]:
    """Return a file of each format, by its name."""
    found: dict[str, bytes] = {}
    for data in samples():
        kind = of_file(data)
        if kind is not None and kind.decode is not None:
            found.setdefault(kind.name, data)
    return found


@pytest.mark.parametrize("name", [known.name for known in FORMATS if known.decode])
def test_a_header_that_claims_a_large_size_takes_no_memory(good, name):
    if name not in good:
        pytest.skip("nothing here writes such files")
    numbers = [n for n in anatomy(good[name]).numbers if struct.calcsize(n[1]) > 1]
    spots = list(dict.fromkeys(numbers))
    refusals = []
    with Worker() as worker:
        # Width and height stand side by side, or an entry of a directory apart.
        for apart in (1, 5):
            for first, second in zip(spots, spots[apart:], strict=False):
                data = bytearray(good[name])
                for at, form in (first, second):
                    struct.pack_into(form, data, at, CLAIM)
                verdict = worker.examine(mend(bytes(data)), ".png")
                assert not verdict.fault, f"numbers at {first} and {second}: {verdict.fault}"
                refusals.append(verdict.refusal)
    if name in WHOLE:
        assert any(f"{CLAIM}" in refusal for refusal in refusals), "no size was found to lie about"
