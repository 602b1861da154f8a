"""The process that reads files made to break it: paths come in, verdicts go out, a line each.

It restores each file with an action that changes nothing, into a folder that is empty before, and
holds the outcome against what is promised of every file, whatever is in it.
"""

from __future__ import annotations

import faulthandler
import importlib
import json
import logging
import os
import resource
import shutil
import sys
import traceback
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from restore.errors import PhotoError, RestoreError, WriteError
from restore.hooks.run import run_action
from restore.photo import Format, Photo, read, write
from tests.photo.comparing import difference
from tests.plugins.identity import IDENTITY

MAX_PIXELS = 1 << 21
"""What is read at most; so a header that lies has a limit to break."""


def examine(source: Path, target: Path, formats: Sequence[Format]) -> tuple[str, str]:
    """Restore a file.

    Returns:
        What is wrong with the toolkit (nothing, one hopes), and why the file was refused (if it
        was).
    """
    photo, fault = None, ""
    try:
        photo = read(source, max_pixels=MAX_PIXELS, formats=formats)
        photo = run_action(IDENTITY, photo, {}, None).photo  # type: ignore[arg-type]
        write(photo, target, formats=formats)
    except RestoreError as error:
        cause = error.__cause__
        if isinstance(cause, MemoryError):
            fault = f"wanted more memory than there was: {error}"
        elif isinstance(error, PhotoError) and photo is None and str(source) not in error.message:
            fault = f"does not name the file: {error}"
        elif not isinstance(error, PhotoError if photo is None else PhotoError | WriteError):
            fault = f"a {type(error).__name__} for a bad file: {error}"
        if left := sorted(path.name for path in target.parent.iterdir()):
            fault = f"refused, and yet left {left}"
        reason = f"{type(cause).__name__ if cause else ''} {error.message}"
        return fault, reason.replace(str(source), "FILE")
    return _difference(photo, target, formats), ""


def _difference(photo: Photo, target: Path, formats: Sequence[Format]) -> str:
    """Return how what was written differs from the photo, if it is there to be lossless."""
    try:
        again = read(target, max_pixels=MAX_PIXELS, formats=formats)
    except PhotoError as error:
        return f"cannot read what it wrote: {error}"
    if again.size != photo.size:
        return f"wrote {again.size} instead of {photo.size}"
    if not again.source.lossless or again.pixels.dtype != photo.pixels.dtype:
        return ""
    if any(getattr(again, a, None) != getattr(photo, a, None) for a in _MEANINGS):
        return ""
    unlike = difference(again, photo)
    return f"wrote {unlike}" if unlike else ""


_MEANINGS = ("transfer", "premultiplied")
"""What may differ between formats, and the pixels with it."""


def verdict(line: str, folder: Path, formats: Sequence[Format]) -> dict[str, object]:
    """Examine the file that a line names, in JSON with the ending of the file to write."""
    source, suffix = json.loads(line)
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    _forget_peak()
    before = resident()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            fault, refusal = examine(Path(source), out / f"restored{suffix}", formats)
        except Exception:
            fault, refusal = f"raised {traceback.format_exc()}", ""
    if told and not fault:
        fault = f"let a library talk to the user: {told[0].message} ({told[0].filename})"
    return {"fault": fault, "refusal": refusal, "memory": resident("VmHWM") - before}


def resident(what: str = "VmRSS") -> int:
    """Return the bytes of memory that this process holds, or held at most (Linux)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(what + ":"):
            return int(line.split()[1]) * 1024
    return 0


def _forget_peak() -> None:
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def main(folder: str, formats: str, memory: str, answers: TextIO) -> None:
    """Say that all is ready, then answer lines until there are none."""
    logging.getLogger().addHandler(logging.NullHandler())
    known = importlib.import_module(formats).FORMATS
    for name in ("PIL.Image", "tifffile", "imagecodecs", "restore.engine.checks"):
        importlib.import_module(name)
    used = sum(
        int(line.split()[1]) * 1024
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("VmData:")
    )
    resource.setrlimit(resource.RLIMIT_DATA, (used + int(memory), resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    print("{}", file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(verdict(line, Path(folder), known)), file=answers, flush=True)


if __name__ == "__main__":
    faulthandler.enable()
    # Libraries in C may print; only verdicts go where the verdicts are read.
    private = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    main(*sys.argv[1:], answers=private)
