"""One run: read the layer, let the worker work, write the result, without ever blocking Krita.

What touches Krita's objects happens on the GUI thread, in pieces of a few milliseconds: `_steps`
is a generator that a timer goes on with. What waits or converts bytes happens on the thread of
`Talk`.
"""

from __future__ import annotations

import threading
import time

from .colours import Bridge
from .placing import as_document, as_layer, document_is_open
from .qt import QtCore
from .restore_client import Cancelled, RestoreError
from .strips import read, read_selection
from .talk import Talk

__all__ = ["Finished", "Job", "Listener", "Order"]

BUDGET = 0.012
"""Seconds of work at a time on the GUI thread."""

WAIT = object()
"""What `_steps` yields when there is nothing to do but wait."""


class Listener:
    """Is told how a run goes; always on the GUI thread."""

    def progress(self, fraction, text):
        """So much is done, from 0 to 1."""

    def preview(self, image):
        """A part is ready: the client's `Image`."""

    def finished(self, finished):
        """It is over: `Finished`."""


class Order:
    """What is to be run.

    Args:
        entry: The action's.
        parameters: Its parameters by name; the others have their defaults.
        strength: Opacity of the result's layer, from 0 to 1.
        uncertainty: Number of samples for a layer that shows the uncertainty; 0 for none.
        preview: Whether to show a part at full resolution first.
    """

    def __init__(self, entry, parameters, strength=1.0, uncertainty=0, preview=False):
        self.entry = entry
        self.parameters = parameters
        self.strength = strength
        self.uncertainty = uncertainty
        self.preview = preview


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

    def __init__(self, error="", cancelled=False, result=None, notes=(), report=None):
        self.error = error
        self.cancelled = cancelled
        self.result = result
        self.notes = list(notes)
        self.report = report or {}
        self.seconds = 0.0


class Job:
    """A run of an order on a source.

    Args:
        source: From `find_source`.
        order: `Order`.
        worker: The client's `Worker`.
        profiles: `Profiles`, kept from run to run.
        listener: A `Listener`.
    """

    def __init__(self, source, order, worker, profiles, listener):
        self.source = source
        self.order = order
        self._profiles = profiles
        self._listener = listener
        self._talk = Talk(worker, order, source.part, source.whole)
        self._stopped = threading.Event()
        self._began = self._looked = time.monotonic()
        self._work = self._steps()
        self._busy = False
        self._timer = QtCore.QTimer()
        self._timer.timeout.connect(self._go_on)

    def start(self):
        """Begin; the listener hears the rest."""
        self._timer.start(0)

    def cancel(self):
        """Stop as soon as possible."""
        self._stopped.set()
        self._talk.stop()

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
                self._check()
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
        self._timer.deleteLater()
        self._work.close()
        finished.seconds = time.monotonic() - self._began
        self._listener.finished(finished)

    def _check(self):
        """Go no further if the run was stopped or its picture closed."""
        if self._stopped.is_set():
            raise Cancelled("Stopped.")
        if time.monotonic() - self._looked > 0.5:
            self._looked = time.monotonic()
            self._check_open()

    def _check_open(self):
        if not document_is_open(self.source.document):
            self._talk.stop()
            raise RestoreError("The picture was closed, and the run with it.")

    def _steps(self):
        source, layer = self.source, self.source.layer
        bridge = Bridge(layer.colorModel(), layer.colorDepth(), layer.colorProfile())
        try:
            self._listener.progress(0.0, "Reading the layer…")
            icc = yield from self._profiles.of(bridge.model, bridge.depth, bridge.profile)
            sent = yield from read(source, bridge)
            marks = (yield from read_selection(source)) if source.needs_mask else None
            self._talk.begin(bridge.model, bridge.depth, icc, sent, marks)
            outcome, data = yield from self._answer()
            self._listener.progress(1.0, "Writing the result…")
            self._check_open()
            source.refuse_changes()
            image, label = outcome.image, self.order.entry["label"]
            if (image.width, image.height) == (source.part.width, source.part.height):
                result, notes = yield from as_layer(
                    source, label, outcome, data, bridge, sent, self.order.strength
                )
            else:
                result, notes = yield from as_document(source, label, outcome, data, bridge)
            result.action = self.order.entry["name"]
            return Finished(result=result, notes=notes, report=outcome.report)
        finally:
            bridge.close()

    def _answer(self):
        while True:
            for kind, told in self._talk.heard():
                if kind == "progress":
                    self._listener.progress(*told)
                elif kind == "preview":
                    self._listener.preview(told)
                elif kind == "error":
                    raise told
                else:
                    return told
            yield WAIT
