"""Saying no, so that it arrives: a sender that is still sending is heard out for a while."""

from __future__ import annotations

import asyncio
import json

from starlette.types import Receive, Send

from restore.errors import RestoreError, told

__all__ = ["answer", "refuse"]

PATIENCE = 5.0
"""Seconds for which what nobody reads is still taken from a sender."""


async def answer(send: Send, status: int, value: object, *, close: bool = False) -> None:
    """Send JSON, all but the end of the answer if it is to be followed by closing."""
    body = json.dumps(value).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    if close:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": close})


async def refuse(receive: Receive, send: Send, status: int, error: RestoreError) -> None:
    """Send an error, then let the sender finish: a closed door would hide the words."""
    await answer(send, status, {"error": told(error)}, close=True)
    try:
        async with asyncio.timeout(PATIENCE):
            while (message := await receive())["type"] == "http.request":
                if not message.get("more_body"):
                    break
    except TimeoutError:
        pass
    await send({"type": "http.response.body", "body": b""})
