"""What an action does with values at the ends of its dialog, and with those beyond."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from restore.errors import ParameterError
from restore.hooks import PriorParameters
from restore.hooks.validation import validate
from restore.testing.dialog import Field, fields_of
from restore.testing.photos import sample, spots
from restore.testing.subject import Subject, Unmet, require
from restore.testing.wording import check_refusal

__all__ = ["every_end_of_the_dialog", "wrong_values_are_refused"]

_UNKNOWN = "no_such_parameter"


def wrong_values_are_refused(subject: Subject) -> None:
    """A value that a parameter cannot have is refused in words that name the parameter."""
    given = {"mask": spots()} if subject.action.needs_mask else {}
    for field in fields_of(subject.action):
        for wrong in _wrong(field):
            _refused(subject, field["name"], field["title"], given | {field["name"]: wrong})
    _refused(subject, _UNKNOWN, _UNKNOWN, given | {_UNKNOWN: 1})


def every_end_of_the_dialog(subject: Subject) -> None:
    """The least and the greatest value and every choice give a result, or a readable refusal."""
    common = {*PriorParameters.model_fields, *subject.parameters}
    for field in fields_of(subject.action):
        for value in _ends(field) if field["name"] not in common else ():
            try:
                subject.run_or_refuse(sample(), **{field["name"]: value})
            except Unmet as fault:
                raise Unmet(f"With {field['name']}={value!r}: {fault}") from fault


def _refused(subject: Subject, name: str, title: str, given: dict[str, Any]) -> None:
    value = given[name]
    try:
        validate(subject.action, given)
    except ParameterError as refusal:
        check_refusal(refusal)
        named = title in refusal.message or name in refusal.message
        require(named, f"The refusal of {name}={value!r} does not name it: {refusal.message!r}.")
    except Exception as error:
        raise Unmet(
            f"{name}={value!r} raised {type(error).__name__}: {error}. A validator raises "
            "ValueError, with words for a person."
        ) from error
    else:
        raise Unmet(f"{name}={value!r} was accepted.")


def _wrong(field: Field) -> Iterator[Any]:
    kind = field["kind"]
    if kind in ("number", "integer"):
        yield from (float("nan"), "no such word")
        if field["min"] is not None:
            yield field["min"] - 1
        if field["max"] is not None:
            yield field["max"] + 1
    if kind == "choice" and field["name"] != "model":  # whether a model is there, the engine says
        yield "no such choice"
    yield {"wrong": 1}


def _ends(field: Field) -> Iterator[Any]:
    if field["kind"] in ("number", "integer"):
        yield from (end for end in (field["min"], field["max"]) if end is not None)
        yield from field.get("words", ())
    elif field["kind"] == "boolean":
        yield from (False, True)
    elif field["kind"] == "choice":
        yield from (choice["value"] for choice in field["choices"])
