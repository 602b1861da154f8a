"""Reading a run's request: its header first, its payload when there is room."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field

import numpy as np
from pydantic import ValidationError
from starlette.types import Receive

from restore.errors import ParameterError, WorkerError
from restore.worker.frames import MAX_HEADER, PREFIX
from restore.worker.wire import RunHeader

__all__ = ["Gone", "Upload"]

STALL = 30.0
"""Seconds without a byte after which a sender is given up."""
SLOWEST = 1 << 20
"""Bytes a second below which, on average, it is given up too."""


class Gone(Exception):  # noqa: N818 - no fault of anyone
    """The host closed the connection."""


@dataclass
class Upload:
    """The body of a request, taken piece by piece.

    Args:
        receive: Of the connection.
        length: What its Content-Length says.
        lost: Set when the connection is gone.
    """

    receive: Receive
    length: int
    lost: asyncio.Event
    _ended: bool = False
    _rest: bytearray = field(default_factory=bytearray)

    async def header(self) -> RunHeader:
        """Read the header of the frame and hold it against the request's length.

        Raises:
            ParameterError: It is not what it must be.
            WorkerError: It does not come.
            Gone: The connection was closed.
        """
        async with _patience(STALL):
            await self._at_least(PREFIX.size)
            size, payload = PREFIX.unpack_from(self._rest)
            if size > MAX_HEADER:
                raise ParameterError(f"A header of {size} bytes is too long: {MAX_HEADER} is most.")
            if PREFIX.size + size + payload != self.length:
                whole = PREFIX.size + size + payload
                raise ParameterError(f"The frame has {whole} bytes, the request {self.length}.")
            await self._at_least(PREFIX.size + size)
        header = _parsed(bytes(self._rest[PREFIX.size : PREFIX.size + size]))
        if header.payload != payload:
            raise ParameterError(
                f"The payload has {payload} bytes; by its header it would have {header.payload}."
            )
        del self._rest[: PREFIX.size + size]
        return header

    async def payload(self, size: int) -> memoryview:
        """Read the payload into memory of its own.

        Raises:
            WorkerError: It comes too slowly.
            MemoryError: There is no memory for it.
            Gone: The connection was closed.
        """
        buffer = np.empty(size, np.uint8).data
        at = len(self._rest)
        buffer[:at] = self._rest
        self._rest = bytearray()
        async with _patience(STALL + size / SLOWEST):
            while at < size:
                async with _patience(STALL):
                    chunk = await self._chunk()
                buffer[at : at + len(chunk)] = chunk
                at += len(chunk)
        return buffer

    async def _at_least(self, size: int) -> None:
        while len(self._rest) < size:
            self._rest += await self._chunk()

    async def _chunk(self) -> bytes:
        if self._ended:
            raise ParameterError("The request ends in the middle of its frame.")
        message = await self.receive()
        if message["type"] == "http.disconnect":
            raise Gone
        self._ended = not message.get("more_body")
        chunk: bytes = message.get("body", b"")
        return chunk


class _patience:  # noqa: N801 - reads as a statement
    """Give a sender some seconds.

    Raises:
        WorkerError: They are over.
    """

    def __init__(self, seconds: float) -> None:
        self._timeout = asyncio.timeout(seconds)

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(self, *exception: object) -> None:
        try:
            await self._timeout.__aexit__(*exception)  # type: ignore[arg-type]
        except TimeoutError:
            raise WorkerError("The picture does not come: the editor sends too slowly.") from None


def _parsed(text: bytes) -> RunHeader:
    try:
        return RunHeader.model_validate(json.loads(text))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "header"
        what = first["msg"].removeprefix("Value error, ")
        raise ParameterError(f"The request's {where}: {what}.") from None
    except (ValueError, RecursionError):
        raise ParameterError("The header of the request is not JSON.") from None
