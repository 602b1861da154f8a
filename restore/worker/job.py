"""One run that a host asked for: between the connection, the queue and the thread of the models."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from restore.errors import CancelledError, told
from restore.hooks import Action
from restore.worker.wire import RunHeader

__all__ = ["Frame", "Job"]

MOST_TEXT = 200
"""Letters of a text about progress."""


@dataclass(frozen=True, eq=False)
class Frame:
    """What goes out: a header, and planes one after the other."""

    header: Mapping[str, Any]
    planes: tuple[memoryview, ...] = ()

    @classmethod
    def of(cls, error: BaseException) -> Frame:
        """Return the frame that tells of an error."""
        return cls({"kind": "error", "error": told(error)})

    @property
    def last(self) -> bool:
        """Whether it ends the answer."""
        return self.header["kind"] in ("result", "error")


@dataclass(eq=False)
class Job:
    """A run; what is public is read and written on the event loop, but for `tell` and `put`.

    Attributes:
        action: What to do.
        header: What the host said.
        loop: Where the connection lives.
        payload: The pixels, once all are there; None again as soon as they are a photo.
        fraction: How much is done.
        text: What is being done.
        begun: Whether it runs, or did.
        admitted: Set once the payload may be read.
        frames: What the connection has to send.
    """

    action: Action
    header: RunHeader
    loop: asyncio.AbstractEventLoop
    payload: memoryview | None = None
    fraction: float = 0.0
    text: str = ""
    begun: bool = False
    admitted: asyncio.Event = field(default_factory=asyncio.Event)
    frames: asyncio.Queue[Frame] = field(default_factory=asyncio.Queue)
    _cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def client(self) -> str:
        """Who asked."""
        return self.header.client

    @property
    def result_pixels(self) -> int:
        """Width times height of what comes of it; of the picture itself if that is not told."""
        image, scale = self.header.image, 1.0
        if name := self.action.scale:
            told_of = self.header.parameters
            scale = told_of.get(name, self.action.parameters.model_fields[name].default)
            scale = scale if isinstance(scale, int | float) and 0 < scale <= 1000 else 1.0
        return math.ceil(image.width * scale) * math.ceil(image.height * scale)

    @property
    def bytes(self) -> int:
        """What its payload and its answer take."""
        image = self.header.image
        return self.header.payload + self.result_pixels * image.values * image.numbers.itemsize

    @property
    def ready(self) -> bool:
        """Whether all that it needs is there."""
        return self.payload is not None

    def cancel(self) -> None:
        """Let it stop at its next step."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        """Whether it was stopped."""
        return self._cancelled.is_set()

    def tell(self, fraction: float, text: str = "") -> None:
        """Say how much is done; from any thread.

        Raises:
            CancelledError: It was stopped.
        """
        if self._cancelled.is_set():
            raise CancelledError("Stopped: nothing was changed.")
        before, self.fraction = self.fraction, max(self.fraction, min(fraction, 1.0))
        if text or self.fraction > before:  # who goes on without a word has ended what he told of
            self.text = str(text)[:MOST_TEXT]

    def put(self, frame: Frame) -> None:
        """Hand out a frame; from any thread."""
        self.loop.call_soon_threadsafe(self.frames.put_nowait, frame)
