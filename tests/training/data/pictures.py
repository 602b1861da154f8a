"""Pictures, folders and processes that the tests of training data share."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[3]


def noise(height: int, width: int, seed: int = 0, channels: int = 3) -> np.ndarray[Any, Any]:
    """Return random bytes: nothing about them survives by chance."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (height, width, channels), np.uint8)


def smooth(height: int, width: int) -> np.ndarray[Any, Any]:
    """Return slow waves, which lossy formats keep nearly as they are."""
    y, x = np.mgrid[:height, :width]
    waves = [np.sin(x / (9 + c) + c) * np.cos(y / (11 + c)) for c in range(3)]
    return np.rint(np.stack(waves, axis=-1) * 100 + 128).astype(np.uint8)


def save(path: Path, array: np.ndarray[Any, Any], **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path, **options)
    return path


def png_header(width: int, height: int) -> bytes:
    """Return the beginning of a PNG that claims a size, up to where its pixels would follow."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I4s", 1000, b"IDAT")


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a process that runs code with `sys`, `Path` and `build_cache` at hand."""
    head = "import sys; from pathlib import Path\n"
    head += "from restore.training.data.cache import build_cache\n"
    return subprocess.Popen(
        [sys.executable, "-c", head + code, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
