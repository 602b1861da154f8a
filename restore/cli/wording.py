"""What is said of a photo: one line when it is done, a table of those that failed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from restore.cli.batch import Outcome
from restore.errors import RestoreError, told
from restore.hooks import Report

__all__ = ["as_json", "count", "failure", "failures", "seconds", "success", "table"]


def success(source: Path, target: Path, report: Report) -> str:
    """Return such as “scan.jpg → scan-cleaned.jpg  noise 0.031, JPEG 38 · 4.1 s”."""
    shown = str(target) if target.parent != source.parent else target.name
    found = ", ".join(_finding(name, value) for name, value in report.found.items())
    head = f"{source} → {shown}" + (f"  {found}" if found else "")
    lines = [f"{head} · {seconds(report.seconds)}", *report.notes]
    lines += [
        f"not as promised: {c.name} {c.value:.3g} > {c.limit:.3g}"
        for c in report.checks
        if not c.passed
    ]
    return "\n    ".join(lines)


def failure(source: Path, error: Exception) -> str:
    """Return why a photo failed, in a few lines that name it."""
    if isinstance(error, RestoreError):
        named = str(source) in error.message or source.name in error.message
        message = error.message if named else f"{source}: {error.message}"
        return f"{message}\n    {error.hint}" if error.hint else message
    return (
        f"{source}: a bug: {type(error).__name__}: {error}\n"
        "    `restore --debug …` shows where; please report it with that text."
    )


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Return what became of a photo as JSON values."""
    named = {"source": str(outcome.job.source), "target": str(outcome.job.target)}
    if outcome.report is not None:
        return named | {"report": outcome.report.as_dict()}
    assert outcome.error is not None
    return named | {"error": told(outcome.error)}


def failures(outcomes: Sequence[Outcome]) -> str:
    """Return a table of the photos that failed and why."""
    rows = [
        (str(o.job.source), o.error.message if isinstance(o.error, RestoreError) else repr(o.error))
        for o in outcomes
        if o.error is not None
    ]
    return "Failed:\n" + table(rows)


def table(rows: Sequence[Sequence[str]], *, indent: str = "  ") -> str:
    """Return rows with their columns below each other; the last column is as long as it is."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows)
    return "\n".join((indent + line).rstrip() for line in lines)


def count(number: int, noun: str) -> str:
    """Return such as “1 photo” or “3 photos”."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def seconds(value: float) -> str:
    """Return a duration as a person says it: “0.4 s”, “12 s”, “3 min 5 s”."""
    if value < 10:
        return f"{value:.1f} s"
    if value < 60:
        return f"{value:.0f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s"


def _finding(name: str, value: float | str) -> str:
    """Say “noise 0.031” for noise: 0.0312, “JPEG quality 38” for jpeg_quality: 38."""
    words = name.replace("_", " ").replace("jpeg", "JPEG")
    return f"{words} {value:.3g}" if isinstance(value, float) else f"{words} {value}"
