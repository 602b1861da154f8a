"""What a dialog is made of: the action's entry in the catalogue, as an editor gets it."""

from __future__ import annotations

import json
from typing import Any

from restore.hooks import Action
from restore.testing.subject import Subject, Unmet, require
from restore.testing.wording import is_sentence, is_title
from restore.worker.catalogue import entry

__all__ = ["entry_is_plain", "fields_make_a_dialog", "fields_of", "texts_read_well"]

Field = dict[str, Any]
KINDS = "make it a float, an int, a bool, a Literal of several values, a text, a Mask or a Kernel"


def fields_of(action: Action) -> list[Field]:
    """Return what dialogs are told of the action's parameters."""
    fields: list[Field] = entry(action)["fields"]
    return fields


def fields_make_a_dialog(subject: Subject) -> None:
    """Every parameter has a kind that dialogs know, a default, and bounds if it is a number."""
    shown = {field["name"] for field in fields_of(subject.action)}
    for name in subject.action.parameters.model_fields:
        require(name in shown, f"“{name}” is of no kind that a dialog has a control for: {KINDS}.")
    for field in fields_of(subject.action):
        name, kind = field["name"], field["kind"]
        if kind in ("mask", "picture"):
            continue
        require("default" in field, f"“{name}” has no default.")
        default = field["default"]
        if kind == "choice":
            values = [choice["value"] for choice in field["choices"]]
            require(
                name == "model" or default in values,
                f"The default of “{name}”, {default!r}, is none of its choices {values}.",
            )
        if kind in ("number", "integer"):
            low, high = field["min"], field["max"]
            require(
                low is not None and high is not None,
                f"“{name}” has no {'least' if low is None else 'greatest'} value, and a slider has "
                "two ends: add `ge=` and `le=` to its Field.",
            )
            require(
                default in field.get("words", ()) or low <= default <= high,
                f"The default of “{name}”, {default!r}, lies outside of {low:g} to {high:g}.",
            )
        if kind in ("text", "boolean"):
            expected = str if kind == "text" else bool
            require(isinstance(default, expected), f"The default of “{name}” is {default!r}.")


def texts_read_well(subject: Subject) -> None:
    """Label and titles are short, help and descriptions say something, and all fit a dialog."""
    action = subject.action
    require(
        is_title(action.label),
        f"The label {action.label!r} does not fit a menu: a capital first, 32 characters, no full "
        "stop.",
    )
    require(
        is_sentence(action.help) and "\n" not in action.help,
        f"The help {action.help!r} is no sentence for a tooltip.",
    )
    for field in fields_of(action):
        name, title, text = field["name"], field["title"], field["description"]
        require(
            is_title(title) and action.parameters.model_fields[name].title,
            f"“{name}” needs a title for its control, `title=` in its Field, not {title!r}: a "
            "capital first, 32 characters, no full stop.",
        )
        require(
            isinstance(text, str) and len(text.strip()) > len(title) and text != title,
            f"“{name}” needs a description, `description=` in its Field, which says more than its "
            f"title, not {text!r}.",
        )
        require(
            not text.endswith("."),
            f"The description of “{name}” ends with a full stop, which hosts add themselves.",
        )


def entry_is_plain(subject: Subject) -> None:
    """What the catalogue says of the action can be sent to an editor: JSON, and texts as texts."""
    told = entry(subject.action)
    try:
        again = json.loads(json.dumps(told, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise Unmet(f"The parameters' schema is not plain JSON: {error}.") from error
    require(again == told, "The parameters' schema changes when it is written and read again.")
    for field in told["fields"]:
        require(
            isinstance(field["unit"], str),
            f"The unit of “{field['name']}” is no text: {field['unit']!r}.",
        )
