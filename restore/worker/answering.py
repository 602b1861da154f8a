"""The answer to a run: a stream of frames, a heartbeat among them while there is nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager

from starlette.types import Send

from restore.errors import MemoryLimitError, RestoreError
from restore.worker.frames import head
from restore.worker.job import Frame, Job
from restore.worker.models import ModelThread
from restore.worker.room import refuse_without_memory
from restore.worker.upload import Gone, Upload

__all__ = ["stream"]

BEAT = 0.1
"""Seconds between frames, at most."""
CHUNK = 1 << 18
DEAF = 120.0
"""Seconds after which a host that reads nothing is given up."""


async def stream(job: Job, upload: Upload, send: Send, models: ModelThread) -> None:
    """Read the payload when there is room, then send all that comes of the job.

    Returns when the answer is complete or nobody wants it any more.

    Raises:
        TimeoutError: The host is there, but reads nothing.
    """
    headers = [(b"content-type", b"application/x-restore-frames")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    async with _alongside(_receive(job, upload, models)):
        last = False
        while not (last or upload.lost.is_set()):
            try:
                async with asyncio.timeout(BEAT):
                    frame = await job.frames.get()
            except TimeoutError:
                frame = _heartbeat(job, models)
            for part in _parts(frame):
                async with asyncio.timeout(DEAF):
                    await send({"type": "http.response.body", "body": part, "more_body": True})
            last = frame.last
    await send({"type": "http.response.body", "body": b""})


async def _receive(job: Job, upload: Upload, models: ModelThread) -> None:
    """Read the payload, then wait for the host to go away."""
    job.put(_heartbeat(job, models))
    try:
        await job.admitted.wait()
        refuse_without_memory(job)
        job.payload = await upload.payload(job.header.payload)
        models.ready()
        await upload.lost.wait()
        job.cancel()
    except Gone:
        pass
    except MemoryError:
        error = MemoryLimitError("There is not enough memory to receive the picture.")
        job.put(Frame.of(error))
    except RestoreError as error:
        job.put(Frame.of(error))


def _heartbeat(job: Job, models: ModelThread) -> Frame:
    waiting = models.ahead(job)
    text = job.text or job.action.label
    if not job.begun:
        text = "waiting for other runs" if waiting else "receiving the picture"
    values = {"fraction": round(job.fraction, 4), "text": text, "waiting": waiting}
    return Frame({"kind": "progress", **values})


def _parts(frame: Frame) -> Iterator[bytes | memoryview]:
    yield head(frame.header, sum(plane.nbytes for plane in frame.planes))
    for plane in frame.planes:
        for at in range(0, plane.nbytes, CHUNK):
            yield plane[at : at + CHUNK]


@asynccontextmanager
async def _alongside(coroutine: Coroutine[None, None, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(coroutine)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
