"""What an action can be told: its fields, its presets and how strong the result is shown."""

from __future__ import annotations

import json

from krita import Krita

from .fields import make_field
from .qt import QtCore, QtWidgets

__all__ = ["Panel"]

SAMPLES = 4
"""Samples of which the uncertainty is the spread."""


class Panel(QtWidgets.QWidget):
    """Fields, presets, strength and options of one action.

    Args:
        entry: The action's.
        presets: `Presets`.
        say: Called with a sentence for the user.

    Attributes:
        entry: The action's.
        strength: The slider, from 0 to 100.
        gone: Whether it is shown no more.
    """

    def __init__(self, entry, presets, say):
        super().__init__()
        self.entry = entry
        self._presets = presets
        self._say = say
        self._showing = True
        self.gone = False
        told = [field for field in entry["fields"] if field["name"] != "strength"]
        made = [make_field(field, self._edited) for field in told]
        self._fields = [field for field in made if field is not None]
        form = QtWidgets.QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("Preset", self._preset_row())
        for field in self._fields:
            form.addRow(field.title, field.widget)
            form.labelForField(field.widget).setToolTip(field.widget.toolTip())
        form.addRow("Strength", self._strength_row())
        self._part = QtWidgets.QCheckBox("Show a part first")
        self._part.setToolTip("The middle at full resolution, before the whole is run")
        self._spread = QtWidgets.QCheckBox("Layer of uncertainty")
        self._spread.setToolTip("A hidden gray layer: the brighter, the more was guessed; slower")
        form.addRow(self._part)
        form.addRow(self._spread)
        self._recall()

    def values(self):
        """Return the parameters, without the strength."""
        return {field.name: field.value() for field in self._fields}

    def order(self):
        """Return all that `Runner.start` is to be told of this run, and remember it."""
        values = self.values()
        kept = dict(values, strength=self.strength.value() / 100)
        Krita.instance().writeSetting("restore", self.entry["name"], json.dumps(kept))
        return {
            "parameters": values,
            "strength": self.strength.value() / 100,
            "preview": self._part.isChecked(),
            "uncertainty": SAMPLES if self._spread.isChecked() else 0,
        }

    def show_values(self, values):
        """Show these parameters; those that are not named have their defaults."""
        self._showing = True
        for field in self._fields:
            field.set_value(field.default)
            if field.name in values:
                field.set_value(values[field.name])
        strength = values.get("strength", 1.0)
        if isinstance(strength, (int, float)):
            self.strength.setValue(round(100 * min(max(strength, 0), 1)))
        self._showing = False

    def _preset_row(self):
        self._names = QtWidgets.QComboBox()
        self._names.setSizePolicy(
            QtWidgets.QSizePolicy.Policy.Expanding, QtWidgets.QSizePolicy.Policy.Fixed
        )
        self._names.activated.connect(lambda index: self._chosen())
        keep = _button("document-save", "Save", "Save these values as a preset", self._keep)
        self._forget = _button("edit-delete", "−", "Remove this preset of your own", self._drop)
        self._list()
        return _row(self._names, keep, self._forget)

    def _strength_row(self):
        self.strength = QtWidgets.QSlider(QtCore.Qt.Orientation.Horizontal)
        self.strength.setRange(0, 100)
        self.strength.setValue(100)
        shown = QtWidgets.QLabel("100 %")
        shown.setMinimumWidth(shown.fontMetrics().boundingRect("100 %").width() + 4)
        self.strength.valueChanged.connect(lambda value: shown.setText("%d %%" % value))
        self.strength.setToolTip(
            "How much of the result there is: the opacity of its layer, also after the run"
            if not self.entry.get("scale")
            else "Blend of the original (0) and the result"
        )
        return _row(self.strength, shown)

    def _list(self, chosen=""):
        given, own = self._presets.names(self.entry["name"])
        self._names.clear()
        self._names.addItem("As set below", None)
        for name in given:
            self._names.addItem(name, (name, False))
        if own:
            self._names.insertSeparator(self._names.count())
        for name in own:
            self._names.addItem(name, (name, True))
        self._names.setCurrentIndex(max(self._names.findText(chosen), 0) if chosen else 0)
        self._forget.setEnabled(chosen in own)

    def _chosen(self):
        name, own = self._names.currentData() or ("", False)
        self._forget.setEnabled(own)
        if name:
            self.show_values(self._presets.get(self.entry["name"], name))

    def _edited(self):
        if self._showing:
            return
        self._names.setCurrentIndex(0)
        self._forget.setEnabled(False)

    def _keep(self):
        name, good = QtWidgets.QInputDialog.getText(self, "Save preset", "Name of the preset:")
        name = name.strip()
        if good and name:
            self.keep_as(name)

    def keep_as(self, name):
        """Save what is shown as a preset of the user's own."""
        values = dict(self.values(), strength=self.strength.value() / 100)
        try:
            self._presets.save(self.entry["name"], name, values)
        except OSError as error:
            self._say("The preset could not be saved: %s" % error)
        self._list(name)

    def _drop(self):
        name, own = self._names.currentData() or ("", False)
        if not own:
            return
        try:
            self._presets.remove(self.entry["name"], name)
        except OSError as error:
            self._say("The preset could not be removed: %s" % error)
        self._list()

    def _recall(self):
        try:
            kept = json.loads(Krita.instance().readSetting("restore", self.entry["name"], "{}"))
            self.show_values(dict(kept))
        except (ValueError, TypeError):
            self.show_values({})


def _row(*widgets):
    whole = QtWidgets.QWidget()
    row = QtWidgets.QHBoxLayout(whole)
    row.setContentsMargins(0, 0, 0, 0)
    for number, widget in enumerate(widgets):
        row.addWidget(widget, 0 if number else 1)
    return whole


def _button(icon, text, tip, pressed):
    button = QtWidgets.QToolButton()
    picture = Krita.instance().icon(icon)
    if picture.isNull():
        button.setText(text)
    else:
        button.setIcon(picture)
    button.setAutoRaise(True)
    button.setToolTip(tip)
    button.clicked.connect(lambda checked=False: pressed())
    return button
