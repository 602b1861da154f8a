"""How the command line speaks: data on stdout, everything for a person on stderr."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

__all__ = ["Console", "print_json"]

LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)


def print_json(value: Any, *, indent: int | None = 2) -> None:
    """Write a JSON value to stdout; with `indent=None` on one line."""
    click.echo(json.dumps(value, indent=indent, default=str))


class Console:
    """Lines on stderr, above a progress bar where there is a terminal."""

    def __init__(self, verbose: int = 0) -> None:
        self._level = LEVELS[min(verbose, len(LEVELS) - 1)]
        self._print: Callable[[str], None] = lambda text: click.echo(text, err=True)

    def line(self, text: str) -> None:
        """Say something to the person."""
        self._print(text)

    def listen_to_log(self) -> None:
        """Show what the toolkit logs, from warnings on or as verbose as was asked, as lines."""
        log = logging.getLogger("restore")
        log.setLevel(self._level)
        log.propagate = False
        log.handlers = [_LineHandler(self)]

    @contextmanager
    def progress(self, *, quiet: bool = False) -> Iterator[Callable[[float, str], None]]:
        """Show a bar with the time left, on a terminal; elsewhere nothing moves.

        Args:
            quiet: Show no bar even on a terminal.

        Yields:
            A function of the fraction done, in [0, 1], and a text.
        """
        if quiet or not sys.stderr.isatty():
            yield lambda fraction, text: None
            return
        from rich.console import Console as RichConsole
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        screen = RichConsole(stderr=True, markup=False, highlight=False)
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.percentage:3.0f} %"),
            TimeRemainingColumn(),
        )
        with Progress(
            *columns, console=screen, transient=True, redirect_stdout=False, redirect_stderr=False
        ) as bar:
            task = bar.add_task("", total=1.0)
            plain, self._print = self._print, lambda text: screen.print(text, soft_wrap=True)
            try:
                yield lambda fraction, text: bar.update(task, completed=fraction, description=text)
            finally:
                self._print = plain

    @contextmanager
    def counter(self, total: int) -> Iterator[Callable[[], None]]:
        """Show a bar for so many equal steps.

        Yields:
            A function to be called after each.
        """
        done = 0
        with self.progress() as bar:

            def one_more() -> None:
                nonlocal done
                done += 1
                bar(done / total, f"{done} of {total}")

            yield one_more


class _LineHandler(logging.Handler):
    """Turns what the toolkit logs into plain lines."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        self._console.line(f"{record.levelname.lower()}: {record.getMessage()}")
