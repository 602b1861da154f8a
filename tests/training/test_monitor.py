"""What a person sees: everything on a terminal, a line now and then elsewhere."""

import io
from contextlib import suppress
from pathlib import Path

import pytest
from rich.console import Console

from restore.training.monitor import LINE_SECONDS, Monitor, duration
from restore.training.watching import Report, Start


def start(step=0):
    return Start("tiny", Path(), "cpu", "fp32", 1, 6_800_000, step, 1000, ("noise", "jpeg"))


def report(step, **changes):
    values = {
        "step": step,
        "progress": step / 1000,
        "loss": 0.125,
        "groups": {},
        "rate": 1.0,
        "pixels": 40_000_000,
        "pixels_per_second": 270_000,
        "seconds_left": 7380.0,
        "skipped": 0,
    }
    return Report(**values | changes)


def watched(terminal, *, clock=lambda: 0.0, **options):
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=100, color_system=None, **options)
    return out, Monitor(console, clock)


def test_a_terminal_shows_loss_speed_time_and_figures():
    out, monitor = watched(True)
    with monitor:
        monitor.started(start())
        monitor.validated(250, {"denoise": 30.123, "jpeg": 28.0})
        monitor.stepped(report(250))
        shown = out.getvalue()
    for part in (
        "25 %",
        "loss 0.125",
        "0.27 Mpx/s",
        "40.0 Mpx",
        "2 h 03 min left",
        "denoise 30.12",
    ):
        assert part in shown
    assert "\x1b[?25h" in out.getvalue()  # the cursor is back


def test_decoding_is_shown_on_a_terminal_and_nowhere_else():
    for terminal in (True, False):
        out, monitor = watched(terminal)
        with monitor:
            for done in range(1, 1001):
                monitor.decoding(done, 1000)
        assert ("decoding photo 1,000 of 1,000" in out.getvalue()) == terminal
        assert out.getvalue().count("decoding") < 5  # for the clock stands still


def test_the_terminal_is_given_back_after_a_failure():
    out, monitor = watched(True)
    with suppress(KeyboardInterrupt), monitor:
        monitor.started(start())
        assert "\x1b[?25l" in out.getvalue()
        assert "\x1b[?25h" not in out.getvalue()
        raise KeyboardInterrupt
    assert out.getvalue().rindex("\x1b[?25h") > out.getvalue().rindex("\x1b[?25l")


def test_elsewhere_there_are_plain_lines_and_no_flood():
    now = [0.0]
    out, monitor = watched(False, clock=lambda: now[0])
    with monitor:
        monitor.started(start(step=40))
        for step in range(50, 650):
            monitor.stepped(report(step))
            now[0] += 1
        monitor.validated(650, {"[red]": 30.0})
        monitor.warned("A step was left out.")
        monitor.finished(650, "time")
    lines = out.getvalue().splitlines()
    assert "\x1b" not in out.getvalue()
    assert sum("Mpx/s" in line for line in lines) == 600 / LINE_SECONDS
    assert "Going on from step 40 of 1,000." in lines
    assert lines[-3:] == [
        "validation at step 650:  [red] 30.00",
        "warning: A step was left out.",
        "The time is over at step 650 of 1,000.",
    ]


def test_skipped_steps_are_said():
    out, monitor = watched(False)
    monitor.started(start())
    monitor.stepped(report(10, skipped=3, loss=float("nan"), seconds_left=float("inf")))
    assert "3 steps skipped" in out.getvalue()
    assert "? left" in out.getvalue()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (89.4, "89 s"), (90, "2 min"), (5399, "1 h 30 min"), (360_000, "100 h 00 min")],
)
def test_durations(seconds, text):
    assert duration(seconds) == text
