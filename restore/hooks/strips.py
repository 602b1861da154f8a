"""Running an action on a photo that is never in memory whole, with the same promises."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from restore.hooks.action import Action, Context, Parameters, StripWork
from restore.hooks.isolation import isolated
from restore.hooks.record import told
from restore.hooks.report import Report
from restore.hooks.run import (
    Lender,
    broken,
    carried,
    check_finite,
    extent,
    fault,
    finished,
    read_only,
)
from restore.hooks.validation import validate
from restore.photo import Photo, Pixels, Strips, StripsReader

__all__ = ["StripResult", "run_in_strips"]


@dataclass(frozen=True, eq=False)
class StripResult:
    """What comes of an action strip by strip; it is worked out as the strips are taken.

    Attributes:
        photo: The result.
        report: Returns what was done, once all strips were taken.
    """

    photo: Strips
    report: Callable[[], Report]


def run_in_strips(
    action: Action,
    photo: StripsReader,
    parameters: Mapping[str, Any],
    context: Context,
    *,
    provenance: bool = True,
) -> StripResult | None:
    """Run an action on a photo that is read in strips; all else is as in `run_action`.

    The first strip is worked out at once: the models that did it stand in the metadata, which a
    file may begin with. They tell of the action even if it is going to change nothing.

    Only at the end is it known whether the result is black or far out of range: the last strip
    then raises that, so that a file which was begun is not finished.

    Returns:
        The result to come; None if the action needs the whole photo, with these parameters or with
        any, or if the photo has alpha: what lies hidden is filled from all that is visible.

    Raises:
        RestoreError: As `run_action`; or when the strips are taken.
    """
    given = validate(action, parameters)
    if photo.alpha:
        return None
    lender = Lender(context)
    guarded = replace(photo, rows=lambda first, last: _guarded(photo.rows(first, last)))
    work: StripWork | None
    if given.strength == 0:
        work = _untouched(guarded)
    else:
        with isolated(action.plugin, fault(action)):
            work = action.in_strips(guarded, given, lender) if action.in_strips else None
    if work is None:
        return None
    run = _Run(action, given, lender, guarded, work)
    strips = run.strips()
    first = next(strips)
    like = photo.like
    if provenance and given.strength:
        metadata = told(photo.metadata, run.report_so_far(), photo.source)
        like, first = (replace(part, metadata=metadata) for part in (like, first))
    result = photo.with_rows(_with_first(first, strips))
    return StripResult(replace(result, like=like), run.finished_report)


def _with_first(first: Photo, rest: Generator[Photo, None, None]) -> Iterator[Photo]:
    """Yield a strip that was taken already, then the others; end them if that is not wanted."""
    try:
        yield first
        yield from rest
    finally:
        rest.close()


def _guarded(strip: Photo) -> Photo:
    check_finite(strip)
    return read_only(strip)


def _untouched(photo: StripsReader) -> StripWork:
    for strip in photo.all().rows:
        yield strip.to_float()
    return Report("", notes=("Strength 0: the photo is as it was.",))


class _Run:
    """One action at work on one photo."""

    def __init__(
        self,
        action: Action,
        given: Parameters,
        lender: Lender,
        photo: StripsReader,
        work: StripWork,
    ) -> None:
        self._action, self._given, self._lender = action, given, lender
        self._photo, self._work = photo, work
        self._report: Report | None = None
        self._start = time.perf_counter()
        self._seconds = 0.0

    def strips(self) -> Generator[Photo, None, None]:
        """Yield the result's strips."""
        from restore.engine.checks import check_result

        top, height = 0, self._photo.size[1]
        before, after = _Extremes(), _Extremes()
        try:
            while top < height:
                values = self._next()
                if values is None:
                    raise broken(self._action, f"it returned {top} of {height} rows")
                self._check(values, top)
                bottom = top + len(values)
                strip = self._photo.read(top, bottom)
                done = carried(strip.with_float(values), strip, strip, self._given.strength)
                before.add(strip)
                after.add(done)
                if bottom == height:
                    self._finish()
                    check_result(after.values, before.values)
                yield done
                top = bottom
        finally:
            self._work.close()

    def _next(self) -> Pixels | None:
        with isolated(self._action.plugin, fault(self._action)):
            try:
                return next(self._work)
            except StopIteration as end:
                self._report = end.value
        return None

    def _finish(self) -> None:
        """Let the action end before the last strip is handed out."""
        if (more := self._next()) is not None:
            raise broken(self._action, f"it returned {len(more)} rows too many")
        if not isinstance(self._report, Report):
            raise broken(self._action, f"it returned a {type(self._report).__name__}, no Report")
        self._seconds = time.perf_counter() - self._start

    def _check(self, values: Any, top: int) -> None:
        width, height = self._photo.size
        if not isinstance(values, np.ndarray) or values.dtype.kind != "f":
            raise broken(self._action, f"it returned a {type(values).__name__}, not floats")
        if values.shape[1:] != (width, self._photo.channels) or len(values) == 0:
            raise broken(self._action, f"it returned a strip of shape {values.shape}")
        if top + len(values) > height:
            raise broken(self._action, f"it returned more than {height} rows")

    def report_so_far(self) -> Report:
        """Return what is known once the first strip was taken."""
        return self._told(Report(""))

    def finished_report(self) -> Report:
        """Return the report, once all strips were taken."""
        assert self._report is not None
        return self._told(self._report)

    def _told(self, report: Report) -> Report:
        width, height = self._photo.size
        report = finished(
            self._action, self._given, self._lender, self._photo.like, report, self._seconds
        )
        return replace(report, megapixels=width * height / 1e6)


class _Extremes:
    """The least and the greatest value of a photo that comes in strips, in [0, 1] units."""

    def __init__(self) -> None:
        self.values: Pixels = np.array([np.inf, -np.inf], np.float32)

    def add(self, strip: Photo) -> None:
        seen = extent(strip.pixels, strip)
        self.values = np.array(
            [min(self.values[0], seen.min()), max(self.values[1], seen.max())], np.float32
        )
