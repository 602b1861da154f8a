"""A piece of the layer at full resolution, before and after, in the dialog."""

import threading

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("GdkPixbuf", "2.0")
gi.require_version("Gtk", "3.0")
import fields  # noqa: E402
import pixels  # noqa: E402
import region  # noqa: E402
import restore_client  # noqa: E402
from gi.repository import Gdk, GdkPixbuf, Gegl, GLib, Gtk  # noqa: E402

__all__ = ["Preview"]

SIDE = 256
"""Of each of the two pictures."""

PAUSE = 500
"""Milliseconds after the last change until the action runs."""


class Preview(Gtk.Box):
    """Two pictures of one place and how far the action is; dragging either moves both.

    The action runs in a thread, so that the dialog stays alive; a change stops it and starts anew.

    Args:
        work: The run that the dialog is for.
        config: The values that the dialog sets.

    Attributes:
        notes: What the last preview told.
    """

    def __init__(self, work, config):
        super().__init__(orientation=Gtk.Orientation.VERTICAL, spacing=6)
        Gegl.init(None)
        self._work, self._config = work, config
        self._worker = None
        self._parameters = None
        self.notes = []
        self._number = 0
        self._waiting = 0
        layer, keep = work.layer, work.region.keep
        self._whole = region.Box(0, 0, layer.get_width(), layer.get_height())
        self._middle = (keep.x + keep.width / 2, keep.y + keep.height / 2)
        self._before, self._after = Gtk.Image(), Gtk.Image()
        pair = Gtk.Box(spacing=6, homogeneous=True)
        for title, image in (("Before", self._before), ("After", self._after)):
            pair.pack_start(self._pane(title, image), True, True, 0)
        self.pack_start(pair, False, False, 0)
        self._tick = Gtk.CheckButton.new_with_mnemonic("_Preview")
        self._tick.set_active(True)
        self._tick.connect("toggled", self._change)
        self._bar = Gtk.ProgressBar(show_text=True, hexpand=True, valign=Gtk.Align.CENTER)
        self._bar.set_no_show_all(True)
        row = Gtk.Box(spacing=12)
        row.pack_start(self._tick, False, False, 0)
        row.pack_start(self._bar, True, True, 0)
        self.pack_start(row, False, False, 0)
        self._words = Gtk.Label(wrap=True, xalign=0, max_width_chars=60, selectable=True)
        self._words.set_no_show_all(True)
        self.pack_start(self._words, False, False, 0)
        config.connect("notify", self._change_values)
        self._change_values()

    def close(self):
        """Stop what runs."""
        self._number += 1
        if self._waiting:
            GLib.source_remove(self._waiting)
            self._waiting = 0
        if self._worker is not None:
            self._worker.cancel()

    # What is shown

    def _pane(self, title, image):
        box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=3)
        events = Gtk.EventBox()
        events.add(image)
        image.set_size_request(SIDE, SIDE)
        mask = Gdk.EventMask.BUTTON_PRESS_MASK | Gdk.EventMask.BUTTON_MOTION_MASK
        events.add_events(mask)
        events.connect("button-press-event", self._press)
        events.connect("motion-notify-event", self._drag)
        events.connect("realize", _show_that_it_can_be_dragged)
        frame = Gtk.Frame()
        frame.add(events)
        box.pack_start(frame, False, False, 0)
        box.pack_start(Gtk.Label(label=title), False, False, 0)
        return box

    def _press(self, widget, event):
        self._grip = event.x, event.y, self._middle

    def _drag(self, widget, event):
        x, y, (left, top) = self._grip
        factor = self._factor()
        self._middle = left - (event.x - x) / factor, top - (event.y - y) / factor
        self._change()

    def _factor(self):
        """Return how many times wider the result is, as far as the fields tell."""
        entry = self._work.entry
        factor = self._parameters.get(entry["scale"])
        return factor if isinstance(factor, (int, float)) and 0 < factor <= SIDE else 1

    def _seen(self):
        """Return the box of the layer that the pictures show."""
        side = max(1, round(SIDE / self._factor()))
        (x, y), whole = self._middle, self._whole
        width, height = min(side, whole.width), min(side, whole.height)
        left = min(max(0, int(x - width / 2)), whole.width - width)
        top = min(max(0, int(y - height / 2)), whole.height - height)
        self._middle = left + width / 2, top + height / 2
        return region.Box(left, top, width, height)

    def _change_values(self, *_):
        parameters = fields.parameters(self._config, self._work.entry)
        if parameters != self._parameters:
            self._parameters = parameters
            self._change()

    def _change(self, *_):
        """Show the place as it is, and the result a moment after the last change."""
        self.close()
        self.notes = []
        seen = self._seen()
        picture = pixels.read(self._work.layer, seen, self._work.way)
        shown = _pixbuf(picture, seen, seen, self._work.way.format)
        size = (max(1, round(self._factor() * side)) for side in (seen.width, seen.height))
        shown = shown.scale_simple(*size, GdkPixbuf.InterpType.NEAREST)
        self._before.set_from_pixbuf(shown)
        self._after.set_opacity(0.3)
        self._bar.hide()
        self._words.hide()
        if self._tick.get_active():
            self._waiting = GLib.timeout_add(PAUSE, self._start)
        else:
            self._after.clear()

    # What runs

    def _start(self):
        self._waiting = 0
        self._number += 1
        entry = self._work.entry
        seen = self._seen()
        box = seen.grown(region.context(entry), self._whole)
        self._worker = self._work.new_worker()
        what = (entry["name"], self._parameters, *self._work.read(box))
        job = (self._worker, what, self._number, seen, box)
        threading.Thread(target=self._run, args=job, daemon=True).start()
        self._bar.set_fraction(0)
        self._bar.set_text("")
        self._bar.show()
        return GLib.SOURCE_REMOVE

    def _run(self, worker, what, number, seen, box):
        """Run the action, in a thread; everything that is shown is shown by the main loop."""

        def progress(fraction, text):
            GLib.idle_add(self._progress, number, fraction, text)
            return number == self._number

        try:
            outcome = worker.run(*what, on_progress=progress)
        except restore_client.Cancelled:
            return
        except restore_client.RestoreError as error:
            GLib.idle_add(self._fail, number, str(error))
        else:
            GLib.idle_add(self._finish, number, outcome, seen, box)

    def _progress(self, number, fraction, text):
        if number == self._number:
            self._bar.set_fraction(fraction)
            self._bar.set_text(text)

    def _fail(self, number, text):
        if number == self._number:
            self._bar.hide()
            self._after.clear()
            self._say(text)

    def _finish(self, number, outcome, seen, box):
        if number == self._number:
            shown = _pixbuf(outcome.image, seen, box, self._work.way.format)
            self._after.set_from_pixbuf(shown)
            self._after.set_opacity(1)
            self._bar.hide()
            self.notes = outcome.notes
            if self.notes:
                self._say(" ".join(self.notes))

    def _say(self, text):
        self._words.set_text(text)
        self._words.show()


def _show_that_it_can_be_dragged(widget):
    hand = Gdk.Cursor.new_from_name(widget.get_display(), "grab")
    widget.get_window().set_cursor(hand)


def _pixbuf(picture, seen, box, format_name):
    """Return the part `seen` of a picture of `box`, on the checks that stand for nothing."""
    place = region.Region(box, seen, False).enlarged(picture.width, picture.height)
    left, top = -place.run.x, -place.run.y
    width = min(place.keep.width, picture.width - left)
    height = min(place.keep.height, picture.height - top)
    data = pixels.cut(picture, left, top, width, height)
    there = Gegl.Rectangle.new(0, 0, width, height)
    buffer = Gegl.Buffer.new(format_name, 0, 0, width, height)
    buffer.set(there, format_name, data)
    data = buffer.get(there, 1.0, "R'G'B'A u8", Gegl.AbyssPolicy.NONE)
    shown = GdkPixbuf.Pixbuf.new_from_bytes(
        GLib.Bytes.new(data), GdkPixbuf.Colorspace.RGB, True, 8, width, height, 4 * width
    )
    return shown.composite_color_simple(
        width, height, GdkPixbuf.InterpType.NEAREST, 255, 8, 0x999999, 0x666666
    )
