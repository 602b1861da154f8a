"""What runs now and what ran last, for all windows, dockers and menu entries of this Krita."""

from __future__ import annotations

from krita import Krita

from .colours import Profiles
from .job import Job, Listener, Order
from .restore_client import RestoreError
from .source import find_source
from .toolkit import Toolkit

__all__ = ["Runner"]


class Runner(Listener):
    """Starts runs, one at a time, and tells everyone how they go.

    Attributes:
        toolkit: What can be run.
        last: The last `Result`; None before the first.
    """

    def __init__(self):
        self.toolkit = Toolkit()
        self.last = None
        self._profiles = Profiles()
        self._job = None
        self._once = None
        self._listeners = []

    def listen(self, listener):
        """Tell a `Listener` of every run from now on, until its widget is gone."""
        self._listeners.append(listener)

    @property
    def running(self):
        """The label of the action that runs now; empty if none does."""
        return self._job.order.entry["label"] if self._job else ""

    def start(
        self,
        name,
        document=None,
        layer=None,
        parameters=None,
        strength=1.0,
        uncertainty=0,
        preview=False,
        listener=None,
    ):
        """Start an action; what comes of it is told to the listeners.

        Args:
            name: Of the action.
            document: Krita's document; the active one if it is None.
            layer: A paint layer of it; the active one if it is None.
            parameters: By name; the others have their defaults.
            strength: Opacity of the result's layer, from 0 to 1; of a result that is a new
                document, the action's own blend of original and result.
            uncertainty: Number of samples for a layer that shows the uncertainty; 0 for none.
            preview: Whether to show a part at full resolution first.
            listener: One that is told of this run alone.

        Raises:
            RestoreError: It cannot start; the text says why and what to do.
        """
        if self._job is not None:
            raise RestoreError(
                "“%s” is at work on “%s”." % (self.running, self._job.source.layer.name()),
                "Wait for it, or cancel it in the Restore docker.",
            )
        worker = self.toolkit.worker()
        entry = self.toolkit.entry(name)
        if document is None:
            document = Krita.instance().activeDocument()
        if layer is None and document is not None:
            layer = document.activeNode()
        source = find_source(document, layer, entry)
        parameters = dict(parameters or {})
        if entry.get("scale"):
            parameters.setdefault("strength", strength)
            strength = 1.0
        self._once = listener
        order = Order(entry, parameters, strength, uncertainty, preview)
        self._job = Job(source, order, worker, self._profiles, self)
        self._job.start()

    def cancel(self):
        """Stop what runs, if anything does."""
        if self._job is not None:
            self._job.cancel()

    def progress(self, fraction, text):
        """Pass it on."""
        self._tell(lambda listener: listener.progress(fraction, text))

    def preview(self, image):
        """Pass it on."""
        self._tell(lambda listener: listener.preview(image))

    def finished(self, finished):
        """Pass it on, and be free for the next run."""
        self._job = None
        if finished.result is not None:
            self.last = finished.result
        self._tell(lambda listener: listener.finished(finished))
        self._once = None

    def _tell(self, say):
        for listener in [*self._listeners, self._once]:
            if listener is None:
                continue
            try:
                say(listener)
            except RuntimeError:  # the window of this docker is gone, and its widgets with it
                if listener in self._listeners:
                    self._listeners.remove(listener)
