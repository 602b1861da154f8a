"""Making a file that breaks a promise as short as it can be while it still breaks it."""

from __future__ import annotations

from tests.fuzz.anatomy import mend
from tests.fuzz.campaign import Broken
from tests.fuzz.worker import Worker

__all__ = ["shrunk"]

_TRIES = 400


def shrunk(broken: Broken) -> bytes:
    """Cut pieces out, large ones first, then smaller ones, as long as the fault stays the same."""
    data, tries = broken.data, 0
    with Worker() as worker:
        length = len(data) // 2
        while length and tries < _TRIES:
            at = 0
            while at < len(data) and tries < _TRIES:
                rest = data[:at] + data[at + length :]
                for less in (rest, mend(rest)):
                    tries += 1
                    if less and _kind(worker.examine(less, broken.suffix).fault) == _kind(
                        broken.fault
                    ):
                        data = less
                        break
                else:
                    at += length
            length //= 2
    return data


def _kind(fault: str) -> str:
    """Return what tells faults apart: the first words and, after a traceback, the last line."""
    lines = fault.strip().splitlines() or [""]
    return lines[0][:20] + lines[-1][:20]
