"""The last result beside what was before: hidden and shown, and as strong as the slider says."""

from __future__ import annotations

import time

from .qt import QtWidgets, later

__all__ = ["Compare", "Silent"]

QUICK = 0.06
"""Seconds that showing a change may take for the slider to be followed while it moves."""


class Compare(QtWidgets.QWidget):
    """A button to hold for what was before, and a box to tick for the result.

    Args:
        runner: `Runner`.
        say: Called with a sentence for the user.
    """

    def __init__(self, runner, say):
        super().__init__()
        self._runner = runner
        self._say = say
        self._took = 0.0
        self._due = False
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self.hold = QtWidgets.QPushButton("Hold for before")
        self.hold.setToolTip("Hides the last result while the button is held")
        self.hold.pressed.connect(lambda: self._show(False))
        self.hold.released.connect(lambda: self._show(self.shown.isChecked()))
        self.shown = QtWidgets.QCheckBox("Show result")
        self.shown.toggled.connect(self._show)
        row.addWidget(self.hold, 1)
        row.addWidget(self.shown)
        self.renew()

    def renew(self):
        """Begin with the last result, which is shown."""
        self.setEnabled(self._runner.last is not None)
        with Silent(self.shown):
            self.shown.setChecked(True)

    def follow(self, panel):
        """Blend the last result as the slider of a panel says; it may still move."""
        if self._due or (self._took > QUICK and panel.strength.isSliderDown()):
            return
        self._due = True
        later(30, lambda: self.blend(panel))

    def blend(self, panel):
        """Blend the last result as the slider of a panel says, if it is of the same action."""
        self._due = False
        result = self._runner.last
        if result is None or self._runner.running or panel.gone:
            return
        if result.action == panel.entry["name"] and not panel.entry.get("scale"):
            strength = panel.strength.value() / 100
            self._change(lambda: result.blend(strength))

    def _show(self, visible):
        result = self._runner.last
        if result is not None:
            self._change(lambda: result.show(visible))

    def _change(self, change):
        began = time.monotonic()
        if not change():
            self._say("The last result is gone.")
        self._took = time.monotonic() - began


class Silent:
    """Keeps a widget from telling of changes that are not the user's.

    Args:
        widget: Any of Qt's.
    """

    def __init__(self, widget):
        self._widget = widget

    def __enter__(self):
        self._widget.blockSignals(True)

    def __exit__(self, *error):
        self._widget.blockSignals(False)
