"""Fields of an action as widgets: each shows a value, and tells when the user changes it."""

from __future__ import annotations

from .qt import QtCore, QtGui, QtWidgets

__all__ = ["make_field"]

_LARGE = 1e9
_INT = 2**31 - 1
_SHORT = {"pixels": "px", "degrees": "°"}


class Field:
    """A field of an action.

    Args:
        told: Its entry: name, title, description, unit, default and kind.
        changed: Called without arguments when the user has changed the value.

    Attributes:
        name: Of the parameter.
        title: What stands before the widget.
        widget: What is shown.
    """

    def __init__(self, told, changed):
        self.name = told["name"]
        self.title = told.get("title") or told["name"]
        self.default = told.get("default")
        self.widget = self._make(told, changed)
        unit = told.get("unit")
        description = told.get("description") or ""
        self.widget.setToolTip("%s (%s)" % (description, unit) if unit else description)
        self.set_value(self.default)

    def value(self):
        """Return the value, as JSON has it."""
        raise NotImplementedError

    def set_value(self, value):
        """Show a value; one that the field cannot have is passed over."""
        raise NotImplementedError

    def _make(self, told, changed):
        raise NotImplementedError


class Number(Field):
    """A number in a range."""

    def _make(self, told, changed):
        box = QtWidgets.QDoubleSpinBox()
        low, high = _bounds(told, _LARGE)
        span = high - low
        box.setDecimals(3 if span <= 10 else 2)
        box.setRange(low, high)
        box.setSingleStep(0.01 if span <= 1 else 0.1 if span <= 100 else 1)
        box.setSuffix(_suffix(told))
        box.valueChanged.connect(lambda value: changed())
        return box

    def value(self):
        return round(self.widget.value(), self.widget.decimals())

    def set_value(self, value):
        if _is_number(value):
            self.widget.setValue(float(value))


class Integer(Field):
    """A whole number in a range that Qt's own box can hold."""

    def _make(self, told, changed):
        box = QtWidgets.QSpinBox()
        low, high = _bounds(told, _INT)
        box.setRange(max(int(low), -_INT), min(int(high), _INT))
        box.setSuffix(_suffix(told))
        box.valueChanged.connect(lambda value: changed())
        return box

    def value(self):
        return self.widget.value()

    def set_value(self, value):
        if _is_number(value):
            self.widget.setValue(int(max(-_INT, min(value, _INT))))


class LongInteger(Field):
    """A whole number of any size, such as a seed."""

    def _make(self, told, changed):
        line = QtWidgets.QLineEdit()
        pattern = QtCore.QRegularExpression(r"-?\d{1,19}")
        line.setValidator(QtGui.QRegularExpressionValidator(pattern, line))
        self._low, self._high = told.get("min"), told.get("max")
        line.textEdited.connect(lambda text: changed())
        return line

    def value(self):
        try:
            value = int(self.widget.text())
        except ValueError:
            return self.default
        value = value if self._low is None else max(value, int(self._low))
        return value if self._high is None else min(value, int(self._high))

    def set_value(self, value):
        if _is_number(value):
            self.widget.setText("%d" % value)


class Boolean(Field):
    """A box to tick."""

    def _make(self, told, changed):
        box = QtWidgets.QCheckBox()
        box.toggled.connect(lambda on: changed())
        return box

    def value(self):
        return self.widget.isChecked()

    def set_value(self, value):
        self.widget.setChecked(bool(value))


class Choice(Field):
    """One of several values."""

    def _make(self, told, changed):
        box = QtWidgets.QComboBox()
        self._values = [choice["value"] for choice in told["choices"]]
        for choice in told["choices"]:
            box.addItem(_capital(str(choice.get("title") or choice["value"])))
        box.activated.connect(lambda index: changed())
        return box

    def value(self):
        index = self.widget.currentIndex()
        return self._values[index] if index >= 0 else self.default

    def set_value(self, value):
        if value in self._values:
            self.widget.setCurrentIndex(self._values.index(value))


class Text(Field):
    """A line of text."""

    def _make(self, told, changed):
        line = QtWidgets.QLineEdit()
        line.textEdited.connect(lambda text: changed())
        return line

    def value(self):
        return self.widget.text()

    def set_value(self, value):
        self.widget.setText("" if value is None else str(value))


class Worded(Field):
    """A number, or a word instead of it, such as “auto”."""

    def _make(self, told, changed):
        self._words = list(told["words"])
        plain = {key: value for key, value in told.items() if key not in ("words", "default")}
        self._number = make_field(dict(plain, default=told.get("min") or 0), changed)
        self._box = QtWidgets.QComboBox()
        for word in self._words:
            self._box.addItem(_capital(word))
        self._box.addItem("Value:")
        self._box.currentIndexChanged.connect(self._adapt)
        self._box.activated.connect(lambda index: changed())
        both = QtWidgets.QWidget()
        row = QtWidgets.QHBoxLayout(both)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._box)
        row.addWidget(self._number.widget, 1)
        return both

    def _adapt(self, index):
        self._number.widget.setEnabled(index == len(self._words))

    def value(self):
        index = self._box.currentIndex()
        return self._words[index] if 0 <= index < len(self._words) else self._number.value()

    def set_value(self, value):
        if value in self._words:
            self._box.setCurrentIndex(self._words.index(value))
        elif _is_number(value):
            self._box.setCurrentIndex(len(self._words))
            self._number.set_value(value)
        self._adapt(self._box.currentIndex())


_KINDS = {
    "number": Number,
    "integer": Integer,
    "boolean": Boolean,
    "choice": Choice,
    "text": Text,
}


def make_field(told, changed):
    """Return the widget of a field; None for what no widget can show, such as a mask.

    Args:
        told: The field's entry.
        changed: Called without arguments when the user has changed the value.
    """
    kind = _KINDS.get(told["kind"])
    if kind in (Number, Integer) and told.get("words"):
        return Worded(told, changed)
    if kind is Integer and max(abs(told.get(end) or 0) for end in ("min", "max")) > _INT:
        return LongInteger(told, changed)
    return kind(told, changed) if kind else None


def _bounds(told, large):
    low, high = told.get("min"), told.get("max")
    return -large if low is None else low, large if high is None else high


def _suffix(told):
    unit = _SHORT.get(told.get("unit") or "")
    return "" if unit is None else unit if unit == "°" else " " + unit


def _capital(text):
    return text[:1].upper() + text[1:]


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)
