"""One run: read the layer, let the worker work, write the result, without ever blocking Krita.

What touches Krita's objects happens on the GUI thread, in pieces of a few milliseconds: `_steps`
is a generator that a timer goes on with. What waits or converts bytes happens on a thread of its
own, which speaks through a queue.
"""

from __future__ import annotations

import queue
import threading
import time

from .colours import Bridge, is_linear
from .pixels import CHANNELS, DTYPES, SIZES, floats_of, halves_of, joined, order_of
from .placing import (
    Result,
    document_is_open,
    find_layer,
    gray_layer,
    new_document,
    new_layer,
    place,
    show_document,
)
from .qt import QtCore
from .restore_client import Cancelled, Image, RestoreError

__all__ = ["Finished", "Job", "Listener"]

STRIP_BYTES = 4 << 20
"""What is read or written between two looks at the clock: about four milliseconds."""

STRIP_PIXELS = 1 << 17
"""The same where Krita converts colours as well."""

BUDGET = 0.012
"""Seconds of work at a time on the GUI thread."""

WAIT = object()
"""What `_steps` yields when there is nothing to do but wait."""

PREVIEW_SIDE = 384


class Listener:
    """Is told how a run goes; always on the GUI thread."""

    def progress(self, fraction, text):
        """So much is done, from 0 to 1."""

    def preview(self, image):
        """A part is ready: the client's `Image`."""

    def finished(self, finished):
        """It is over: `Finished`."""


class Finished:
    """How a run ended.

    Attributes:
        error: Why there is no result, in words; empty if there is one.
        cancelled: Whether it was stopped.
        result: The `Result`; None if there is none.
        notes: Sentences to show with it.
        report: What the action tells.
        seconds: From the start to the end.
    """

    def __init__(self, error="", cancelled=False, result=None, notes=(), report=None, seconds=0.0):
        self.error = error
        self.cancelled = cancelled
        self.result = result
        self.notes = list(notes)
        self.report = report or {}
        self.seconds = seconds


class Job:
    """A run of an action on a source.

    Args:
        source: From `find_source`.
        entry: The action's.
        parameters: Its parameters by name; the others have their defaults.
        worker: The client's `Worker`.
        profiles: `Profiles`, kept from run to run.
        listener: A `Listener`.
        strength: Opacity of the result's layer, from 0 to 1.
        uncertainty: Number of samples for a layer that shows the uncertainty; 0 for none.
        preview: Whether to show a part at full resolution first.
    """

    def __init__(
        self,
        source,
        entry,
        parameters,
        worker,
        profiles,
        listener,
        strength=1.0,
        uncertainty=0,
        preview=False,
    ):
        self.source = source
        self.entry = entry
        self._parameters = parameters
        self._worker = worker
        self._profiles = profiles
        self._listener = listener
        self._strength = strength
        self._uncertainty = uncertainty
        self._preview = preview
        self._layer_id = source.layer.uniqueId()
        self._messages = queue.Queue()
        self._stopped = threading.Event()
        self._began = time.monotonic()
        self._work = self._steps()
        self._busy = False
        self._timer = QtCore.QTimer()
        self._timer.timeout.connect(self._go_on)

    def start(self):
        """Begin; the listener hears the rest."""
        self._timer.start(0)

    def cancel(self):
        """Stop as soon as possible; from any thread."""
        self._stopped.set()
        self._worker.cancel()

    def _go_on(self):
        if self._busy:  # Krita lets timers run while it adds a layer
            return
        self._busy = True
        try:
            self._advance()
        finally:
            self._busy = False

    def _advance(self):
        end = time.monotonic() + BUDGET
        try:
            while time.monotonic() < end:
                if next(self._work) is WAIT:
                    self._timer.setInterval(40)
                    return
            self._timer.setInterval(0)
            return
        except StopIteration as done:
            finished = done.value
        except Cancelled:
            finished = Finished(error="Stopped.", cancelled=True)
        except RestoreError as error:
            finished = Finished(error=str(error))
        except Exception as error:  # a surprise of Krita's must not leave a run that never ends
            finished = Finished(error="The result could not be taken over: %r" % error)
        self._timer.stop()
        self._stopped.set()
        finished.seconds = time.monotonic() - self._began
        self._listener.finished(finished)

    def _steps(self):
        layer = self.source.layer
        bridge = Bridge(layer.colorModel(), layer.colorDepth(), layer.colorProfile())
        try:
            self._listener.progress(0.0, "Reading the layer…")
            icc = yield from self._profiles.of(bridge.model, bridge.depth, bridge.profile)
            yield
            sent = yield from self._read(bridge)
            marks = (yield from self._read_mask()) if self.source.needs_mask else None
            talk = (bridge.model, bridge.depth, icc, sent, marks)
            threading.Thread(target=self._talk, args=talk, daemon=True).start()
            outcome, data = yield from self._answer()
            self._listener.progress(1.0, "Writing the result…")
            self._check_open()
            if (outcome.image.width, outcome.image.height) == self._size():
                return (yield from self._as_layer(outcome, data, bridge, sent))
            return (yield from self._as_document(outcome, data, bridge))
        finally:
            bridge.close()

    # Reading, on the GUI thread

    def _read(self, bridge):
        part, strips = self.source.part, []
        for y, rows in self._strips(part.height, part.width, bridge):
            self._check_open()
            pixels = self.source.layer.pixelData(part.x, part.y + y, part.width, rows)
            strips.append(bridge.there(pixels, part.width, rows))
            yield
        return strips

    def _read_mask(self):
        part, strips = self.source.part, []
        rows = max(STRIP_BYTES // part.width, 1)
        for y in range(0, part.height, rows):
            height = min(rows, part.height - y)
            strips.append(self.source.selection.pixelData(part.x, part.y + y, part.width, height))
            yield
        return strips

    def _strips(self, height, width, bridge):
        """Yield the first row and the number of rows of each strip."""
        pixels = STRIP_PIXELS if bridge.converts else STRIP_BYTES // 16
        rows = max(pixels // width, 1)
        for y in range(0, height, rows):
            yield y, min(rows, height - y)

    # Waiting, on the GUI thread

    def _answer(self):
        looked = time.monotonic()
        while True:
            told = None
            while not self._messages.empty():
                kind, told = self._messages.get()
                if kind == "preview":
                    self._listener.preview(told)
                elif kind == "error":
                    raise told
                elif kind == "done":
                    return told
                else:
                    latest = told
                    if self._messages.empty():
                        self._listener.progress(*latest)
            if time.monotonic() - looked > 1:
                looked = time.monotonic()
                self._check_open()
            yield WAIT

    def _check_open(self):
        if self._stopped.is_set():
            raise Cancelled("Stopped.")
        if not document_is_open(self.source.document):
            self.cancel()
            raise RestoreError("The picture was closed, and the run with it.")

    # Working, on a thread of its own

    def _talk(self, model, depth, icc, strips, marks):
        try:
            self._messages.put(("done", self._run(model, depth, icc, strips, marks)))
        except RestoreError as error:
            self._messages.put(("error", error))
        except MemoryError:
            error = RestoreError("There is not enough memory.", "Select a smaller part.")
            self._messages.put(("error", error))
        except Exception as error:
            self._messages.put(("error", RestoreError("The run failed: %r" % error)))

    def _run(self, model, depth, icc, strips, marks):
        part, whole = self.source.part, self.source.whole
        data = joined(strips)
        if depth == "F16":
            data = floats_of(data)
        image = Image(
            part.width,
            part.height,
            CHANNELS[model],
            True,
            DTYPES[depth],
            data,
            order=order_of(model, depth),
            transfer="linear" if is_linear(icc) else "encoded",
            icc=icc,
            origin=(part.y - whole.y, part.x - whole.x),
        )
        mask = None
        if marks is not None:
            mask = joined(marks).translate(_SELECTED)
        outcome = self._worker.run(
            self.entry["name"],
            self._parameters,
            image,
            mask,
            preview=_middle(part) if self._preview else None,
            uncertainty=self._uncertainty,
            on_progress=self._heard,
            on_preview=lambda crop, x, y: self._messages.put(("preview", crop)),
        )
        data = outcome.image.data
        return outcome, memoryview(halves_of(data) if depth == "F16" else data).cast("B")

    def _heard(self, fraction, text):
        self._messages.put(("progress", (fraction, text)))
        return not self._stopped.is_set()

    # Writing, on the GUI thread

    def _as_layer(self, outcome, data, bridge, sent):
        source, notes = self.source, list(outcome.notes)
        name = source.layer.name()
        layer = new_layer(source, "%s – %s" % (name, self.entry["label"]))
        layer.setOpacity(round(255 * self._strength))
        yield from self._write(layer, data, bridge, source.part.x, source.part.y, sent)
        layers = [layer]
        if outcome.uncertainty is not None:
            layers.append((yield from self._spread(outcome, source.document, source.part)))
        self._check_open()
        above = find_layer(source.document, self._layer_id)
        if above is None:
            notes.append("The layer was deleted meanwhile: the result lies on top of all.")
        place(source.document, above, layers, source.selection)
        result = Result(source.document, layer, self.entry["name"])
        return Finished(result=result, notes=notes, report=outcome.report)

    def _as_document(self, outcome, data, bridge):
        image, layer = outcome.image, self.source.layer
        title = "%s – %s" % (layer.name(), self.entry["name"])
        document = new_document(self.source.document, layer, title, image.width, image.height)
        target = document.topLevelNodes()[0]
        yield from self._write(target, data, bridge, 0, 0, None, image.width, image.height)
        if outcome.uncertainty is not None:
            spread = yield from self._spread(outcome, document, None)
            document.rootNode().addChildNode(spread, target)
        document.refreshProjection()
        show_document(document)
        result = Result(document, target, self.entry["name"])
        return Finished(result=result, notes=outcome.notes, report=outcome.report)

    def _write(self, layer, data, bridge, left, top, sent, width=0, height=0):
        """Write rows into a layer that is in no document; those that did not change stay."""
        width, height = width or self._size()[0], height or self._size()[1]
        stride = width * (CHANNELS[bridge.model] + 1) * SIZES[bridge.depth]
        for number, (y, rows) in enumerate(self._strips(height, width, bridge)):
            self._check_open()
            strip = bytes(data[y * stride : (y + rows) * stride])
            if sent is None or not bridge.converts or strip != bytes(sent[number]):
                layer.setPixelData(bridge.back(strip, width, rows), left, top + y, width, rows)
            yield

    def _spread(self, outcome, document, part):
        """Return a hidden gray layer with the uncertainty."""
        plane = outcome.uncertainty
        left, top = (part.x, part.y) if part is not None else (0, 0)
        layer = gray_layer(document, "%s – uncertainty" % self.source.layer.name())
        rows = max(STRIP_BYTES // 16 // plane.width, 1)
        data = memoryview(plane.data)
        for y in range(0, plane.height, rows):
            height = min(rows, plane.height - y)
            pixels = bytearray(b"\xff" * (2 * plane.width * height))
            pixels[0::2] = data[y * plane.width : (y + height) * plane.width]
            layer.setPixelData(bytes(pixels), left, top + y, plane.width, height)
            yield
        layer.setVisible(False)
        return layer

    def _size(self):
        return self.source.part.width, self.source.part.height


_SELECTED = bytes([0]) + bytes([255]) * 255


def _middle(part):
    width, height = min(part.width, PREVIEW_SIDE), min(part.height, PREVIEW_SIDE)
    return (part.width - width) // 2, (part.height - height) // 2, width, height
