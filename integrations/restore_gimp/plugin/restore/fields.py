"""What an action can be told, as arguments of a GIMP procedure and back.

The toolkit itself says whether a value is right: GIMP would put the default in place of a number
out of range or of an unknown choice and tell nobody. So numbers have no bounds here, and choices
and numbers that may be words ("auto") are texts.
"""

import re
import sys

from gi.repository import GLib, GObject

__all__ = [
    "OUTPUTS",
    "add_anything",
    "add_arguments",
    "argument_names",
    "draws_samples",
    "mnemonics",
    "parameters",
    "shown",
]

OUTPUTS = (("new-layer", "New layer"), ("in-place", "This layer"))
"""Where a result of the same size goes; the first is the default."""

SAMPLES = 4
"""How many samples the map of uncertainty takes if one is ticked in the dialog."""

_OURS = ("run-mode", "image", "drawables", "output", "uncertainty")
_UNBOUNDED = sys.float_info.max
_IN_DIALOGS = ("number", "integer", "boolean", "choice", "text")


def shown(entry):
    """Return the fields of an action that a person can set: masks are selections."""
    return [field for field in entry["fields"] if field["kind"] in _IN_DIALOGS]


def draws_samples(entry):
    """Whether an action can say where its result is uncertain."""
    return {"steps", "seed", "model"} <= {field["name"] for field in entry["fields"]}


def argument_names(entry):
    """Return the name of the procedure's argument for each field: "noise_level" is noise-level."""
    names, taken = {}, set(_OURS)
    for field in shown(entry):
        name = re.sub(r"[^A-Za-z0-9]", "-", field["name"])
        while name in taken or not name[0].isalpha():
            name = "its-" + name
        taken.add(name)
        names[field["name"]] = name
    return names


def add_arguments(procedure, entry):
    """Give a procedure one argument for each field, and those on where the result goes."""
    names = argument_names(entry)
    for field in shown(entry):
        _add(procedure, names[field["name"]], field)
    if not entry["scale"]:
        values = ", ".join(f"“{value}” ({title.lower()})" for value, title in OUTPUTS)
        procedure.add_string_argument(
            "output", "Output", "Where the result goes: " + values, OUTPUTS[0][0], _FLAGS
        )
    if draws_samples(entry):
        procedure.add_int_argument(
            "uncertainty",
            "Uncertainty",
            "Number of samples for a layer that shows where the result is uncertain; 0 for none",
            *(GLib.MININT32, GLib.MAXINT32, 0),
            _FLAGS,
        )


def add_anything(procedure, name, kind):
    """Give a procedure an argument of which only the name and the type are known."""
    if kind == "gchararray":
        procedure.add_string_argument(name, name, name, "", _FLAGS)
    elif kind == "gboolean":
        procedure.add_boolean_argument(name, name, name, False, _FLAGS)
    elif kind == "gint":
        procedure.add_int_argument(name, name, name, GLib.MININT32, GLib.MAXINT32, 0, _FLAGS)
    else:
        procedure.add_double_argument(name, name, name, -_UNBOUNDED, _UNBOUNDED, 0, _FLAGS)


def parameters(config, entry):
    """Return the parameters of a run, by name, from what a person or a script has set."""
    names = argument_names(entry)
    return {
        field["name"]: _value(field, config.get_property(names[field["name"]]))
        for field in shown(entry)
    }


def is_text(field):
    """Whether a field is a text for GIMP: a choice, or a number that may be a word or nothing."""
    if field["kind"] in ("number", "integer"):
        return bool(field.get("words")) or field["default"] is None
    return field["kind"] in ("choice", "text")


def mnemonics(labels, taken=""):
    """Return each label with an underscore before a letter of its own, where one is left.

    Args:
        labels: Texts without underscores of this kind.
        taken: Letters that are used already.
    """
    used, marked = set(taken.lower()), {}
    for label in labels:
        whole = label.replace("_", "__")
        at = next((i for i, c in enumerate(whole) if c.isalpha() and c.lower() not in used), None)
        if at is not None:
            used.add(whole[at].lower())
            whole = whole[:at] + "_" + whole[at:]
        marked[label] = whole
    return marked


def as_text(value):
    """Return a field's value as its text argument has it."""
    return "" if value is None else str(value)


_FLAGS = GObject.ParamFlags.READWRITE


def _add(procedure, name, field):
    title, about, default = field["title"], _about(field), field["default"]
    if is_text(field):
        procedure.add_string_argument(name, title, about, as_text(default), _FLAGS)
    elif field["kind"] == "boolean":
        procedure.add_boolean_argument(name, title, about, bool(default), _FLAGS)
    elif field["kind"] == "integer":
        low, high = GLib.MININT32, GLib.MAXINT32
        default = min(max(int(default), low), high)
        procedure.add_int_argument(name, title, about, low, high, default, _FLAGS)
    else:
        procedure.add_double_argument(
            name, title, about, -_UNBOUNDED, _UNBOUNDED, float(default), _FLAGS
        )


def _about(field):
    """Return what a field is for, and which values it takes."""
    about = field.get("description") or field["title"]
    told = [f"“{word}”" for word in field.get("words") or ()]
    told += [f"“{choice['value']}”" for choice in field.get("choices") or ()]
    if field["kind"] in ("number", "integer"):
        told.append(_range(field))
    if not told:
        return about
    return f"{about.rstrip('.')} ({' or '.join(told)})"


def _range(field):
    low, high, unit = field.get("min"), field.get("max"), field.get("unit") or ""
    kind = "a whole number" if field["kind"] == "integer" else "a number"
    if low is not None and high is not None and high < 2**31:
        kind += f" from {low:g} to {high:g}"
    elif low is not None:
        kind += f" of at least {low:g}"
    return (f"{kind} {unit}").strip()


def _value(field, value):
    """Return a parameter as the toolkit takes it; what is no number stays a text and is refused."""
    if not is_text(field) or value in (field.get("words") or ()):
        return value
    if field["default"] is None and not value:
        return None
    if field["kind"] == "choice":
        return next(
            (choice["value"] for choice in field["choices"] if as_text(choice["value"]) == value),
            value,
        )
    if field["kind"] == "text":
        return value
    try:
        return int(value) if field["kind"] == "integer" else float(value)
    except ValueError:
        return value
