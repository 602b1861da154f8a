"""Runs the toolkit's actions from inside an editor.

One file, standard library only, Python 3.8 and later: an editor's own Python has nothing else.
`restore install` copies it beside each plug-in, together with `restore.json`, which says where the
toolkit lives. The work is done by `restore worker`, a process of the toolkit's own Python, which is
started when it is needed and found again through a socket in its folder.

    worker = Worker(load_installation(), "gimp-%d" % os.getpid())
    outcome = worker.run("denoise", {"strength": 0.5}, image, on_progress=show)

Every failure is a `RestoreError` whose text can be shown to the user as it is.
"""

from __future__ import annotations

import contextlib
import errno
import http.client
import json
import mmap
import os
import re
import socket
import struct
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Tuple, TypeVar, Union

__all__ = [
    "PROTOCOL",
    "Cancelled",
    "Image",
    "Installation",
    "Outcome",
    "RestoreError",
    "Worker",
    "WorkerLost",
    "clean_environment",
    "load_installation",
]

PROTOCOL = 1
"""What this file and the worker say to each other."""

START_SECONDS = 90.0
"""How long a worker may take until it answers."""

SILENCE_SECONDS = 120.0
"""How long a worker may say nothing; it says something five times a second."""

_AGAIN = "Type in a terminal: restore install gimp (or krita)"
_FRAME = struct.Struct("!IQ")
_MAX_HEADER = 1 << 20
_MAX_PAYLOAD = 1 << 36
_SEND = 1 << 20
_BEAT = 0.1
_SMALL = 1 << 20
"""Memory up to this size is cleared at once; more as it is used, which holds nobody up."""
_LOG_BYTES = 1 << 20
_ITEM_BYTES = {"u8": 1, "u16": 2, "f32": 4}
_NOT_INHERITED = (
    "BABL_PATH",
    "DYLD_FRAMEWORK_PATH",
    "DYLD_INSERT_LIBRARIES",
    "DYLD_LIBRARY_PATH",
    "GEGL_PATH",
    "GI_TYPELIB_PATH",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "QT_PLUGIN_PATH",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "__PYVENV_LAUNCHER__",
)

T = TypeVar("T")
Bytes = Union[bytes, bytearray, memoryview]
OnProgress = Callable[[float, str], Optional[bool]]


class RestoreError(Exception):
    """A failure in words.

    Args:
        message: What went wrong.
        hint: What to do next; may be empty.
        kind: The name of the toolkit's error, such as "ParameterError"; empty for one of here.
    """

    def __init__(self, message: str, hint: str = "", kind: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.kind = kind

    def __str__(self) -> str:
        return "%s\n%s" % (self.message, self.hint) if self.hint else self.message


class Cancelled(RestoreError):  # noqa: N818
    """The run was stopped by the user."""


class WorkerLost(RestoreError):  # noqa: N818
    """The worker ended or fell silent during a run; the next call starts another."""


@dataclass(frozen=True)
class Installation:
    """Where the toolkit lives, as `restore.json` beside this file tells.

    Attributes:
        command: What starts the worker: a Python and its arguments.
        folder: Where the worker's socket and log are.
        version: Of the toolkit.
        actions: One entry for each action, as the worker's route `/actions` gives them, as they
            were when a worker last started.
        path: The file that this was read from.
    """

    command: List[str]
    folder: str
    version: str
    actions: List[Dict[str, Any]]
    path: str


def load_installation(path: Optional[str] = None) -> Installation:
    """Read `restore.json`.

    Args:
        path: The file; None for the one that RESTORE_EDITOR_INSTALLATION names, else the one
            beside this module.

    Raises:
        RestoreError: The file is missing, unreadable or of another protocol, or the Python that it
            names is gone.
    """
    beside = Path(__file__).absolute().with_name("restore.json")
    path = path or os.environ.get("RESTORE_EDITOR_INSTALLATION") or str(beside)
    try:
        told = json.loads(Path(path).read_text("utf-8"))
        protocol = told["protocol"]
        found = Installation(
            [str(part) for part in told["command"]],
            str(told["folder"]),
            str(told["version"]),
            list(told["actions"]),
            path,
        )
        python = found.command[0]
    except FileNotFoundError:
        raise RestoreError("The plug-in is not complete: %s is missing." % path, _AGAIN) from None
    except OSError as error:
        raise RestoreError("%s cannot be read: %s." % (path, error.strerror), _AGAIN) from None
    except (ValueError, KeyError, TypeError, IndexError):
        raise RestoreError("%s is damaged." % path, _AGAIN) from None
    if protocol != PROTOCOL:
        raise RestoreError(
            "This plug-in is of another version than the toolkit (protocol %s, not %s)."
            % (PROTOCOL, protocol),
            _AGAIN,
        )
    _check_toolkit(python)
    return found


@dataclass(frozen=True)
class Image:
    """Pixels, row by row, the channels of a pixel side by side, alpha last.

    Attributes:
        width: In pixels.
        height: In pixels.
        channels: 1 or 3, alpha not counted.
        alpha: Whether there is alpha.
        dtype: "u8", "u16" or "f32" (1.0 is white), in the byte order of the machine.
        data: All bytes; of a result, a view of memory that nobody else uses.
        order: "rgb" or "bgr".
        transfer: "encoded" or "linear".
        icc: The profile; empty for sRGB.
        origin: Row and column of the first pixel in the whole layer.
    """

    width: int
    height: int
    channels: int
    alpha: bool
    dtype: str
    data: Bytes = field(repr=False)
    order: str = "rgb"
    transfer: str = "encoded"
    icc: bytes = field(default=b"", repr=False)
    origin: Tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Outcome:
    """What a run gave.

    Attributes:
        image: The result.
        report: What the action tells of its run.
        uncertainty: One channel of u8, 255 for a standard deviation of 0.1; if it was asked for.
        mask: One channel of u8, for an action that finds one.
        notes: Sentences of the report, to be shown.
    """

    image: Image
    report: Dict[str, Any]
    uncertainty: Optional[Image] = None
    mask: Optional[Image] = None
    notes: List[str] = field(default_factory=list)


class Worker:
    """The worker of an installation, started when it is needed.

    An object serves one run at a time; `cancel` may be called from any thread.

    Args:
        installation: From `load_installation`.
        client: Who asks, such as "gimp-1234": the worker serves clients in turn.
    """

    def __init__(self, installation: Installation, client: str) -> None:
        self.installation = installation
        self.client = client
        self._lock = threading.Lock()
        self._running: Optional[socket.socket] = None
        self._cancelled = threading.Event()

    @property
    def log(self) -> str:
        """The file into which a worker writes that this object starts."""
        return str(Path(self.installation.folder, "worker.log"))

    def health(self) -> Dict[str, Any]:
        """Return what the worker says of itself; start it if none answers."""
        return self._ready(None)

    def actions(self) -> List[Dict[str, Any]]:
        """Return an entry for each action, as the worker knows them now; start it if need be."""
        self._ready(None)
        return list(self._tell("GET", "/actions").get("actions", ()))

    def free(self) -> None:
        """Let the models go, if a worker runs."""
        if self._answering() is not None:
            self._tell("POST", "/free")

    def stop(self) -> None:
        """Ask the worker to leave as soon as nothing runs, if there is one."""
        if self._answering() is not None:
            self._tell("POST", "/quit")

    def cancel(self) -> None:
        """End the run that is under way: its `run` raises `Cancelled`. Without one, do nothing."""
        self._cancelled.set()
        with self._lock:
            running = self._running
        if running is not None:
            _hang_up(running)

    def run(
        self,
        name: str,
        parameters: Dict[str, Any],
        image: Image,
        mask: Optional[Bytes] = None,
        preview: Optional[Tuple[int, int, int, int]] = None,
        uncertainty: int = 0,
        on_progress: Optional[OnProgress] = None,
        on_preview: Optional[Callable[[Image, int, int], Optional[bool]]] = None,
    ) -> Outcome:
        """Run an action.

        Args:
            name: Of the action.
            parameters: Its parameters by name; those left out have their defaults.
            image: The pixels.
            mask: One byte for each pixel, 128 and more mark it.
            preview: Left, top, width and height of a crop of `image` to run first.
            uncertainty: Number of samples for the map of uncertainty (2 or more); 0 for no map.
            on_progress: Called with the fraction done (0 to 1) and what is done, several times a
                second, also while the worker starts; False ends the run.
            on_preview: Called with the crop's result and its left and top; False ends the run.

        Raises:
            Cancelled: By `cancel`, or by one of the functions above.
            WorkerLost: The worker ended during the run.
            RestoreError: Anything else, in words.
        """
        self._cancelled.clear()
        body = _request(self.client, parameters, image, mask, preview, uncertainty)
        beat = self._beat(on_progress)
        try:
            return self._run(name, body, beat, on_preview)
        except (OSError, EOFError, http.client.HTTPException) as error:
            self._stop_if_cancelled()
            if isinstance(error, socket.timeout):
                what = "The worker has said nothing for %d seconds." % SILENCE_SECONDS
            else:
                what = "The worker ended while “%s” ran." % name
            raise WorkerLost(what, self._see_log("Run it again: that starts another.")) from error

    def _run(
        self,
        name: str,
        body: List[memoryview],
        beat: Callable[[float, str], None],
        on_preview: Optional[Callable[[Image, int, int], Optional[bool]]],
    ) -> Outcome:
        connection = self._connected(beat)
        sock = connection.sock
        sender = threading.Thread(target=_send, args=(sock, body), daemon=True)
        with self._lock:
            self._running = sock
        try:
            self._stop_if_cancelled()
            size = sum(len(part) for part in body)
            _begin(connection, "POST", "/actions/%s/run" % name, size)
            sender.start()
            return self._listen(connection.getresponse(), beat, on_preview)
        finally:
            with self._lock:
                self._running = None
            _hang_up(sock)
            if sender.ident is not None:
                sender.join()
            sock.close()
            connection.close()

    def _listen(
        self,
        response: http.client.HTTPResponse,
        beat: Callable[[float, str], None],
        on_preview: Optional[Callable[[Image, int, int], Optional[bool]]],
    ) -> Outcome:
        with response:
            if response.status != 200:
                raise _refusal(response)
            for header, payload in _frames(response):
                kind = header.get("kind")
                if kind == "progress":
                    beat(*_understood(_progress, header, payload))
                elif kind == "preview":
                    crop = _understood(_preview, header, payload)
                    if on_preview and on_preview(*crop) is False:
                        raise Cancelled("Stopped.")
                elif kind == "error":
                    raise _understood(_error, header, payload)
                elif kind == "result":
                    self._stop_if_cancelled()
                    return _understood(_outcome, header, payload)
            raise EOFError

    def _beat(self, on_progress: Optional[OnProgress]) -> Callable[[float, str], None]:
        def beat(fraction: float, text: str) -> None:
            self._stop_if_cancelled()
            if on_progress and on_progress(fraction, text) is False:
                raise Cancelled("Stopped.")

        return beat

    def _stop_if_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise Cancelled("Stopped.") from None

    def _see_log(self, advice: str, since: int = 0) -> str:
        last = _tail(self.log, since)
        return "%s\nIts log is %s%s" % (advice, self.log, ", which ends:\n" + last if last else "")

    # Finding and starting the worker

    def _connected(self, beat: Callable[[float, str], None]) -> _Connection:
        """Return a connection; once more if the worker left just after it was found."""
        self._ready(beat)
        with contextlib.suppress(OSError):
            return self._connection()
        self._ready(beat)
        return self._connection()

    def _ready(self, beat: Optional[Callable[[float, str], None]]) -> Dict[str, Any]:
        """Return the health of a worker that this client can use."""
        health = self._answering()
        if health is not None and self._outdated(health):
            self._tell("POST", "/quit")  # it finishes what it has, and makes place at once
            health = self._after(health)
        if health is None:
            health = self._start(beat or (lambda fraction, text: None))
        if health["protocol"] != PROTOCOL:
            raise RestoreError(
                "The worker is of another version than this plug-in (protocol %s, not %s)."
                % (health["protocol"], PROTOCOL),
                "Type in a terminal: restore install gimp (or krita), then start the editor again.",
            )
        return health

    def _outdated(self, health: Dict[str, Any]) -> bool:
        """Whether the worker is older than the toolkit is now."""
        if health.get("outdated"):
            return True
        try:
            version = load_installation(self.installation.path).version
        except RestoreError:
            version = self.installation.version
        return _numbers(str(health["version"])) < _numbers(version)

    def _after(self, old: Dict[str, Any]) -> Optional[Dict[str, Any]]:
        """Wait for a worker to make place; return who answers then, None if nobody does."""
        end = time.monotonic() + 5
        while time.monotonic() < end:
            health = self._answering()
            if health is None or health.get("pid") != old.get("pid"):
                return health
            time.sleep(0.02)
        return old

    def _answering(self) -> Optional[Dict[str, Any]]:
        """Return the health of the worker that answers now; None if there is none."""
        try:
            health = self._ask("GET", "/health")
        except socket.timeout:
            raise RestoreError(
                "The worker does not answer.",
                self._see_log("Type in a terminal: restore worker stop --now"),
            ) from None
        except (OSError, EOFError, http.client.HTTPException):
            return None
        return health if {"protocol", "version"} <= set(health) else None

    def _tell(self, method: str, path: str) -> Dict[str, Any]:
        try:
            return self._ask(method, path)
        except (OSError, http.client.HTTPException) as error:
            raise RestoreError(
                "The worker has left, or does not answer (%s)." % error, self._see_log("Try again.")
            ) from None

    def _ask(self, method: str, path: str) -> Dict[str, Any]:
        connection = self._connection()
        try:
            _begin(connection, method, path, 0)
            response = connection.getresponse()
            if response.status not in (200, 202, 204):
                refusal = _refusal(response)
                if refusal.kind:
                    raise refusal
                raise http.client.HTTPException(refusal.message)
            answer = json.loads(response.read() or b"{}")
        except (ValueError, RecursionError) as error:
            raise http.client.HTTPException(str(error)) from error
        finally:
            connection.close()
        return answer if isinstance(answer, dict) else {}

    def _connection(self) -> _Connection:
        """Return an open connection.

        Raises:
            OSError: Nobody is there.
        """
        folder = Path(self.installation.folder)
        _check_private(folder)
        told = folder / "worker.json"
        if sys.platform == "win32" or told.exists():
            _check_private(told)
            connection: _Connection = _TcpConnection(told)
        else:
            connection = _UnixConnection(folder / "worker.sock")
        try:
            connection.connect()
        except BaseException:
            connection.close()
            raise
        return connection

    def _start(self, beat: Callable[[float, str], None]) -> Dict[str, Any]:
        beat(0.0, "Starting restore…")
        process, since = self._spawn()
        end = time.monotonic() + START_SECONDS
        next_beat = time.monotonic() + _BEAT
        while time.monotonic() < end:
            health = self._answering()
            if health is not None:
                return health
            if process.returncode not in (None, 0):  # 0: another one was quicker
                if _tail(self.log, since).endswith(": No module named restore"):
                    raise _gone("restore in " + self.installation.command[0])
                raise RestoreError(
                    "The worker did not start (exit code %d)." % process.returncode,
                    self._see_log("Type in a terminal: restore doctor", since),
                )
            if time.monotonic() >= next_beat:
                beat(0.0, "Starting restore…")
                next_beat = time.monotonic() + _BEAT
            time.sleep(0.02)
        raise RestoreError(
            "The worker has not answered for %d seconds." % START_SECONDS,
            self._see_log("Type in a terminal: restore doctor", since),
        )

    def _spawn(self) -> Tuple[subprocess.Popen[bytes], int]:
        """Start a worker that outlives the editor; return it and where its part of the log is."""
        command = [*self.installation.command, "--folder", self.installation.folder]
        flags: Dict[str, Any] = {"start_new_session": True}
        if sys.platform == "win32":
            flags = {"creationflags": subprocess.CREATE_NO_WINDOW}
        folder, path = Path(self.installation.folder), Path(self.log)
        _check_toolkit(command[0])
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            full = path.exists() and path.stat().st_size > _LOG_BYTES
            with path.open("wb" if full else "ab") as log:
                since = log.tell()
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=clean_environment(),
                    cwd=folder,
                    **flags,
                )
        except OSError as error:
            where = error.filename or self.log
            raise RestoreError(
                "The worker cannot be started: %s: %s." % (where, error.strerror or error),
                "Make room on that disk."
                if error.errno in (errno.ENOSPC, errno.EDQUOT)
                else "Type in a terminal: restore doctor",
            ) from None
        threading.Thread(target=process.wait, daemon=True).start()
        return process, since


class _Connection(http.client.HTTPConnection):
    """HTTP to a worker; `authorisation` is what the header of this name says, if anything."""

    authorisation = ""


class _UnixConnection(_Connection):
    """Through a socket in a folder, to a process of the same user."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=SILENCE_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(SILENCE_SECONDS)
        end = time.monotonic() + SILENCE_SECONDS
        try:
            while True:
                try:
                    return self._connect()
                except BlockingIOError:  # so many wait to be let in that the queue is full
                    if time.monotonic() > end:
                        raise
                    time.sleep(0.01)
        except PermissionError:
            raise _foreign(self._path) from None
        except OSError as error:
            if error.errno is None and not isinstance(error, socket.timeout):
                raise RestoreError(
                    "The path of the worker's socket is too long: %s" % self._path,
                    "Type in a terminal: restore install --help, and look for --folder.",
                ) from None
            raise

    def _connect(self) -> None:
        self.sock.connect(str(self._path))
        _check_peer(self.sock, self._path)


class _TcpConnection(_Connection):
    """Through the port that `worker.json` names, with its token."""

    def __init__(self, told: Path) -> None:
        try:
            answer = json.loads(told.read_text("utf-8"))
            port, token = int(answer["port"]), str(answer["token"])
        except PermissionError:
            raise _foreign(told) from None
        except (OSError, ValueError, KeyError, TypeError):
            raise ConnectionRefusedError(errno.ECONNREFUSED, "no worker") from None
        super().__init__("127.0.0.1", port, timeout=SILENCE_SECONDS)
        self.authorisation = "Bearer " + token

    def connect(self) -> None:
        super().connect()
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _check_toolkit(python: str) -> None:
    if not Path(python).exists():
        raise _gone(python)


def _gone(what: str) -> RestoreError:
    return RestoreError(
        "The toolkit is gone: there is no %s any more." % what, "Install restore again. " + _AGAIN
    )


def _foreign(path: Path) -> RestoreError:
    return RestoreError(
        "%s belongs to another user: nothing is sent there." % path,
        "Remove it, or install with a folder of your own: restore install --help",
    )


def _check_private(path: Path) -> None:
    """Refuse what is there and not this user's alone."""
    if not hasattr(os, "getuid"):
        return
    try:
        found = path.stat()
    except OSError:
        return
    if found.st_uid != os.getuid():
        raise _foreign(path)
    if found.st_mode & 0o077:
        raise RestoreError(
            "%s is open to other users." % path, "Type in a terminal: chmod go= '%s'" % path
        )


def _check_peer(sock: socket.socket, path: Path) -> None:
    if hasattr(socket, "SO_PEERCRED"):
        credentials = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        if struct.unpack("3i", credentials)[1] != os.getuid():
            raise _foreign(path)


def clean_environment(environment: Mapping[str, str] = os.environ) -> Dict[str, str]:
    """Return the environment without what the editor needs and another Python cannot bear.

    An AppImage keeps the user's own values as NAME_ORIG.
    """
    kept = dict(environment)
    for name in environment:
        if name in _NOT_INHERITED or name.startswith("PYTHON"):
            del kept[name]
            own = environment.get(name + "_ORIG")
            if own:
                kept[name] = own
    return kept


def _tail(path: str, since: int) -> str:
    """Return the last ten lines of a text file, and only what follows byte `since`."""
    try:
        with Path(path).open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(end - 2000, since, 0))
            lines = file.read().decode("utf-8", "replace").strip().splitlines()
            return "\n".join(lines[-10:])
    except OSError:
        return ""


def _numbers(version: str) -> Tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))


# What is said


def _begin(connection: _Connection, method: str, path: str, size: int) -> None:
    connection.putrequest(method, path, skip_accept_encoding=True)
    connection.putheader("Restore-Protocol", str(PROTOCOL))
    connection.putheader("Connection", "close")
    connection.putheader("Content-Type", "application/octet-stream")
    connection.putheader("Content-Length", str(size))
    if connection.authorisation:
        connection.putheader("Authorization", connection.authorisation)
    connection.endheaders()


def _request(
    client: str,
    parameters: Dict[str, Any],
    image: Image,
    mask: Optional[Bytes],
    preview: Optional[Tuple[int, int, int, int]],
    uncertainty: int,
) -> List[memoryview]:
    """Return the frame of a run, in parts that are not copied."""
    parts = [memoryview(image.data).cast("B")]
    pixels = image.width * image.height
    _check_size("image", len(parts[0]), pixels * _pixel_bytes(image))
    if mask is not None:
        parts.append(memoryview(mask).cast("B"))
        _check_size("mask", len(parts[1]), pixels)
    if image.icc:
        parts.append(memoryview(image.icc))
    header = {
        "client": client,
        "parameters": parameters,
        "image": {
            "width": image.width,
            "height": image.height,
            "channels": image.channels,
            "alpha": image.alpha,
            "dtype": image.dtype,
            "order": image.order,
            "transfer": image.transfer,
            "origin": list(image.origin),
        },
        "mask": mask is not None,
        "icc": len(image.icc),
        "preview": None if preview is None else list(preview),
        "uncertainty": uncertainty,
    }
    text = json.dumps(header).encode("utf-8")
    head = _FRAME.pack(len(text), sum(len(part) for part in parts)) + text
    return [memoryview(head), *parts]


def _pixel_bytes(image: Image) -> int:
    if image.dtype not in _ITEM_BYTES:
        raise RestoreError("An image has the unknown type “%s”." % image.dtype)
    return (image.channels + image.alpha) * _ITEM_BYTES[image.dtype]


def _check_size(what: str, size: int, wanted: int) -> None:
    if size != wanted or not wanted:
        raise RestoreError("The %s has %d bytes and should have %d." % (what, size, wanted))


def _send(sock: socket.socket, parts: List[memoryview]) -> None:
    """Send all, however long that waits to be read; end when the connection is closed.

    What the other side says meanwhile is read elsewhere: it may refuse, or tell of a queue.
    """
    for part in parts:
        at = 0
        while at < len(part):
            try:
                at += sock.send(part[at : at + _SEND])
            except socket.timeout:
                continue
            except OSError:
                return


def _hang_up(sock: socket.socket) -> None:
    """End a connection now, also for other threads that wait in it."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


# What is heard


def _frames(response: http.client.HTTPResponse) -> Iterator[Tuple[Dict[str, Any], memoryview]]:
    """Yield header and payload of each frame; end where the stream ends between two."""
    while True:
        head = _read(response, _FRAME.size)
        if not head:
            return
        length, size = _FRAME.unpack(head)
        if length > _MAX_HEADER or size > _MAX_PAYLOAD:
            raise _nonsense()
        try:
            header = json.loads(bytes(_read(response, length)).decode("utf-8"))
        except (ValueError, RecursionError):
            raise _nonsense() from None
        if not isinstance(header, dict):
            raise _nonsense()
        yield header, _read(response, size)


def _read(response: http.client.HTTPResponse, size: int) -> memoryview:
    """Read this many bytes, or none at the end of the stream."""
    try:
        view = memoryview(mmap.mmap(-1, size) if size > _SMALL else bytearray(size))
    except (MemoryError, OSError, ValueError, OverflowError):
        raise RestoreError(
            "There is not enough memory for the result (%.1f GB)." % (size / 1e9),
            "Close other pictures, or select a smaller part.",
        ) from None
    at = 0
    while at < size:
        got = response.readinto(view[at:])
        if not got:
            if at:
                raise EOFError
            return view[:0]
        at += got
    return view


def _nonsense() -> RestoreError:
    return RestoreError(
        "What answered is not restore's worker, or a faulty one.",
        "Type in a terminal: restore worker stop",
    )


def _understood(read: Callable[[Any, Any], T], header: Dict[str, Any], payload: memoryview) -> T:
    """Return what a frame says; of one that is not as it should be, say so."""
    try:
        return read(header, payload)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        raise _nonsense() from None


def _progress(header: Dict[str, Any], payload: memoryview) -> Tuple[float, str]:
    return float(header.get("fraction") or 0), str(header.get("text") or "")


def _error(header: Dict[str, Any], payload: Bytes = b"") -> RestoreError:
    told = header["error"]
    kind, message = str(told.get("type", "")), str(told.get("message", ""))
    if kind == "CancelledError":
        return Cancelled("Stopped.")
    return RestoreError(message or "It failed without a word.", str(told.get("hint", "")), kind)


def _refusal(response: http.client.HTTPResponse) -> RestoreError:
    try:
        return _error(json.loads(response.read()))
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError):
        return RestoreError("The worker refused (HTTP %d)." % response.status)


def _image(told: Dict[str, Any], data: memoryview) -> Image:
    row, column = told.get("origin", (0, 0))
    image = Image(
        int(told["width"]),
        int(told["height"]),
        int(told["channels"]),
        bool(told["alpha"]),
        str(told["dtype"]),
        data,
        str(told.get("order", "rgb")),
        str(told.get("transfer", "encoded")),
        b"",
        (int(row), int(column)),
    )
    _check_size("result", len(data), image.width * image.height * _pixel_bytes(image))
    return image


def _preview(header: Dict[str, Any], payload: memoryview) -> Tuple[Image, int, int]:
    return _image(header["image"], payload), int(header["x"]), int(header["y"])


def _outcome(header: Dict[str, Any], payload: memoryview) -> Outcome:
    planes = {}
    at = 0
    for plane in header["planes"]:
        planes[plane["name"]] = (plane, payload[at : at + plane["bytes"]])
        at += plane["bytes"]
    if at != len(payload) or "image" not in planes:
        raise _nonsense()
    whole = header["image"]
    image = _image(whole, planes.pop("image")[1])
    extra = {
        name: _image(
            {
                "width": image.width,
                "height": image.height,
                "channels": plane["channels"],
                "alpha": False,
                "dtype": plane["dtype"],
                "origin": image.origin,
            },
            data,
        )
        for name, (plane, data) in planes.items()
    }
    report = header.get("report") or {}
    notes = [str(note) for note in report.get("notes") or ()]
    return Outcome(image, report, extra.get("uncertainty"), extra.get("mask"), notes)
