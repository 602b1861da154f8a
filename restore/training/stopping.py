"""Being asked to stop: the first signal lets the run end well, the second ends it at once."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self

__all__ = ["Stop"]


class Stop:
    """Listens for SIGINT and SIGTERM while it is entered; after the first, the old ways return.

    A signal that the process was told to ignore stays ignored. Outside the main thread, where
    Python gives no signals, it listens for nothing.

    Attributes:
        asked: Whether a signal came.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._heard)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listen_no_more()

    def _heard(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
        self._listen_no_more()

    def _listen_no_more(self) -> None:
        while self._before:
            number, handler = self._before.popitem()
            signal.signal(number, handler)
