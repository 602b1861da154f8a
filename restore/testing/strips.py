"""An action that also works in strips: the result must not show them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from restore.hooks.strips import run_in_strips
from restore.photo import Photo, StripsReader
from restore.photo.strips import gathered, strips_of
from restore.testing.photos import sample
from restore.testing.subject import Subject, Unmet, require
from restore.testing.watch import Watch

__all__ = ["strips_are_the_whole"]

TALL = (24, 600)
"""Taller than the strips that an action is likely to take."""


def strips_are_the_whole(subject: Subject) -> None:
    """The rows that come in strips are those of the whole, bit for bit, and so are the notes."""
    for dtype in (np.uint8, np.float32):
        photo = sample(TALL, dtype=dtype)
        whole = subject.run(photo)
        told = Watch(subject.engine)
        try:
            in_strips = run_in_strips(subject.action, _not_at_once(photo), subject.parameters, told)
            if in_strips is None:
                return
            done, report = gathered(in_strips.photo), in_strips.report()
        except (Unmet, MemoryError):
            raise
        except Exception as error:
            raise Unmet(f"In strips it failed: {error}") from error
        apart = np.flatnonzero((done.pixels != whole.photo.pixels).any(axis=(1, 2)))
        require(
            apart.size == 0,
            f"In strips {apart.size} rows of {photo.size[1]} differ from the whole, the first is "
            f"row {apart[0] if apart.size else 0}. Read more rows than you yield where you look at "
            "neighbours.",
        )
        require(report.notes == whole.report.notes, "In strips the report has other notes.")


def _not_at_once(photo: Photo) -> StripsReader:
    """Return a photo whose rows cannot be written to, as one that is read in strips."""
    reader = strips_of(photo)

    def rows(first: int, last: int) -> Photo:
        strip = reader.rows(first, last)
        return Photo(strip.pixels.copy(), strip.alpha)

    return replace(reader, rows=rows)
