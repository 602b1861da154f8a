"""One run of an action: what is chosen goes to the worker, what comes back into the image."""

import os

import fields
import pixels
import placing
import refusing
import region
from gi.repository import Gimp
from restore_client import RestoreError, Worker, load_installation

__all__ = ["Run"]


class Run:
    """An action on what is chosen in an image.

    Args:
        entry: The action, as `restore.json` tells.
        image: The image.
        drawables: What is chosen in it.

    Raises:
        RestoreError: The toolkit is gone, or the action cannot work on what is chosen.
    """

    def __init__(self, entry, image, drawables):
        self.entry = entry
        self.image = image
        self.layer = refusing.the_layer(image, drawables)
        self.region = region.region(image, self.layer, entry)
        self.way = pixels.exchange(self.layer)
        self._installation = load_installation()

    def new_worker(self):
        """Return a client of the toolkit's worker, for one run at a time."""
        return Worker(self._installation, f"gimp-{os.getpid()}")

    def read(self, box):
        """Return the pixels of a box of the layer and, if the action fills, what is selected."""
        picture = pixels.read(self.layer, box, self.way)
        mask = region.marks(self.image, self.layer, box) if self.entry["needs_mask"] else None
        return picture, mask

    def carry_out(self, config):
        """Run with the values of a procedure's `config` and place the result.

        Returns:
            The layer or, from an action that enlarges, the image with the result; and sentences
            for the person.

        Raises:
            RestoreError: In words, whatever it is.
        """
        output = "" if self.entry["scale"] else config.get_property("output")
        if output and output not in dict(fields.OUTPUTS):
            known = " or ".join(f"“{value}”" for value, _ in fields.OUTPUTS)
            raise RestoreError(f"There is no output “{output}”.", f"It is {known}.")
        if output == "in-place":
            refusing.refuse_lock(self.layer)
        samples = config.get_property("uncertainty") if fields.draws_samples(self.entry) else 0
        parameters = fields.parameters(config, self.entry)
        sent = self.read(self.region.run)
        with _progress(self.entry["label"]) as show:
            outcome = self.new_worker().run(
                self.entry["name"],
                parameters,
                *sent,
                uncertainty=samples,
                on_progress=show,
            )
        self._refuse_changes(sent if output == "in-place" else None)
        return self._place(outcome, output), outcome.notes

    def _refuse_changes(self, replaced):
        """Check that the result still fits: the image can be worked on during a run.

        Args:
            replaced: What `read` gave, if the result takes its place; None for a new layer.
        """
        refusing.still_there(self.image, self.layer)
        fits = region.region(self.image, self.layer, self.entry) == self.region
        fits = fits and pixels.exchange(self.layer).format == self.way.format
        if not fits or (replaced and self.read(self.region.run)[0] != replaced[0]):
            raise RestoreError(
                "The layer or the selection was changed while it was restored.", "Run it again."
            )

    def _place(self, outcome, output):
        image, layer, there = self.image, self.layer, self.region
        what = (layer, there, self.way, outcome.image)
        own = layer.get_name()
        name = f"{own} – {self.entry['label']}"
        if not output:
            return self._place_enlarged(outcome, name)
        with placing.one_step(image):
            if output == "in-place":
                placed = placing.in_place(*what)
            else:
                placed = placing.new_layer(image, *what, name)
            if outcome.uncertainty:
                hidden = f"{own} – uncertainty"
                placing.map_layer(image, layer, there, outcome.uncertainty, hidden, placed)
            if outcome.mask:
                placing.channel(image, layer, there, outcome.mask, f"{name}, found")
            placing.remember(placed, outcome.report)
        return placed

    def _place_enlarged(self, outcome, name):
        there = self.region.enlarged(outcome.image.width, outcome.image.height)
        new, placed = placing.new_image(
            self.image, self.layer, there, self.way, outcome.image, name
        )
        if outcome.uncertainty:
            hidden = f"{self.layer.get_name()} – uncertainty"
            placing.map_layer(new, placed, there, outcome.uncertainty, hidden, placed)
        placing.remember(new, outcome.report)
        return new


class _progress:  # noqa: N801
    """Shows how far a run is in the image's window while it lasts."""

    def __init__(self, label):
        self.label = label

    def __enter__(self):
        Gimp.progress_init(f"{self.label}…")
        return self.show

    def __exit__(self, *_):
        Gimp.progress_end()

    def show(self, fraction, text):
        """Show a fraction of 0 to 1 and what is being done."""
        Gimp.progress_set_text(f"{self.label}: {text}" if text else f"{self.label}…")
        Gimp.progress_update(fraction)
