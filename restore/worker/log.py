"""The worker's log: the standard error stream, with times, and nothing fails for a full disk."""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import os
import sys
from collections.abc import Iterator
from typing import Any

__all__ = ["logged"]

LOGGERS = ("restore", "uvicorn.error", "asyncio")


@contextlib.contextmanager
def logged() -> Iterator[None]:
    """Write to the log what is logged and what anyone prints, a crash of the process included."""
    streams = sys.stdout, sys.stderr
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - what is left without a terminal
        forgiving: Any = _Forgiving(sys.stderr or nowhere)
        sys.stdout = sys.stderr = forgiving
        handler = logging.StreamHandler(forgiving)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        loggers = [logging.getLogger(name) for name in LOGGERS]
        before = [(logger.handlers, logger.propagate, logger.level) for logger in loggers]
        for logger in loggers:
            logger.handlers, logger.propagate = [handler], False
        logging.getLogger("restore").setLevel(logging.INFO)
        with contextlib.suppress(OSError, ValueError):
            faulthandler.enable(file=streams[1])
        try:
            yield
        finally:
            sys.stdout, sys.stderr = streams
            for logger, (handlers, propagate, level) in zip(loggers, before, strict=True):
                logger.handlers, logger.propagate = handlers, propagate
                logger.setLevel(level)


class _Forgiving:
    """A stream whose loss is no reason to fail."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
