"""A host as docs/worker.md describes it, in few lines; and workers as real processes."""

from __future__ import annotations

import http.client
import json
import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np

ROOT = Path(__file__).parents[2]
PLUGINS = "identity,invert,misbehaves,talks,hosted"
KINDS = {"uint8": "u8", "uint16": "u16", "float32": "f32"}
Header = dict[str, Any]


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(str(self.path))


@dataclass
class Worker:
    """A worker in a process of its own."""

    folder: Path
    process: subprocess.Popen[str]
    headers: dict[str, str] = field(default_factory=lambda: {"Restore-Protocol": "1"})

    def connect(self) -> http.client.HTTPConnection:
        address = self.folder / "worker.json"
        if address.exists():
            told = json.loads(address.read_text())
            self.headers["Authorization"] = f"Bearer {told['token']}"
            return http.client.HTTPConnection("127.0.0.1", told["port"], timeout=60)
        return UnixConnection(self.folder / "worker.sock")

    def raw(self) -> socket.socket:
        end = socket.socket(socket.AF_UNIX)
        end.settimeout(60)
        end.connect(str(self.folder / "worker.sock"))
        return end

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, Any]:
        with closing(self.connect()) as connection:
            connection.request(method, path, body, {**self.headers, **headers})
            response = connection.getresponse()
            return response.status, json.loads(response.read())

    @contextmanager
    def answer(self, name: str, body: bytes) -> Iterator[http.client.HTTPResponse]:
        """Begin a run; leaving closes the connection."""
        with closing(self.connect()) as connection:
            connection.request("POST", f"/actions/{name}/run", body, self.headers)
            yield connection.getresponse()

    def run(self, name: str, body: bytes) -> list[tuple[Header, bytes]]:
        with self.answer(name, body) as response:
            assert response.status == 200, response.read()
            return list(frames(response))

    def wait(self) -> Worker:
        end = time.monotonic() + 60
        while time.monotonic() < end and self.process.poll() is None:
            try:
                self.ask("GET", "/health")
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)
            else:
                return self
        raise AssertionError(self.process.communicate(timeout=5))

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


def spawn(
    folder: Path, site: Path, *arguments: str, idle: float = 60, log: IO[bytes] | None = None
) -> Worker:
    """Start a worker with the plugins that are installed in `site`."""
    path = os.pathsep.join(map(str, (site, ROOT, ROOT / "plugins", ROOT / "integrations")))
    environment = {k: v for k, v in os.environ.items() if not k.startswith("RESTORE_")}
    command = [sys.executable, "-m", "restore", "worker", "run", "--folder", str(folder)]
    process = subprocess.Popen(
        [*command, "--idle", str(idle), *arguments],
        env=environment | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        stdout=log or subprocess.PIPE,
        stderr=log or subprocess.PIPE,
        text=True,
    )
    return Worker(folder, process)


def request(
    pixels: np.ndarray[Any, Any], marks: Any = None, profile: bytes = b"", **said: Any
) -> bytes:
    """Return the body of a request for pixels (H, W, values), with what else is said."""
    image = {
        "width": pixels.shape[1],
        "height": pixels.shape[0],
        "channels": 3 if pixels.shape[2] > 2 else 1,
        "alpha": pixels.shape[2] in (2, 4),
        "dtype": KINDS[pixels.dtype.name],
        **said.pop("image", {}),
    }
    header = {"client": "test", "image": image, "mask": marks is not None, "icc": len(profile)}
    header |= said
    payload = pixels.tobytes() + (b"" if marks is None else marks.tobytes()) + profile
    return frame(header, payload)


def frame(header: Header, payload: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("!IQ", len(text), len(payload)) + text + payload


def frames(response: http.client.HTTPResponse) -> Iterator[tuple[Header, bytes]]:
    while prefix := response.read(12):
        size, payload = struct.unpack("!IQ", prefix)
        header = json.loads(response.read(size))
        yield header, response.read(payload)


def planes(header: Header, payload: bytes) -> dict[str, np.ndarray[Any, Any]]:
    """Return the planes of a result by name, (H, W, values)."""
    kinds = {short: name for name, short in KINDS.items()}
    found, at = {}, 0
    for plane in header["planes"]:
        part = payload[at : at + plane["bytes"]]
        at += plane["bytes"]
        values = np.frombuffer(part, kinds[plane["dtype"]])
        height, width = header["image"]["height"], header["image"]["width"]
        found[plane["name"]] = values.reshape(height, width, plane["channels"])
    assert at == len(payload)
    return found


def mapped(worker: Worker) -> str:
    """Return the libraries and files that a worker has in memory; nothing where /proc is not."""
    maps = Path(f"/proc/{worker.process.pid}/maps")
    return maps.read_text() if maps.exists() else ""
