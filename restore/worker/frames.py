"""A frame: 4 bytes length of the header, 8 bytes length of the payload, header (JSON), payload."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

__all__ = ["MAX_HEADER", "PREFIX", "head"]

PREFIX = struct.Struct("!IQ")
MAX_HEADER = 1 << 20


def head(header: Mapping[str, Any], payload: int = 0) -> bytes:
    """Return a frame up to its payload.

    Args:
        header: JSON values.
        payload: Length of the payload in bytes.
    """
    text = json.dumps(header, separators=(",", ":"), allow_nan=False).encode()
    return PREFIX.pack(len(text), payload) + text
