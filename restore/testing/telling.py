"""What an action tells its host while it works, and how it stops."""

from __future__ import annotations

from restore.errors import CancelledError, RestoreError
from restore.testing.photos import sample, scratched
from restore.testing.subject import Subject, Unmet, require
from restore.testing.watch import Watch

__all__ = ["can_be_stopped", "progress_rises"]


def progress_rises(subject: Subject) -> None:
    """Progress is told, lies from 0 to 1, and never goes back."""
    looks = subject.action.finds_mask
    for parameters in ({}, {looks: True}) if looks else ({},):
        watch = Watch(subject.engine)
        subject.run(scratched() if looks else sample(), watch, **parameters)
        _check(watch)


def _check(watch: Watch) -> None:
    require(
        watch.reports > 0,
        "Nothing was told of the progress. Call `context.progress(fraction, text)` now and then: "
        "it moves the bar, and lets the person stop the action.",
    )
    last = 0.0
    for fraction, text in watch.told:
        require(
            isinstance(fraction, float | int) and 0 <= fraction <= 1,
            f"A progress of {fraction!r} was told: it goes from 0 to 1.",
        )
        require(isinstance(text, str), f"The text of a progress is {text!r}.")
        require(fraction >= last, f"The progress went back from {last:g} to {fraction:g}.")
        last = fraction


def can_be_stopped(subject: Subject) -> None:
    """When the host asks to stop, the action ends at that very report."""
    watch = Watch(subject.engine)
    subject.run(sample(), watch)
    for at in sorted({1, (watch.reports + 1) // 2, watch.reports} - {0}):
        stopped = Watch(subject.engine, stop_at=at)
        try:
            subject.run(sample(), stopped)
        except CancelledError:
            require(
                stopped.reports == at,
                f"Asked to stop at report {at}, it went on to report {stopped.reports}.",
            )
            continue
        except RestoreError as error:
            raise Unmet(f"Asked to stop, it raised another error: {error}") from error
        raise Unmet(
            f"Asked to stop at report {at} of {watch.reports}, it went on. Let the CancelledError "
            "of `context.progress` pass; beware of `except Exception`."
        )
