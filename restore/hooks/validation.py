"""What a person may tell an action, and what to say when it is something else."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from restore.errors import ParameterError
from restore.hooks.action import Action, Parameters

__all__ = ["describe", "validate"]


def validate(action: Action, values: Mapping[str, Any]) -> Parameters:
    """Return the parameters of an action.

    Args:
        action: Whose parameters they are.
        values: By name; those left out take their defaults.

    Raises:
        ParameterError: One is unknown, missing, or not what it may be.
    """
    try:
        return action.parameters.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    if first["type"] == "extra_forbidden":
        raise _unknown(action, name)
    if first["type"] in ("value_error", "assertion_error") and not name:
        raise ParameterError(f"{first['ctx']['error']}.")
    field = action.parameters.model_fields[name]
    title = field.title or name
    if first["type"] == "missing":
        raise ParameterError(f"“{action.name}” needs “{name}”: {field.description or title}.")
    if first["type"] in ("value_error", "assertion_error"):
        raise ParameterError(f"{title}: {first['ctx']['error']}.")
    schema = action.parameters.model_json_schema()
    allowed = describe(schema["properties"][name], schema.get("$defs", {}))
    raise ParameterError(f"{title} must be {allowed}, not {_shown(values[name])}.")


def describe(schema: Mapping[str, Any], definitions: Mapping[str, Any] | None = None) -> str:
    """Say in words which values a field's JSON schema allows, such as "a number from 0 to 1"."""
    definitions = definitions or {}
    if "$ref" in schema:
        return describe(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        return " or ".join(describe(choice, definitions) for choice in schema["anyOf"])
    if choices := schema.get("enum") or ([schema["const"]] if "const" in schema else []):
        return " or ".join(f"“{choice}”" for choice in choices)
    kind = _KINDS.get(schema.get("type", ""), "something else")
    return " ".join(filter(None, (kind, _range(schema), schema.get("unit", ""))))


_KINDS = {
    "number": "a number",
    "integer": "a whole number",
    "string": "a text",
    "boolean": "true or false",
    "array": "a list",
    "null": "nothing",
}


def _range(schema: Mapping[str, Any]) -> str:
    low = schema.get("minimum")
    high = schema.get("maximum")
    above = schema.get("exclusiveMinimum")
    below = schema.get("exclusiveMaximum")
    if low is not None and high is not None:
        return f"from {low:g} to {high:g}"
    bounds = (("of at least", low), ("above", above), ("of at most", high), ("below", below))
    return " and ".join(f"{word} {bound:g}" for word, bound in bounds if bound is not None)


def _unknown(action: Action, name: str) -> ParameterError:
    fields = list(action.parameters.model_fields)
    near = difflib.get_close_matches(name, fields, 1)
    hint = f"Did you mean “{near[0]}”?" if near else f"It has: {', '.join(fields)}."
    return ParameterError(f"“{action.name}” has no parameter “{name}”.", hint)


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str | int | float) else f"a {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}…"
