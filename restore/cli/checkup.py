"""What `restore doctor` looks at: each finding tried for real, with how to mend what is broken."""

from __future__ import annotations

import importlib
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal, TypeAlias

from restore import __version__
from restore.engine.backends.network import cuda_devices, open_network
from restore.engine.backends.ort_backend import runtime_clash
from restore.engine.card import Card
from restore.engine.memory import free_memory
from restore.engine.registry import broken_models, find_models
from restore.errors import RestoreError
from restore.hooks.manager import Plugins
from restore.photo import Format
from restore.worker.calling import call
from restore.worker.folder import Folder, default_folder
from restore.worker.hosts import this_toolkit

__all__ = ["Finding", "State", "examine"]

State: TypeAlias = Literal["ok", "note", "broken"]

DISTRIBUTIONS = {
    "numpy": "numpy",
    "psutil": "psutil",
    "scipy": "scipy",
    "PIL": "pillow",
    "imagecodecs": "imagecodecs",
    "tifffile": "tifffile",
    "pydantic": "pydantic",
    "skimage": "scikit-image",
    "safetensors": "safetensors",
    "onnxruntime": "onnxruntime-gpu",
    "starlette": "starlette",
    "uvicorn": "uvicorn",
    "torch": "torch",
}
LOW_MEMORY, LOW_DISK = 2e9, 1e9
DEFAULT_MODEL = "base"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: What it is.
        value: What was found.
        state: "note" for what works but could be better.
        mend: What to do about it; empty if nothing is to be done.
    """

    name: str
    value: str
    state: State = "ok"
    mend: str = ""


def examine(plugins: Plugins) -> Iterator[Finding]:
    """Look at everything; nothing is changed, and no finding stops the next one."""
    models = find_models(plugins.models())
    yield from _system()
    yield from _packages()
    yield from _models(models, broken_models(plugins.models()))
    yield from _devices(models)
    yield from _plugins(plugins)
    yield from _formats(plugins.formats())
    yield _worker()
    yield from _editors(plugins)


def _system() -> Iterator[Finding]:
    yield Finding("restore", f"{__version__}, {Path(__file__).parents[1]}")
    yield Finding("Python", f"{platform.python_version()}, {sys.executable}")
    yield Finding("system", f"{platform.platform()}, {os.cpu_count()} cores")
    low = (free := free_memory()) < LOW_MEMORY
    mend = "Close other programs before restoring large photos." if low else ""
    yield Finding("free memory", f"{free / 1e9:.1f} GB", "note" if low else "ok", mend)
    for name, folder in (("here", Path.cwd()), ("temporary", Path(tempfile.gettempdir()))):
        free = shutil.disk_usage(folder).free
        low = free < LOW_DISK
        mend = "Make room before restoring many photos." if low else ""
        text = f"{free / 1e9:.1f} GB in {folder}"
        yield Finding(f"free disk, {name}", text, "note" if low else "ok", mend)


def _packages() -> Iterator[Finding]:
    for module, distribution in DISTRIBUTIONS.items():
        try:
            found = importlib.import_module(module)
        except Exception as error:
            mend = f"Install it again: pip install --force-reinstall {distribution}"
            yield Finding(module, f"cannot be imported: {error}", "broken", mend)
            continue
        yield Finding(module, getattr(found, "__version__", None) or _version(distribution))
    if clash := runtime_clash():
        sentence, _, mend = clash.partition(": ")
        yield Finding("ONNX Runtime", sentence, "broken", mend)


def _models(models: dict[str, Card], broken: Mapping[str, RestoreError]) -> Iterator[Finding]:
    for name, card in models.items():
        value = f"{card.version}, {card.folder}"
        yield _tried(f"model {name}", value, card.verify)
    for name, error in broken.items():
        yield Finding(f"model {name}", error.message, "broken", error.hint)
    if DEFAULT_MODEL not in models:
        mend = "Install the toolkit again, or `restore models import FOLDER`."
        yield Finding(f"model {DEFAULT_MODEL}", "missing", "broken", mend)


def _devices(models: dict[str, Card]) -> Iterator[Finding]:
    """Open a model on every device, as a restoration would."""
    card = models.get(DEFAULT_MODEL) or next(iter(models.values()), None)
    if card is None:
        return
    devices = ("cpu", "cuda") if cuda_devices() else ("cpu",)
    for device in devices:
        for backend in ("onnxruntime", "torch"):
            name = f"{backend} on {device}"
            try:
                network, _ = open_network(card, device, backend, 1)
            except Exception as error:
                yield _failed(name, error, "broken" if device == "cpu" else "note")
            else:
                yield Finding(name, f"works ({network.provider})")
    if len(devices) == 1:
        yield Finding("cuda", "no device answers; everything runs on the processor", "note")


def _plugins(plugins: Plugins) -> Iterator[Finding]:
    for status in plugins.status():
        name = f"plugin {status.name}"
        if status.error:
            mend = "Update or uninstall it; it is left out until then."
            yield Finding(name, status.error, "broken", mend)
        else:
            additions = (*status.actions, *map(str, status.models), *status.formats, *status.hosts)
            added = ", ".join(additions) or "nothing"
            yield Finding(name, f"adds {added}")


def _formats(formats: Sequence[Format]) -> Iterator[Finding]:
    there = [kind for kind in formats if not kind.missing]
    yield Finding("formats read", ", ".join(sorted(kind.name for kind in there if kind.decode)))
    yield Finding("formats written", ", ".join(sorted(kind.name for kind in there if kind.encode)))
    for kind in formats:
        if kind.missing:
            mend = f"If you have such photos: pip install '{kind.missing}'"
            yield Finding(f"format {kind.name}", "its library is not installed", "note", mend)


def _worker() -> Finding:
    """Ask the worker that may be running; whether one could run, if none does."""
    folder = Folder(default_folder())
    try:
        found = call(folder, "GET", "/health")
        if found is None:
            folder.check_socket()
            return Finding("worker", f"none runs; editors start it, in {folder.path}")
    except RestoreError as error:
        return _failed("worker", error, "broken")
    value = f"process {found['pid']} serves in {folder.path}"
    if found["version"] != __version__:
        mend = "Type `restore worker stop`; the next one is of this version."
        return Finding("worker", f"{value}, of version {found['version']}", "note", mend)
    return Finding("worker", value)


def _editors(plugins: Plugins) -> Iterator[Finding]:
    """Look at every plug-in that was put into an editor."""
    toolkit = this_toolkit(plugins, Folder(default_folder()))
    for host in plugins.hosts().values():
        try:
            there = host.installations()
        except RestoreError as error:
            yield Finding(host.label, error.message, "broken", error.hint)
            continue
        for installed in there:
            folder = installed.profile.folder
            name = f"{host.label} {installed.profile.version}".strip()
            if problem := host.problem(installed, toolkit):
                mend = f"restore install {host.name} --profile '{folder}'"
                if not folder.exists():
                    mend = f"restore uninstall {host.name} --profile '{folder}'"
                state: State = "broken" if problem.serious else "note"
                yield Finding(name, f"{problem.text} ({folder})", state, mend)
            else:
                yield Finding(name, f"{installed.version}, {folder}")


def _tried(name: str, value: str, check: Callable[[], object]) -> Finding:
    try:
        check()
    except Exception as error:
        return _failed(name, error, "broken")
    return Finding(name, value)


def _failed(name: str, error: Exception, state: State) -> Finding:
    if isinstance(error, RestoreError):
        return Finding(name, error.message, state, error.hint)
    return Finding(name, f"{type(error).__name__}: {error}", state)


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "unknown version"
