"""Doing one job, in the thread of the models: pixels in, frames out, whatever the action does."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from restore.engine import Engine
from restore.errors import BUG_EXIT_CODE, MOST_TEXT, MemoryLimitError, RestoreError
from restore.hooks import Result
from restore.hooks.run import broken, run_action
from restore.photo import Photo, Pixels
from restore.tasks.context import EngineContext
from restore.tasks.posterior import SAMPLE_STEPS
from restore.worker.job import Frame, Job
from restore.worker.planes import as_gray, mask_of, photo_of, plane, planes_of
from restore.worker.wire import Rectangle

__all__ = ["do"]

_log = logging.getLogger("restore")

MOST_ITEMS = 100
"""Entries of a list in a report that is passed on."""


def do(job: Job, engine: Callable[[], Engine]) -> None:
    """Do a job and hand out its frames; nothing is ever raised.

    Args:
        job: Whose payload is there.
        engine: Returns where the models run.
    """
    start, (width, height) = time.monotonic(), (job.header.image.width, job.header.image.height)
    try:
        frame = _Run(job, engine()).result()
        outcome = "done"
    except BaseException as error:
        known = _known(error)
        frame = Frame.of(known)
        outcome = known.message
    job.put(frame)
    seconds = time.monotonic() - start
    asked = f"{job.client}: {job.action.name}, {width} × {height}"
    _log.info("%s: %s (%.2f s)", asked, outcome, seconds)


def _known(error: BaseException) -> RestoreError:
    """Return an error as one in words."""
    if isinstance(error, RestoreError):
        return error
    if isinstance(error, MemoryError):
        hint = "Close other programs, or work on a smaller part."
        return MemoryLimitError("There is not enough memory for this.", hint)
    _log.error("A run failed", exc_info=error)
    bug = RestoreError(f"A bug: {type(error).__name__}: {error}", "Please report it.")
    bug.exit_code = BUG_EXIT_CODE
    return bug


class _Run:
    """The stages of a job: preview, result, uncertainty; each has a share of the progress."""

    def __init__(self, job: Job, engine: Engine) -> None:
        assert job.payload is not None
        self._job, self._engine = job, engine
        self._photo = photo_of(job.header, job.payload)
        self._mask = mask_of(job.header, job.payload)
        job.payload = None
        self._first, self._last = 0.0, 0.0
        self._sampling = False
        self._sampled = 0.0

    def result(self) -> Frame:
        header = self._job.header
        preview, image, samples = self._shares()
        if header.preview is not None:
            self._stage(preview)
            self._job.put(self._preview(header.preview))
        self._stage(image)
        result = self._run(self._photo, self._mask)
        self._stage(samples)
        return self._answer(result, self._uncertainty(result))

    def _shares(self) -> tuple[float, float, float]:
        """Return the share of each stage in the work."""
        header = self._job.header
        steps = header.parameters.get("steps", 1)
        steps = steps if isinstance(steps, int) and steps > 0 else 1
        preview = 0.0
        if header.preview is not None:
            preview = header.preview[2] * header.preview[3] / header.image.pixels
        samples = header.uncertainty * max(steps, SAMPLE_STEPS) / steps
        total = preview + 1 + samples
        return preview / total, 1 / total, samples / total

    def _stage(self, share: float) -> None:
        self._first, self._last = self._last, self._last + share

    def _progress(self, fraction: float, text: str = "") -> None:
        if self._sampling:  # the action has told all that it knows; samples are counted
            fraction, text = self._sampled, "measuring the uncertainty"
        self._job.tell(self._first + (self._last - self._first) * fraction, text)

    def _run(self, photo: Photo, mask: Pixels | None) -> Result:
        job = self._job
        given = dict(job.header.parameters)
        if mask is not None:
            given["mask"] = mask
        context = EngineContext(self._engine, self._progress)
        self._progress(0.0)
        return run_action(job.action, photo, given, context, provenance=False)

    def _preview(self, crop: Rectangle) -> Frame:
        x, y, width, height = crop
        rows, columns = slice(y, y + height), slice(x, x + width)
        photo, mask = self._photo, self._mask
        part = replace(
            photo,
            pixels=photo.pixels[rows, columns],
            alpha=None if photo.alpha is None else photo.alpha[rows, columns],
            origin=(photo.origin[0] + y, photo.origin[1] + x),
        )
        if mask is None or mask[rows, columns].any():
            part = self._run(part, None if mask is None else mask[rows, columns]).photo
        image, pixels = planes_of(part, self._job.header.image)
        header = {"kind": "preview", "image": image.model_dump(), "x": x, "y": y}
        return Frame(header, (_bytes(pixels),))

    def _uncertainty(self, result: Result) -> Pixels | None:
        count = self._job.header.uncertainty
        if not count or result.sample is None:
            return None

        def drawn(number: int) -> None:
            self._sampled = number / count
            self._progress(self._sampled)

        self._sampling = True
        self._progress(0.0)
        sigma = result.sample_uncertainty(count, drawn)
        if sigma.shape != result.photo.pixels.shape:
            raise broken(self._job.action, f"it drew samples of shape {sigma.shape}")
        return as_gray(sigma)

    def _answer(self, result: Result, uncertainty: Pixels | None) -> Frame:
        image, pixels = planes_of(result.photo, self._job.header.image)
        planes = {"image": pixels}
        report = result.report
        if uncertainty is not None:
            planes["uncertainty"] = uncertainty
        elif self._job.header.uncertainty:
            note = f"“{self._job.action.label}” draws no samples, so its uncertainty is not known."
            report = replace(report, notes=(*report.notes, note))
        if result.mask is not None:
            planes["mask"] = result.mask.astype(np.uint8) * 255
        header = {
            "kind": "result",
            "image": image.model_dump(),
            "report": _json(report.as_dict()),
            "planes": [plane(name, values) for name, values in planes.items()],
        }
        return Frame(header, tuple(map(_bytes, planes.values())))


def _bytes(pixels: Pixels) -> memoryview:
    return np.ascontiguousarray(pixels).reshape(-1).view(np.uint8).data


def _json(value: Any) -> Any:
    """Return JSON values, not too many of them.

    A number that is none becomes null, anything unknown its text.
    """
    if isinstance(value, Mapping):
        return {str(key)[:MOST_TEXT]: _json(value[key]) for key in list(value)[:MOST_ITEMS]}
    if isinstance(value, list | tuple):
        return [_json(item) for item in value[:MOST_ITEMS]]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    known = isinstance(value, int | float | bool | None)
    return value if known else str(value)[:MOST_TEXT]
