"""One widget for each field of an action, bound to the values of a procedure."""

import random

import gi

gi.require_version("GimpUi", "3.0")
gi.require_version("Gtk", "3.0")
import fields  # noqa: E402
from gi.repository import GimpUi, GLib, GObject, Gtk  # noqa: E402

__all__ = ["Rows"]

_BOTH = GObject.BindingFlags.BIDIRECTIONAL | GObject.BindingFlags.SYNC_CREATE
_BY_HAND = " by hand"
"""An id that no word of a field has."""

_DIALOGS_OWN = "ochrlsp"
"""Letters that the buttons of the dialog and its preview use."""


class Rows(Gtk.Grid):
    """The fields of an action, one below the other: a label and what sets it.

    Args:
        config: The values of the procedure.
        entry: The action.
    """

    def __init__(self, config, entry):
        super().__init__(row_spacing=6, column_spacing=12, hexpand=True)
        self._config = config
        self._count = 0
        names = fields.argument_names(entry)
        for field in fields.shown(entry):
            _forget_what_is_gone(config, names[field["name"]], field)
        shown = [field for field in fields.shown(entry) if len(field.get("choices") or "12") > 1]
        titles = [field["title"] for field in shown] + ["Output", "Uncertainty"]
        self._labels = fields.mnemonics(titles, _DIALOGS_OWN)
        for field in shown:
            self._add_field(field, names[field["name"]])
        if not entry["scale"]:
            combo = _combo(fields.OUTPUTS)
            config.bind_property("output", combo, "active-id", _BOTH)
            about = "Leave the layer as it is and put the result above it, or change the layer"
            self._attach("Output", about, combo)
        if fields.draws_samples(entry):
            self._add_uncertainty()

    def _add_field(self, field, name):
        """Add the row of a field whose argument has a name."""
        about = field.get("description") or ""
        kind = field["kind"]
        if kind == "boolean":
            check = Gtk.CheckButton.new_with_mnemonic(self._labels[field["title"]])
            self._config.bind_property(name, check, "active", _BOTH)
            self._attach("", about, check)
            return
        if kind == "choice":
            widget = _combo((fields.as_text(c["value"]), c["title"]) for c in field["choices"])
            self._config.bind_property(name, widget, "active-id", _BOTH)
        elif kind == "text":
            widget = Gtk.Entry(activates_default=True)
            self._config.bind_property(name, widget, "text", _BOTH)
        elif fields.is_text(field):
            widget = _NumberOrWord(self._config, name, field)
        else:
            adjustment = _adjustment(field)
            self._config.bind_property(name, adjustment, "value", _BOTH)
            widget = _number(field, adjustment)
            if field["name"] == "seed":
                widget = _with_dice(widget, adjustment)
        self._attach(field["title"], about, _with_unit(widget, field))

    def _add_uncertainty(self):
        check = Gtk.CheckButton.new_with_mnemonic(self._labels["Uncertainty"] + " as another layer")
        check.set_active(self._config.get_property("uncertainty") > 0)

        def ticked(check):
            self._config.set_property("uncertainty", fields.SAMPLES if check.get_active() else 0)

        check.connect("toggled", ticked)
        about = f"A hidden layer, bright where {fields.SAMPLES} possible results differ; slow"
        self._attach("", about, check)

    def _attach(self, title, about, widget):
        if title:
            label = Gtk.Label(xalign=0, tooltip_text=about)
            label.set_text_with_mnemonic(self._labels[title])
            label.set_mnemonic_widget(_focused(widget))
            self.attach(label, 0, self._count, 1, 1)
        widget.set_tooltip_text(about)
        widget.set_hexpand(True)
        self.attach(widget, 1, self._count, 1, 1)
        self._count += 1


class _NumberOrWord(Gtk.Box):
    """A number that may also be left to the action, such as “auto”: a choice and a number."""

    def __init__(self, config, name, field):
        super().__init__(spacing=6)
        self._config, self._name, self._field = config, name, field
        words = field.get("words") or ("",)
        choices = [(fields.as_text(word), _WORDS.get(word) or str(word)) for word in words]
        self._combo = _combo([*choices, (_BY_HAND, "By hand")])
        self._adjustment = _adjustment(field)
        self._number = _number(field, self._adjustment)
        self.pack_start(self._combo, False, False, 0)
        self.pack_start(self._number, True, True, 0)
        config.connect("notify::" + name, self._show)
        self._show()
        self._combo.connect("changed", self._tell)
        self._adjustment.connect("value-changed", self._tell)

    def _show(self, *_):
        value = self._config.get_property(self._name)
        if value != self._told():
            try:
                self._adjustment.set_value(float(value))
                self._combo.set_active_id(_BY_HAND)
            except ValueError:
                self._combo.set_active_id(value)
        self._number.set_sensitive(self._combo.get_active_id() == _BY_HAND)

    def _tell(self, *_):
        self._config.set_property(self._name, self._told())

    def _told(self):
        """Return the text that stands for what the widgets show."""
        word = self._combo.get_active_id()
        if word != _BY_HAND:
            return word
        return f"{self._adjustment.get_value():.{_digits(self._field)}f}"


def _forget_what_is_gone(config, name, field):
    """Put the default in place of a choice of the last run that there is no more."""
    if field["kind"] == "choice":
        values = [fields.as_text(choice["value"]) for choice in field["choices"]]
        if config.get_property(name) not in values:
            config.set_property(name, fields.as_text(field["default"]))


_WORDS = {"auto": "Automatic", "": "None"}


def _combo(choices):
    combo = Gtk.ComboBoxText()
    for value, title in choices:
        combo.append(value, title)
    return combo


def _bounds(field):
    low, high = field.get("min"), field.get("max")
    return (
        GLib.MININT32 if low is None else max(low, GLib.MININT32),
        GLib.MAXINT32 if high is None else min(high, GLib.MAXINT32),
    )


def _digits(field):
    """Return how many decimals a number is shown with."""
    if field["kind"] == "integer":
        return 0
    low, high = _bounds(field)
    default = field["default"]
    fine = not isinstance(default, (int, float)) or round(default, 2) != default
    return 1 if high - low > 2 else 3 if fine or high - low <= 0.2 else 2


def _adjustment(field):
    low, high = _bounds(field)
    step = 10.0 ** -min(_digits(field), 2)
    adjustment = Gtk.Adjustment.new(low, low, high, step, 10 * step, 0)
    default = field["default"]
    adjustment.set_value(low + (high - low) / 20 if isinstance(default, str) else default or 0)
    return adjustment


def _number(field, adjustment):
    """Return a slider for a number with both bounds, or else a plain field."""
    low, high = _bounds(field)
    if high - low > _FINEST_SLIDER:
        number = GimpUi.SpinButton.new(adjustment, 1, _digits(field))
    else:
        number = GimpUi.SpinScale.new(adjustment, "", _digits(field))
        default = low if isinstance(field["default"], str) else field["default"] or low
        if default - low < (high - low) / 10:
            number.set_gamma(2.0)
    number.set_activates_default(True)
    return number


_FINEST_SLIDER = 10_000


def _with_dice(widget, adjustment):
    box = Gtk.Box(spacing=6)
    dice = Gtk.Button.new_from_icon_name("view-refresh", Gtk.IconSize.BUTTON)
    dice.set_tooltip_text("Another seed")
    dice.connect("clicked", lambda *_: adjustment.set_value(random.randrange(10**6)))  # noqa: S311
    box.pack_start(widget, True, True, 0)
    box.pack_start(dice, False, False, 0)
    return box


def _with_unit(widget, field):
    unit = field.get("unit")
    if not unit:
        return widget
    box = Gtk.Box(spacing=6)
    box.pack_start(widget, True, True, 0)
    box.pack_start(Gtk.Label(label=unit), False, False, 0)
    return box


def _focused(widget):
    """Return the widget that a label's letter leads to."""
    return _focused(widget.get_children()[0]) if isinstance(widget, Gtk.Box) else widget
