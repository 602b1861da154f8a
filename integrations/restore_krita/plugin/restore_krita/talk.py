"""Talking to the worker on a thread of its own, which never touches Krita's objects."""

from __future__ import annotations

import queue
import threading

from .colours import is_linear
from .pixels import CHANNELS, DTYPES, floats_of, halves_of, joined, order_of
from .restore_client import Image, RestoreError

__all__ = ["Talk"]

PREVIEW_SIDE = 384
_SELECTED = bytes([0]) + bytes([255]) * 255


class Talk:
    """One run of the worker; what comes of it is told through a queue.

    Args:
        worker: The client's `Worker`.
        order: `Order`.
        part: What is sent, a `Rect`.
        whole: What it is a part of.
    """

    def __init__(self, worker, order, part, whole):
        self._worker = worker
        self._order = order
        self._part = part
        self._whole = whole
        self._messages = queue.Queue()
        self._stopped = threading.Event()

    def begin(self, model, depth, icc, strips, marks):
        """Start the thread.

        Args:
            model: Krita's name of the colour model of the strips.
            depth: Of their depth.
            icc: Their profile.
            strips: Pixels, from `strips.read`.
            marks: The selection, from `strips.read_selection`; None for no mask.
        """
        told = (model, depth, icc, strips, marks)
        threading.Thread(target=self._talk, args=told, daemon=True).start()

    def stop(self):
        """End the run; from any thread, also before it began."""
        self._stopped.set()
        self._worker.cancel()

    def heard(self):
        """Return what was told since the last time, pairs of a kind and a value.

        "progress": (fraction, text), the last only; "preview": the client's `Image`; "done": the
        client's `Outcome` and its bytes at the depth of the layer; "error": a `RestoreError`.
        """
        told, last = [], None
        while not self._messages.empty():
            kind, value = self._messages.get()
            if kind == "progress":
                last = (kind, value)
            else:
                told.append((kind, value))
        return told if last is None else [last, *told]

    def _talk(self, *told):
        try:
            self._messages.put(("done", self._run(*told)))
        except RestoreError as error:
            self._messages.put(("error", error))
        except MemoryError:
            error = RestoreError("There is not enough memory.", "Select a smaller part.")
            self._messages.put(("error", error))
        except Exception as error:
            self._messages.put(("error", RestoreError("The run failed: %r" % error)))

    def _run(self, model, depth, icc, strips, marks):
        part, whole, order = self._part, self._whole, self._order
        data = joined(strips)
        image = Image(
            part.width,
            part.height,
            CHANNELS[model],
            True,
            DTYPES[depth],
            floats_of(data) if depth == "F16" else data,
            order=order_of(model, depth),
            transfer="linear" if is_linear(icc) else "encoded",
            icc=icc,
            origin=(part.y - whole.y, part.x - whole.x),
        )
        outcome = self._worker.run(
            order.entry["name"],
            order.parameters,
            image,
            None if marks is None else joined(marks).translate(_SELECTED),
            preview=_middle(part) if order.preview else None,
            uncertainty=order.uncertainty,
            on_progress=self._progress,
            on_preview=lambda crop, x, y: self._messages.put(("preview", crop)),
        )
        data = outcome.image.data
        return outcome, memoryview(halves_of(data) if depth == "F16" else data).cast("B")

    def _progress(self, fraction, text):
        self._messages.put(("progress", (fraction, text)))
        return not self._stopped.is_set()


def _middle(part):
    width, height = min(part.width, PREVIEW_SIDE), min(part.height, PREVIEW_SIDE)
    return (part.width - width) // 2, (part.height - height) // 2, width, height
